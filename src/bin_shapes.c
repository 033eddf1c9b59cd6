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

#define FOUR(bin, granules, step, length)                                                                              \
    SHAPE(bin, granules, length), SHAPE((bin) + 1, (granules) + (step), length),                                       \
            SHAPE((bin) + 2, (granules) + 2 * (step), length), SHAPE((bin) + 3, (granules) + 3 * (step), length)
#define LINEAR(length)                                                                                                 \
    FOUR(0, 1u, 1u, length), FOUR(4, 5u, 1u, length), FOUR(8, 9u, 1u, length), FOUR(12, 13u, 1u, length)
#if BIN_DOUBLINGS == 0
#define BINS(length) LINEAR(length)
#elif BIN_DOUBLINGS == 1
#define BINS(length) LINEAR(length), FOUR(16, 20u, 4u, length)
#else
#define BINS(length) LINEAR(length), FOUR(16, 20u, 4u, length), FOUR(20, 40u, 8u, length), FOUR(24, 80u, 16u, length)
#endif

const struct bin_shape qi_bin_shapes[BIN_CODES] = {BINS(0), BINS(1), BINS(2), BINS(3)};
