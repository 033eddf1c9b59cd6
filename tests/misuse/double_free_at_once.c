/* SPDX-License-Identifier: MIT
 *
 * double_free_at_once.c: a block is freed twice in a row. The second call finds its slot or pages free, though
 * nothing else has changed since: for a small block while its run lives and when it was the last block of its
 * run, for a large one, for a huge one (whose memory may have gone back to the source: then nothing at the
 * address may be read).
 */
#include "misuse.h"

MISUSE(test_double_free_small_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *const block = take(m, SMALL_BYTES);

    keep(m, SMALL_BYTES); /* the run lives on */
    quarry_free(m->heap, block);
    return block;
}

MISUSE(test_double_free_second_small_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *block;

    keep(m, SMALL_BYTES);
    block = take(m, SMALL_BYTES);
    quarry_free(m->heap, block);
    return block;
}

MISUSE(test_double_free_last_small_of_its_run_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *const block = take(m, SMALL_BYTES);

    quarry_free(m->heap, block);
    return block;
}

MISUSE(test_double_free_zero_size_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *const block = take(m, 0);

    keep(m, 0);
    quarry_free(m->heap, block);
    return block;
}

MISUSE(test_double_free_large_is_reported, GONE)
{
    void *const block = take(m, LARGE_BYTES);

    keep(m, LARGE_BYTES);
    quarry_free(m->heap, block);
    return block;
}

MISUSE(test_double_free_large_in_empty_heap_is_reported, KIND(QUARRY_DOUBLE_FREE))
{
    void *const block = take(m, LARGE_BYTES);

    quarry_free(m->heap, block);
    return block;
}

MISUSE_ON_SOURCE(test_double_free_huge_is_reported, GONE)
{
    void *const block = take(m, HUGE_BYTES);

    quarry_free(m->heap, block);
    return block;
}

MISUSE_ON_SOURCE(test_double_free_in_chunk_given_back_is_reported, GONE)
{
    void *block;

    keep(m, LARGE_BYTES);
    keep(m, largest_free_bytes(m->heap));
    block = take(m, LARGE_BYTES); /* in a second chunk */
    quarry_free(m->heap, block);
    quarry_trim(m->heap);
    CHECK_EQ(stats_of(m->heap).chunks, 1);
    return block;
}

MISUSE_ON_SOURCE(test_double_free_in_chunk_kept_spare_is_reported, GONE)
{
    void *block;

    keep(m, LARGE_BYTES);
    keep(m, largest_free_bytes(m->heap));
    block = take(m, LARGE_BYTES);
    quarry_free(m->heap, block);
    return block;
}
