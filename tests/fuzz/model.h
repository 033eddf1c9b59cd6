/* SPDX-License-Identifier: MIT
 *
 * model.h: one heap and what it should be like: every call goes to the heap and to the model, and both must agree.
 *
 * What is asked of each call stands in docs/fuzzing.md. The checks that look into the heap (model_stats, model_walk,
 * model_check) also change it where nobody can tell: they end the waiting of freed slots.
 * So they run when the input says so, after each refusal, and at the end; never after every call.
 */
#ifndef QUARRY_FUZZ_MODEL_H
#define QUARRY_FUZZ_MODEL_H

#include "../harness/whole.h"
#include "source.h"

enum { MODEL_BLOCKS = 160, MODEL_REGIONS = 24 };

struct model_block {
    uint8_t *at; /* NULL: this entry is free */
    size_t asked_bytes, usable_bytes;
    uint32_t seed;
    bool lent; /* to a nested heap, which writes to it */
    unsigned seen;
};

struct model {
    struct quarry_heap *heap;   /* NULL: none */
    struct fuzz_source *source; /* NULL: regions only */
    size_t chunk_bytes;         /* of a source */
    struct {
        uint8_t *at;
        size_t bytes, free_bytes; /* free_bytes: of its pages when it is empty */
    } regions[MODEL_REGIONS];     /* the first is the heap's own, if it is on a region */
    unsigned region_count;
    size_t region_bytes, first_free_bytes;
    size_t regained_bytes; /* of regions that held heads, which moved to a later one, by a reset */
    struct model_block blocks[MODEL_BLOCKS];
    unsigned count, walks;
    unsigned entries; /* of blocks[], from the first to the last that was ever in use */
    size_t used_bytes, used_peak_bytes, used_peak_most_bytes, failures, limit_bytes, acquired_peak_bytes;
    uint32_t seed;
    bool is_loose;    /* some block may have more than the rule says: see quarry_free_sized() */
    bool is_tolerant; /* free memory was damaged on purpose: requests may be refused, damage is reported */
    /* what the hooks saw and do */
    unsigned reports;
    struct quarry_misuse report;
    uint32_t oom_actions; /* two bits for each time that on_oom is asked */
    size_t asked_bytes;
    struct model_block *busy; /* must not be freed by on_oom */
    uint8_t *spare_region;    /* what on_oom may add; NULL: nothing */
    size_t spare_region_bytes;
};

/* Options with the model's hooks. */
struct quarry_options model_options(struct model *m, struct fuzz_input *in);
/* A heap in memory that is open. false: it was rightly refused. */
bool model_begin(struct model *m, uint8_t *region, size_t bytes, struct quarry_options options);
bool model_begin_on_source(struct model *m, struct fuzz_source *source, struct quarry_options options);
/* Frees everything, in an order of the input's, sees that everything is free again, and destroys the heap. */
void model_end(struct model *m, struct fuzz_input *in);
/* The heap is gone without more ado; a source must get everything back. */
void model_destroy(struct model *m);

struct model_block *model_malloc(struct model *m, size_t bytes);
struct model_block *model_calloc(struct model *m, size_t count, size_t bytes);
struct model_block *model_aligned(struct model *m, size_t align_bytes, size_t bytes);
/* align_bytes 0: quarry_realloc(). block NULL: the call takes a new block. NULL: refused. */
struct model_block *model_realloc(struct model *m, struct model_block *block, size_t align_bytes, size_t bytes);
bool model_resize(struct model *m, struct model_block *block, size_t bytes);
void model_free(struct model *m, struct model_block *block);
void model_free_sized(struct model *m, struct model_block *block);
bool model_add_region(struct model *m, uint8_t *region, size_t bytes);
void model_set_limit(struct model *m, size_t limit_bytes);
void model_trim(struct model *m);
void model_reset(struct model *m);

/* A block of the input's choice that is not lent; NULL: there is none. */
struct model_block *model_choose(struct model *m, struct fuzz_input *in);
/* Is what the model knows of a block still true? */
void model_check_block(struct model *m, struct model_block *block);
void model_check_blocks(struct model *m);
void model_stats(struct model *m);
void model_walk(struct model *m);
void model_check(struct model *m);
/* Walks, and then asks for just what the walk says is there: the longest free run, a free slot, room behind a block. */
void model_probe(struct model *m, struct fuzz_input *in);
/* No report since the last call. */
void model_expect_quiet(struct model *m);
/* Does a live block overlap these bytes? */
struct model_block *model_overlapping(struct model *m, const void *at, size_t bytes);
/* Does the heap have this memory, in use or not? */
bool model_has_memory(const struct model *m, const void *at, size_t bytes);

/* A nested heap's source tells that it asks the parent, and what it got, NULL included. */
void model_begin_lending(struct model *m, size_t bytes);
void model_note_lent(struct model *m, void *memory, size_t align_bytes, size_t bytes);
void model_note_relent(struct model *m, void *memory, size_t bytes);
void model_note_returned(struct model *m, void *memory);

/* The bytes that a walk shows of the free slot from which a request is served; or of pages. */
size_t model_slot_bytes(const struct model *m, size_t bytes);

/* What a walk found. */
struct model_view {
    size_t free_bytes, largest_bytes; /* of free runs; canaries not taken off */
    unsigned free_runs;
    size_t slot_bytes;     /* wanted: a free slot that has so many bytes */
    bool has_slot;         /* there is one */
    const uint8_t *end;    /* wanted: the free run that begins here */
    size_t room_bytes;     /* its length */
    const uint8_t *sought; /* wanted: the entry in which this lies */
    struct quarry_block found;
};
void model_view(struct model *m, struct model_view *view);

#endif
