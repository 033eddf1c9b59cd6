/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.c: the table of bin shapes, computed by the preprocessor from the page and granule sizes.
 */
#include "bin_shapes.h"

/* Slots that a run of each length should have: as many pages as they fill, rounded up. */
#define TARGET(length) ((BITS_WORD == 64 ? 4u : 2u) << (length))

/* How often bin's granules have doubled above the linear bins. */
#define DOUBLED(bin) ((bin) <= BIN_LINEAR_GRANULES ? 0u : ((unsigned)(bin) + 7u) / 4u - 4u)
#define GRANULES(bin)                                                                                                  \
    ((bin) == 0                      ? 1u                                                                             \
     : (bin) <= BIN_LINEAR_GRANULES ? (unsigned)(bin)                                                                  \
                                    : (5u + ((unsigned)(bin) - 17u) % 4u) << DOUBLED(bin))
#define AT_MOST(limit, value) ((value) < (limit) ? (value) : (limit))
#define AT_LEAST(limit, value) ((value) > (limit) ? (value) : (limit))
#define PAGES(bin, length)                                                                                             \
    AT_MOST(PAGE_INNER_LAST + 1u,                                                                                      \
            AT_LEAST(2u, (TARGET(length) * GRANULES(bin) + UNITS_PAGE_GRANULES - 1) / UNITS_PAGE_GRANULES))
#define SLOTS(bin, length) AT_MOST(BITS_WORD, PAGES(bin, length) * UNITS_PAGE_GRANULES / GRANULES(bin))
#define SHAPE(bin)                                                                                                     \
    {                                                                                                                  \
        (uint16_t)GRANULES(bin), (uint16_t)((32768u + GRANULES(bin) - 1) / GRANULES(bin)),                             \
            {(uint8_t)PAGES(bin, 0), (uint8_t)PAGES(bin, 1), (uint8_t)PAGES(bin, 2), (uint8_t)PAGES(bin, 3)},                                              \
            {(uint8_t)SLOTS(bin, 0), (uint8_t)SLOTS(bin, 1), (uint8_t)SLOTS(bin, 2), (uint8_t)SLOTS(bin, 3)},                                              \
    }
#define FOUR_SHAPES(bin) SHAPE(bin), SHAPE((bin) + 1), SHAPE((bin) + 2), SHAPE((bin) + 3)


const struct bin_shape qi_bin_shapes[BIN_COUNT] = {
    SHAPE(0), FOUR_SHAPES(1), FOUR_SHAPES(5), FOUR_SHAPES(9), FOUR_SHAPES(13), GEOMETRIC_SHAPES};
