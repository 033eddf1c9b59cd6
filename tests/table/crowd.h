/* SPDX-License-Identifier: MIT
 *
 * crowd.h: a heap of a random shape with random blocks in it, live and dead, and what is known of them without asking
 * the heap. Random misuse is placed among them.
 */
#ifndef QUARRY_TABLE_CROWD_H
#define QUARRY_TABLE_CROWD_H

#include "table.h"

enum { CROWD_BLOCKS = 32 };

struct crowd_block {
    unsigned char *start; /* NULL: none */
    size_t bytes;         /* usable */
    uint32_t pattern;     /* what a live one is filled with */
};

struct crowd {
    struct quarry_heap *heap;
    struct test_source source; /* if it is on one */
    bool on_source;
    struct crowd_block live[CROWD_BLOCKS], dead[CROWD_BLOCKS]; /* dead ones may be in use anew */
    unsigned count;                                            /* of live ones */
};

/* How many random placements each random test does. At level 4 each call looks at everything, which takes an emulated
 * machine its time. */
enum { CROWD_PLACEMENTS = QUARRY_CHECK_LEVEL >= 4 && !__STDC_HOSTED__ ? 1000 : 10000 };

/* A random heap and some blocks. false: the test has been skipped or has failed. */
bool crowd_begin(struct crowd *crowd, bool on_source);
/* Frees a random block, or takes one; again and again. */
void crowd_change(struct crowd *crowd, unsigned times);
/* Is there the start of a live block? */
bool crowd_is_live(const struct crowd *crowd, const void *address);
/* Does no live block, canary included, have a byte of it? */
bool crowd_is_free(const struct crowd *crowd, const unsigned char *start, size_t bytes);
/* A live or dead block at random; NULL: none was found soon. */
const struct crowd_block *crowd_pick(const struct crowd_block *blocks);
/* Heap and live blocks are as they should be, and no report is left. */
bool crowd_is_valid(const struct crowd *crowd);

#endif
