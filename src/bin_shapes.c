/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.c: the table of bin shapes, computed by the preprocessor from the page and granule sizes.
 */
#include "bin_shapes.h"

/* Slots that a run of each length should have: as many pages as they fill, rounded up. The longest is only for heaps
 * with ample memory. */
#define TARGET(length) (BITS_WORD == 64 ? 4u << (length) : (length) == 3 ? 32u : 2u << (length))

/* How often bin's granules have doubled above the linear bins. */
#define DOUBLED(bin)           ((bin) < BIN_LINEAR_GRANULES ? 0u : (bin) / 4u - 2u)
#define GRANULES(bin)          ((bin) < BIN_LINEAR_GRANULES ? (bin) + 1u : (5u + (bin) % 4u) << DOUBLED(bin))
#define AT_MOST(limit, value)  ((value) < (limit) ? (value) : (limit))
#define AT_LEAST(limit, value) ((value) > (limit) ? (value) : (limit))
#define PAGES(bin, length)                                                                                             \
    ((uint8_t)AT_MOST(PAGE_INNER_LAST + 1u,                                                                            \
                      AT_LEAST(2u, (TARGET(length) * GRANULES(bin) + UNITS_PAGE_GRANULES - 1) / UNITS_PAGE_GRANULES)))
#define SLOTS(bin, length) ((uint8_t)AT_MOST(BITS_WORD, PAGES(bin, length) * UNITS_PAGE_GRANULES / GRANULES(bin)))
#define SHAPE(bin, length)                                                                                             \
    [(length) << BIN_LENGTH_SHIFT | (bin)] = {(uint16_t)((32768u + GRANULES(bin) - 1) / GRANULES(bin)),                \
                                              (uint8_t)GRANULES(bin), SLOTS(bin, length)}
#define PAGE_COUNT(bin, length) [(length) << BIN_LENGTH_SHIFT | (bin)] = PAGES(bin, length)

const struct bin_shape qi_bin_shapes[BIN_CODES] = {BIN_ROWS(SHAPE, 0), BIN_ROWS(SHAPE, 1), BIN_ROWS(SHAPE, 2),
                                                   BIN_ROWS(SHAPE, 3)};

const uint8_t qi_bin_pages[BIN_CODES] = {BIN_ROWS(PAGE_COUNT, 0), BIN_ROWS(PAGE_COUNT, 1), BIN_ROWS(PAGE_COUNT, 2),
                                         BIN_ROWS(PAGE_COUNT, 3)};
