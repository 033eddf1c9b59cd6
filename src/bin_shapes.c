/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.c: the table of bin shapes, computed by the preprocessor from the page and granule sizes.
 */
#include "bin_shapes.h"

#define AT_MOST(limit, value)  ((value) < (limit) ? (value) : (limit))
#define AT_LEAST(limit, value) ((value) > (limit) ? (value) : (limit))

/* With narrow codes the second page's code has room for so many slot numbers; a run with more slots has a page more. */
#define SECOND_PAGE_SLOTS (CONTROL_WIDE_CODES ? BITS_WORD : PAGE_SLOT_MASK + 1u)
#define TWO_PAGES(granules)                                                                                            \
    (AT_MOST(BIN_MOST_SLOTS, 2u * UNITS_PAGE_GRANULES / (granules)) > SECOND_PAGE_SLOTS ? 3u : 2u)

#define PAGES_FILLED(granules, slots) (((slots) * (granules) + UNITS_PAGE_GRANULES - 1) / UNITS_PAGE_GRANULES)
#define PAGES(granules, length)                                                                                        \
    AT_MOST((unsigned)BIN_MOST_PAGES, AT_LEAST(TWO_PAGES(granules), PAGES_FILLED(granules, BIN_TARGET(length))))
#define SLOTS(granules, length) AT_MOST(BIN_MOST_SLOTS, PAGES(granules, length) * UNITS_PAGE_GRANULES / (granules))

#define SHIFT(granules) (unsigned)__builtin_ctz(granules)
#define ODD(granules)   ((granules) >> SHIFT(granules))

#if UINTPTR_MAX > 0xFFFFFFFFu
#define MASK(slots) , UINTPTR_MAX >> (BITS_WORD - (slots))
#else
#define MASK(slots)
#endif

#define SHAPE(bin, granules, length)                                                                                   \
    [BIN_SHAPE_INDEX(length, bin)] = {BIN_INVERSE(ODD(granules)), (uint8_t)(SHIFT(granules) + UNITS_GRANULE_SHIFT),    \
                                      (uint8_t)SLOTS(granules, length), (uint8_t)PAGES(granules, length),              \
                                      (uint8_t)(granules)MASK(SLOTS(granules, length))}

/* Two bins, and so many times two. */
#define TWO(bin, length)       SHAPE(bin, BIN_GRANULES(bin), length), SHAPE((bin) + 1, BIN_GRANULES((bin) + 1), length)
#define PAIRS_3(length)        TWO(0, length), TWO(2, length), TWO(4, length)
#define PAIRS_6(length)        PAIRS_3(length), TWO(6, length), TWO(8, length), TWO(10, length)
#define PAIRS_7(length)        PAIRS_6(length), TWO(12, length)
#define PAIRS_8(length)        PAIRS_7(length), TWO(14, length)
#define PAIRS_9(length)        PAIRS_8(length), TWO(16, length)
#define PAIRS_10(length)       PAIRS_9(length), TWO(18, length)
#define PAIRS_11(length)       PAIRS_10(length), TWO(20, length)
#define PAIRS_12(length)       PAIRS_11(length), TWO(22, length)
#define PAIRS_13(length)       PAIRS_12(length), TWO(24, length)
#define PAIRS_14(length)       PAIRS_13(length), TWO(26, length)
#define PAIRS_15(length)       PAIRS_14(length), TWO(28, length)
#define PAIRS_16(length)       PAIRS_15(length), TWO(30, length)
#define PAIRS_N(pairs, length) PAIRS_##pairs(length)
#define PAIRS(pairs, length)   PAIRS_N(pairs, length)
#define BINS(length)           PAIRS(BIN_PAIRS, length)

const struct bin_shape qi_bin_shapes[BIN_CODES] = {BINS(0), BINS(1), BINS(2), BINS(3)};
