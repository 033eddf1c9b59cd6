/* SPDX-License-Identifier: MIT
 *
 * constants.c: emalloc() and efree_size() with constant sizes from 0 to beyond the largest small one, so that the
 * compiler chooses the function of each bin: every size up to 128, then those on both sides of each multiple of 8,
 * where a bin may end. The sizes are written out by macros; those that are far beyond the bins of this target are left
 * out by the compiler.
 */
#include "emalloc_test.h"

#define MOST_BYTES (QUARRY_SMALL_MAX_BYTES + 3 * QUARRY_GRANULE_BYTES)

static void check_taken(zend_mm_heap *heap, const void *block, size_t bytes)
{
    const size_t usable_bytes = quarry_usable_size(heap, block);

    test_called_from((int)bytes); /* for the message */
    CHECK(block != NULL);
    CHECK_EQ(usable_bytes, quarry_good_size(heap, bytes));
    CHECK_EQ((uintptr_t)block & (alignment_of_size(usable_bytes) - 1), 0);
    test_fill(opaque_pointer(block), bytes, 1);
}

/* Two blocks, so that one of them is not the last of its run: it goes the short way. */
#define SIZE(bytes)                                                                                                    \
    if ((bytes) <= MOST_BYTES) {                                                                                       \
        void *first = emalloc(opaque_size(bytes)), *second = emalloc(bytes);                                           \
        check_taken(heap, first, bytes);                                                                               \
        check_taken(heap, second, bytes);                                                                              \
        efree_size(second, bytes);                                                                                     \
        CHECK(!quarry_owns(heap, second) || first == second);                                                          \
        efree_size(first, bytes);                                                                                      \
    }

#define SIZES_4(from)  SIZE(from) SIZE((from) + 1) SIZE((from) + 2) SIZE((from) + 3)
#define SIZES_16(from) SIZES_4(from) SIZES_4((from) + 4) SIZES_4((from) + 8) SIZES_4((from) + 12)
#define SIZES_64(from) SIZES_16(from) SIZES_16((from) + 16) SIZES_16((from) + 32) SIZES_16((from) + 48)

#define EDGES_8(from)   SIZE(from) SIZE((from) + 1)
#define EDGES_32(from)  EDGES_8(from) EDGES_8((from) + 8) EDGES_8((from) + 16) EDGES_8((from) + 24)
#define EDGES_128(from) EDGES_32(from) EDGES_32((from) + 32) EDGES_32((from) + 64) EDGES_32((from) + 96)
#define EDGES_512(from) EDGES_128(from) EDGES_128((from) + 128) EDGES_128((from) + 256) EDGES_128((from) + 384)

#define TAKER(sizes, from)                                                                                             \
    static void take_##sizes##_from_##from(zend_mm_heap *heap)                                                         \
    {                                                                                                                  \
        (void)heap;                                                                                                    \
        sizes(from)                                                                                                    \
    }
TAKER(SIZES_64, 0)
TAKER(SIZES_64, 64)
TAKER(EDGES_512, 128)
TAKER(EDGES_512, 640)
TAKER(EDGES_512, 1152)
TAKER(EDGES_512, 1664)
TAKER(EDGES_128, 2176)

ON_REGION(test_constant_size_takes_and_gives_as_any_size_does)
{
    NEEDS_PLAIN_SLOTS();
    take_SIZES_64_from_0(s->heap);
    take_SIZES_64_from_64(s->heap);
    take_EDGES_512_from_128(s->heap);
    take_EDGES_512_from_640(s->heap);
    take_EDGES_512_from_1152(s->heap);
    take_EDGES_512_from_1664(s->heap);
    take_EDGES_128_from_2176(s->heap);
    check_heap(s->heap);
    CHECK_EQ(stats_of(s->heap).blocks, 0);
    CHECK_EQ(stats_of(s->heap).used_bytes, 0);
}

/* Filled by one function of a bin, and given back by the same, in another order. */
ON_REGION(test_constant_size_fills_and_empties_runs)
{
    enum { BLOCKS = 70 };
    void **blocks = test_memory(BLOCKS * sizeof *blocks, 0);

    if (blocks == NULL)
        return;
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = emalloc(16);
        test_fill(blocks[i], 16, i);
    }
    check_heap(s->heap);
    for (unsigned i = 0; i < BLOCKS; i++) {
        const unsigned place = i * 3 % BLOCKS;

        CHECK(test_is_filled(blocks[place], 16, place));
        efree_size(blocks[place], 16);
        check_heap(s->heap);
    }
    CHECK_EQ(stats_of(s->heap).blocks, 0);
}

/* The size of another bin than the block's: below check level 2 it passes, and the block is gone. */
ON_REGION(test_constant_size_of_other_bin_is_reported_or_gives_block_back)
{
    NEEDS_CHECKS();
    /* Between two others, so that they are neither first nor last of their runs. */
    void *others[] = {emalloc(16), emalloc(48)};
    void *small = emalloc(16), *other = emalloc(opaque_size(48));

    CHECK(emalloc(16) != NULL && emalloc(48) != NULL);
    efree_size(small, 32);
    if (QUARRY_CHECK_LEVEL >= 2) {
        expect_misuse(s->heap, KIND(QUARRY_WRONG_SIZE));
        efree_size(small, 16);
    }
    efree_size(other, 16);
    if (QUARRY_CHECK_LEVEL >= 2) {
        expect_misuse(s->heap, KIND(QUARRY_WRONG_SIZE));
        efree_size(other, 48);
    }
    check_heap(s->heap);
    CHECK(!quarry_owns(s->heap, small) && !quarry_owns(s->heap, other));
    CHECK(quarry_owns(s->heap, others[0]) && quarry_owns(s->heap, others[1]));
    CHECK_EQ(stats_of(s->heap).blocks, QUARRY_STATS ? 4 : 0);
}
