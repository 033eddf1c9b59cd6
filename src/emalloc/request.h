/* SPDX-License-Identifier: MIT
 *
 * request.h: request heaps: on a source, emptied as a whole, with chunks cached from one request to the next.
 *
 * Between the heap and its source stands a provider of ours, which counts chunks and caches some. A chunk that the heap
 * releases is cached if the requests before needed as many on average; the average weighs the last request as much as
 * all before it, in fixed point. So the heap itself knows nothing of requests. The functions of quarry.h that change a
 * heap as a whole (reset, trim, set_limit, destroy) reach what a request heap has besides through struct heap_growth.
 *
 *   first chunk:
 *   +--------------------+---------------------+----------------+- - - - - - -+-------+------+- - -+--------+--
 *   | struct quarry_heap | struct heap_sourced | struct request | user's data | codes | maps | pad | page 0 |
 *   +--------------------+---------------------+----------------+- - - - - - -+-------+------+- - -+--------+--
 *
 * The end of a request costs what quarry_reset() does and a few dozen instructions for each chunk; blocks do not count.
 *
 * Invariants
 *   Q1  acquired bytes + cached chunks * chunk_bytes <= limit, unless there is none
 *   Q2  chunks <= peak_chunks
 */
#ifndef QUARRY_REQUEST_H
#define QUARRY_REQUEST_H

#include "chunk_group.h"
#include "current.h"
#include "places.h"
#include "quarry/emalloc.h"

/* How the blocks of a heap are served where Quarry does not do it itself. NULL: there is no memory. */
struct request_calls {
    void *(*allocate)(struct quarry_heap *heap, size_t bytes, const struct place *place);
    void (*free)(struct quarry_heap *heap, void *block, const struct place *place);
    void *(*change)(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place);
    size_t (*usable)(struct quarry_heap *heap, void *block);
    size_t (*collect)(struct quarry_heap *heap);
    void (*end)(struct quarry_heap *heap, bool full, bool silent);
    /* Is it a live block, or was it refused with a report? NULL: only the handlers know. */
    bool (*owns)(const struct quarry_heap *heap, const void *block);
    /* Is it a live block that was asked for with another size? That is reported. NULL: sizes do not count. */
    bool (*reports_other_size)(struct quarry_heap *heap, const void *block, size_t bytes);
};

/* What custom handlers were set; calls tells which of a pair is meant. */
struct request_custom {
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*realloc)(void *, size_t);
    void *(*malloc_at)(size_t, const char *, uint32_t, const char *, uint32_t);
    void (*free_at)(void *, const char *, uint32_t, const char *, uint32_t);
    void *(*realloc_at)(void *, size_t, const char *, uint32_t, const char *, uint32_t);
    size_t (*gc)(void);
    void (*shutdown)(bool full, bool silent);
};

enum { REQUEST_ONE = 1024 }; /* a chunk, in fixed point */

struct request {
    const struct request_calls *calls; /* NULL: Quarry's own */
    struct quarry_observer *observers;
    size_t last_observer; /* number of the one that was added last; they count from 1 */
    struct chunk_group *group;
    struct chunk_cache cache;
    size_t chunks, peak_chunks; /* of chunk_bytes each, since the request began */
    size_t average;             /* of peak_chunks over requests, times REQUEST_ONE */
    size_t real_peak_bytes;
    struct places places;
    /* If they are counted. Aligned as a word: the struct follows the heap's two, which consist of words. */
    uint64_t allocations_left __attribute__((packed, aligned(sizeof(void *))));
    bool counts_allocations, ran_out_of_allocations;
    bool is_fallible;
    bool is_ending, caches_nothing; /* while the request ends; while unused memory is released */
    bool has_storage;
    struct request_custom custom;
    struct chunk_group own_group; /* unless it is in one with others */
    union {
        zend_mm_storage storage; /* own_group.source.context, if the source is handlers */
        struct {                 /* the same, to be written */
            zend_mm_handlers handlers;
            void *data;
        } given;
    };
};

_Static_assert(_Alignof(struct request) == sizeof(void *), "the struct is aligned wherever the heap's end");

/* A request heap of a group. */
struct quarry_heap *qi_request_create(struct chunk_group *group, const struct quarry_options *options);

/* A request heap that is a group of its own, with extra_bytes behind its struct request. */
struct quarry_heap *qi_request_create_alone(const struct quarry_source *source, size_t extra_bytes);

/* NULL: some other heap. heap may be NULL. */
struct request *qi_request_of(const struct quarry_heap *heap);

/* May emalloc()'s hot paths serve from the heap as it is now? */
bool qi_request_is_hot(const struct quarry_heap *heap);

/* To be called when something changed on which that depends. */
void qi_request_refresh(const struct quarry_heap *heap);

/* Reports what the request has not freed, by place. */
void qi_request_report_leaks(struct quarry_heap *heap);

/* The table of places, where a source's callback that calls the heap is reported as ever. False: there is no room. */
bool qi_request_note_place(struct quarry_heap *heap, const void *block, size_t bytes, const struct place *place);
void qi_request_forget_place(struct quarry_heap *heap, const void *block);

/* Takes an observer out of its heap's list. */
void qi_request_unlink_observer(struct quarry_observer **link);

/* What the heap has from its source, cached chunks included; any heap. The lock is held. */
size_t qi_request_real_bytes(const struct quarry_heap *heap);
size_t qi_request_real_peak_bytes(const struct quarry_heap *heap);
void qi_request_forget_peaks(struct quarry_heap *heap);

/* False: the heap has more already. */
bool qi_request_set_limit(struct quarry_heap *heap, size_t limit_bytes);

/* Releases what no block needs; bytes. */
size_t qi_request_collect(struct quarry_heap *heap);

/* Every block is gone. */
void qi_request_end(struct quarry_heap *heap);

#endif
