/* SPDX-License-Identifier: MIT
 *
 * double_free_after_reuse.c: the pages of a freed block serve something else by now, so the dead pointer points
 * into a live block, but not to its start (at the start nobody could tell it from the live block's own pointer).
 */
#include "misuse.h"

/* Small blocks, all freed; then one large block over the whole of their memory. */
MISUSE(test_double_free_small_under_large_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    void *blocks[6];
    unsigned i;

    for (i = 0; i < 6; i++)
        blocks[i] = take(m, SMALL_BYTES);
    for (i = 0; i < 6; i++)
        quarry_free(m->heap, blocks[i]);
    keep(m, largest_free_bytes(m->heap));
    for (i = 0; i < 5 && quarry_owns(m->heap, blocks[i]); i++)
        continue;
    return blocks[i];
}

/* A large block, freed; then small ones all over its pages: its start may be one of theirs, its run is not. */
MISUSE(test_double_free_large_under_small_is_reported, GONE)
{
    unsigned char *const block = take(m, LARGE_BYTES);
    unsigned i;

    quarry_free(m->heap, block);
    for (i = 0; i < 12; i++)
        keep(m, SMALL_BYTES);
    if (!quarry_owns(m->heap, block))
        return block;
    return block + 4; /* live again: an inner pointer then */
}

/* Slots of 16 bytes, all freed; then slots of 40 bytes in the same place. */
MISUSE(test_double_free_small_under_other_size_is_reported, GONE)
{
    void *blocks[12];
    unsigned i;

    for (i = 0; i < 12; i++)
        blocks[i] = take(m, 16);
    for (i = 0; i < 12; i++)
        quarry_free(m->heap, blocks[i]);
    for (i = 0; i < 12; i++)
        keep(m, 40);
    for (i = 0; i < 12; i++)
        if (!quarry_owns(m->heap, blocks[i]))
            return blocks[i];
    test_skip("every old start is a new one", 0);
    return NULL;
}

/* Two small huge blocks become one: the second's address lies inside. */
MISUSE_ON_SOURCE(test_double_free_huge_under_larger_huge_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    unsigned char *const first = take(m, HUGE_BYTES);
    unsigned char *const second = take(m, HUGE_BYTES);
    unsigned char *larger;

    quarry_free(m->heap, first);
    quarry_free(m->heap, second);
    larger = keep(m, 2 * HUGE_BYTES);
    return larger != second ? second : first;
}
