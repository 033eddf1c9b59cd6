/* SPDX-License-Identifier: MIT
 *
 * after_reset.c: a block from before quarry_reset() is a dead pointer: freeing it is reported, whether its place
 * is free or inside a block from after the reset.
 */
#include "misuse.h"

MISUSE(test_small_from_before_reset_is_reported, GONE)
{
    void *const block = take(m, SMALL_BYTES);

    quarry_reset(m->heap);
    return block;
}

MISUSE(test_large_from_before_reset_is_reported, GONE)
{
    void *block;

    take(m, SMALL_BYTES);
    block = take(m, LARGE_BYTES);
    quarry_reset(m->heap);
    return block;
}

MISUSE(test_small_from_before_reset_inside_new_block_is_reported, GONE)
{
    void *blocks[6];
    unsigned i;

    for (i = 0; i < 6; i++)
        blocks[i] = take(m, SMALL_BYTES);
    quarry_reset(m->heap);
    keep(m, largest_free_bytes(m->heap));
    for (i = 5; i > 0 && quarry_owns(m->heap, blocks[i]); i--)
        continue;
    return blocks[i];
}

MISUSE_ON_SOURCE(test_huge_from_before_reset_is_reported, GONE)
{
    void *const block = take(m, HUGE_BYTES);

    quarry_reset(m->heap);
    return block;
}

MISUSE_ON_SOURCE(test_block_in_chunk_that_reset_gave_back_is_reported, GONE)
{
    void *block;

    take(m, largest_free_bytes(m->heap));
    block = take(m, LARGE_BYTES);
    quarry_reset(m->heap);
    return block;
}

/* A nested heap is destroyed and made again in the same place: blocks of the first are none of the second. */
MISUSE_ON_SOURCE(test_block_of_destroyed_nested_heap_is_reported, GONE)
{
    const struct quarry_source source = quarry_source_from_heap(m->heap);
    struct quarry_options options = test_options();
    struct quarry_heap *nested;
    void *block;
    unsigned round;

    options.chunk_bytes = SMALLEST_CHUNK_BYTES;
    block = NULL;
    for (round = 0; round < 2; round++) {
        nested = quarry_create_from_source(&source, &options);
        if (!CHECK(nested != NULL))
            return NULL;
        if (round == 0)
            block = quarry_malloc(nested, LARGE_BYTES / 2);
        else
            quarry_free(nested, block);
        if (round == 1)
            expect_misuse(nested, GONE);
        check_heap_(nested);
        quarry_destroy(nested);
    }
    return (unsigned char *)block + 8; /* the parent never gave this either; it lies in its free memory now */
}
