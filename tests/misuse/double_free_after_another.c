/* SPDX-License-Identifier: MIT
 *
 * double_free_after_another.c: a block is freed, then another one, then the first again: the case that a check
 * against only the last freed block, or against the head of a list, would miss. Also with several blocks between.
 */
#include "misuse.h"

MISUSE(test_double_free_small_after_another_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *const first = take(m, SMALL_BYTES);
    void *const second = take(m, SMALL_BYTES);

    keep(m, SMALL_BYTES);
    quarry_free(m->heap, first);
    quarry_free(m->heap, second);
    return first;
}

MISUSE(test_double_free_small_after_many_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *blocks[8];
    unsigned i;

    keep(m, SMALL_BYTES);
    for (i = 0; i < 8; i++) {
        blocks[i] = take(m, SMALL_BYTES);
        if (i % 2 == 0)
            keep(m, SMALL_BYTES); /* so that each run lives on */
    }
    for (i = 0; i < 8; i++)
        quarry_free(m->heap, blocks[i]);
    return blocks[0];
}

MISUSE(test_double_free_small_in_full_run_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *const block = take(m, SMALL_BYTES);
    unsigned i;

    for (i = 0; i < 15; i++) /* fills its run, and begins another */
        keep(m, SMALL_BYTES);
    quarry_free(m->heap, block);
    return block;
}

MISUSE(test_double_free_large_after_another_is_reported, GONE)
{
    void *const first = take(m, LARGE_BYTES);
    void *const between = keep(m, SMALL_BYTES);
    void *const second = take(m, LARGE_BYTES);

    CHECK(between != NULL);
    quarry_free(m->heap, first);
    quarry_free(m->heap, second);
    return first;
}

MISUSE_ON_SOURCE(test_double_free_huge_after_another_is_reported, GONE)
{
    void *const first = take(m, HUGE_BYTES);
    void *const second = take(m, HUGE_BYTES);

    quarry_free(m->heap, first);
    quarry_free(m->heap, second);
    return first;
}
