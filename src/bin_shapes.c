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

#define BIN(bin, length)  SHAPE(bin, BIN_GRANULES(bin), length)
#define FOUR(bin, length) BIN(bin, length), BIN((bin) + 1, length), BIN((bin) + 2, length), BIN((bin) + 3, length)

/* So many times four bins. */
#define FOURS_4(length)        FOUR(0, length), FOUR(4, length), FOUR(8, length), FOUR(12, length)
#define FOURS_5(length)        FOURS_4(length), FOUR(16, length)
#define FOURS_6(length)        FOURS_5(length), FOUR(20, length)
#define FOURS_7(length)        FOURS_6(length), FOUR(24, length)
#define FOURS_8(length)        FOURS_7(length), FOUR(28, length)
#define FOURS_N(fours, length) FOURS_##fours(length)
#define FOURS(fours, length)   FOURS_N(fours, length)
#define BINS(length)           FOURS(BIN_FOURS, length)

const struct bin_shape qi_bin_shapes[BIN_CODES] = {BINS(0), BINS(1), BINS(2), BINS(3)};
