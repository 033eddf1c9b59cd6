/* SPDX-License-Identifier: MIT
 *
 * request_source.h: what a request heap has besides a heap, and how it gets its memory.
 *
 * Between a request heap and its source stands a provider of ours. It counts the chunks that the heap acquires, and it
 * caches some of those that the heap releases: as many as the requests before needed on average. The average weighs the
 * last request as much as all requests before it. The heap itself knows nothing of requests.
 *
 *   the heap's first chunk:
 *   +--------------------+---------------------+----------------+- - - - - - -+-------+------+- - -+--------+--
 *   | struct quarry_heap | struct heap_sourced | struct request | user's data | codes | maps | pad | page 0 |
 *   +--------------------+---------------------+----------------+- - - - - - -+-------+------+- - -+--------+--
 *
 *   acquire:  heap --> provider --> a cached chunk of the heap; if there is none:
 *                               --> the group's source, for which cached chunks of any heap are released if need be
 *   release:  heap --> provider --> the cache while fewer chunks are cached than the average asks for; otherwise
 *                               --> the group's source
 *
 * A call costs one callback of the source, and one more for each cached chunk that is released to make room.
 *
 * Invariants
 *   Q1  acquired bytes + cached chunks * chunk_bytes <= limit, unless there is none
 *   Q2  chunks <= peak_chunks
 */
#ifndef QUARRY_REQUEST_SOURCE_H
#define QUARRY_REQUEST_SOURCE_H

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

/* The custom handlers that were set: either the functions whose names end with _at or the others. */
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

enum { REQUEST_ONE = 1024 }; /* one chunk, as a number of 1,024ths */

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

/* Of a heap that is known to be a request heap. */
BITS_INLINE struct request *request_in(const struct quarry_heap *heap)
{
    return (struct request *)(void *)(heap_sourced((struct quarry_heap *)(uintptr_t)heap) + 1);
}

/* May emalloc()'s hot paths serve from the request heap as it is now? */
BITS_INLINE bool request_is_hot(const struct request *request)
{
    return CURRENT_HAS_HOT && request->calls == NULL && request->observers == NULL && !request->counts_allocations;
}

/* Opens or closes the hot paths after a change of what request_is_hot() asks for. */
BITS_INLINE void request_refresh(const struct quarry_heap *heap)
{
    qi_current_open(heap, request_is_hot(request_in(heap)));
}

/* Makes the heap's struct request. group NULL: the heap is a group of its own, on the source that it has. */
void qi_request_begin(struct quarry_heap *heap, struct chunk_group *group);

/* Puts the heap's source in the place of our provider, before the heap is destroyed. From then on storage is the
 * context of a source that is a storage: the heap's own goes with the heap. */
void qi_request_remove_provider(struct quarry_heap *heap, zend_mm_storage *storage);

/* How many chunks may be cached when the heap releases one? */
size_t qi_request_most_cached_chunks(const struct request *request);

size_t qi_request_cached_bytes(const struct quarry_heap *heap);

/* The functions below are called with the lock held, while no callback is running. */

/* Releases cached chunks until so many are left; bytes. */
size_t qi_request_release_cached(struct quarry_heap *heap, size_t chunks_left);

/* Releases cached chunks that the heap's limit no longer allows. */
void qi_request_release_above_limit(struct quarry_heap *heap);

/* Moves the table of places to more memory if it wants some. If there is none, the table stays as it is. */
void qi_request_grow_table(struct quarry_heap *heap);

/* Releases the table's memory. */
void qi_request_release_table(struct quarry_heap *heap);

#endif
