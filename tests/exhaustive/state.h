/* SPDX-License-Identifier: MIT
 *
 * state.h: a state of the search, its canonical form, and its key.
 *
 * A state is all bytes of the heap's memory, what the source has granted, and the model: the live blocks. What does not
 * tell states apart:
 *   - what lies in live blocks: a pattern that follows from the block's place;
 *   - what lies in free memory, and in maps, that the allocator does not use. state_scrub() really makes garbage of it,
 *     so that the search goes on from a state whose bytes are just these: nothing is assumed, and an allocator that
 *     does use it goes wrong. What is in use shows by the whole check: a piece whose change it reports stays;
 *   - figures that nothing but quarry_get_stats() reads: peaks and failures. They are kept beside the key, and each
 *     call's effect on them is checked.
 * Page codes are in the key as they are, stale ones included: the allocator must not be misled by them.
 */
#ifndef QUARRY_EXHAUSTIVE_STATE_H
#define QUARRY_EXHAUSTIVE_STATE_H

#include <stdint.h>

#include "memory.h"

enum { BLOCKS_MOST = 80, FIGURES = 6 };

struct block {
    uint32_t offset, bytes; /* in memory; usable size */
};

struct model {
    uint32_t count;
    uint32_t has_second;              /* the second region was added */
    struct block blocks[BLOCKS_MOST]; /* by address */
};

/* A state in the working memory. */
extern struct quarry_heap *heap;
extern struct model model;

/* Another copy of the same. */
struct image {
    struct model model;
    unsigned char frames[FRAMES_MOST];
    unsigned char memory[MEMORY_MOST_BYTES];
};

void state_save(struct image *image);
void state_restore(const struct image *image);

/* memory, but for what the next block or chunk looked at may change, is the same; peaks and the hot chunk apart. */
bool state_is(const struct image *image);

/* The state after creation; all others are stored as differences from it. */
void state_set_root(void);

/* before: the state before the call, which guides where to look first. */
void state_scrub(const struct image *before);

struct key {
    uint64_t high, low;
};

/* bytes is a multiple of sizeof(uintptr_t). figures are not in the key. */
struct packed {
    struct key key;
    size_t figures[FIGURES];
    size_t words;
    uintptr_t word[MEMORY_MOST_BYTES / sizeof(uintptr_t)];
};

void state_pack(struct packed *packed);
void state_unpack(const size_t *figures, const uintptr_t *word);

/* What a live block at an offset holds. */
void state_fill(const struct block *block);
unsigned char state_byte(size_t offset, size_t index);

#endif
