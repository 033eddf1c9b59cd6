/* SPDX-License-Identifier: MIT
 *
 * double_free_after_merge.c: the pages of a freed block have become part of a larger free run, before or behind:
 * no start is left at the dead pointer.
 */
#include "misuse.h"

static const void *middle_of_three(struct misuse_case *m, unsigned last)
{
    static const unsigned char orders[3][3] = {{1, 2, 0}, {0, 2, 1}, {1, 0, 2}};
    void *blocks[3];
    unsigned i;

    for (i = 0; i < 3; i++)
        blocks[i] = take(m, LARGE_BYTES);
    for (i = 0; i < 3; i++)
        quarry_free(m->heap, blocks[orders[last][i]]);
    return blocks[1];
}

MISUSE(test_double_free_large_merged_with_previous_is_reported, GONE)
{
    return middle_of_three(m, 0);
}

MISUSE(test_double_free_large_merged_with_both_is_reported, GONE)
{
    return middle_of_three(m, 1);
}

MISUSE(test_double_free_large_merged_with_next_is_reported, GONE)
{
    return middle_of_three(m, 2);
}

MISUSE(test_double_free_small_whose_run_merged_is_reported, GONE)
{
    void *const large = take(m, LARGE_BYTES);
    void *const first = take(m, SMALL_BYTES);
    void *const second = take(m, SMALL_BYTES);

    quarry_free(m->heap, large);
    quarry_free(m->heap, first);
    quarry_free(m->heap, second);
    return second;
}

/* The tail that a shrinking block gave back is free memory, and was never a block's start. */
MISUSE(test_free_of_tail_that_resize_gave_back_is_reported, GONE)
{
    unsigned char *const block = keep(m, LARGE_BYTES);
    const size_t old_bytes = quarry_usable_size(m->heap, block);

    if (block == NULL || !CHECK(quarry_resize(m->heap, block, LARGE_BYTES / 2)))
        return NULL;
    CHECK(quarry_usable_size(m->heap, block) < old_bytes);
    return block + old_bytes - QUARRY_PAGE_BYTES;
}
