/* SPDX-License-Identifier: MIT
 *
 * shadow.h: random calls on a heap beside a model of what must be in it. The model is a table in test memory: for
 * each live block its address, what was asked for, what is usable and the seed of the pattern that fills it. Each
 * call is checked against it (contents, alignment, usable size, used bytes and blocks), the whole heap from time
 * to time. The seed of a failing test is printed by the harness.
 */
#ifndef QUARRY_SHADOW_H
#define QUARRY_SHADOW_H

#include "test_source.h"

/* Calls in one test. */
#define SHADOW_STEPS (1500u * TEST_SCALE)

struct shadow_block {
    void *block; /* NULL: none */
    size_t bytes;
    size_t usable_bytes;
    uint32_t seed;
};

/* Sizes: mostly below small_bytes, one in medium_odds below medium_bytes, one in large_odds below large_bytes. */
struct shadow_mix {
    size_t small_bytes;
    size_t medium_bytes;
    size_t large_bytes;
    unsigned char medium_odds; /* 0: never */
    unsigned char large_odds;
};

struct shadow {
    struct quarry_heap *heap;
    const struct test_source *source; /* to compare acquired bytes with; or NULL */
    struct shadow_block *table;
    size_t capacity;
    size_t used_bytes;
    size_t live;
    unsigned served;
};

/* A model of up to capacity blocks. false: skipped. */
bool shadow_init(struct shadow *shadow, size_t capacity);
/* steps random calls, then everything is freed in random order. In turns more blocks come or go. */
void shadow_run(struct shadow *shadow, const struct shadow_mix *mix, unsigned steps);

#endif
