/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.h: the sizes of bins and of their runs: constants only.
 *
 * Slot sizes are every granule up to 16 granules, then four to a doubling. A run of a bin comes in one of four lengths.
 * Each aims at a number of slots and takes the pages that these fill, rounded up, at least two (the second page's code
 * holds a slot number) and never more than an inner page code can count; it then has as many slots as fit, but never
 * more than a word has bits. With 8 or 16 slots of whole granules a run is a whole number of 64-byte pages (32-bit), so
 * nothing is lost. The numbers were chosen by replaying traces: see docs/design.md. Every function is a few
 * instructions.
 */
#ifndef QUARRY_BIN_SHAPES_H
#define QUARRY_BIN_SHAPES_H

#include "chunk.h"

enum {
    BIN_LINEAR_GRANULES = 16,
    BIN_LENGTHS = 4,
    BIN_AMPLE_SHIFT = 9, /* a run of any length may be made if it is at most 1/512 of the free pages */
};

/* The largest small block: 128 granules where a page is a quarter of that or more, two pages (but not less than the
 * linear bins cover) where it is smaller. BIN_DOUBLINGS: how often the slot size doubles above the linear bins. */
#define BIN_PAGE_GRANULES (QUARRY_PAGE_BYTES / (UINTPTR_MAX > 0xFFFFFFFFu ? 16 : 8))
#if BIN_PAGE_GRANULES >= 32
#define BIN_DOUBLINGS 3
#elif BIN_PAGE_GRANULES >= 16
#define BIN_DOUBLINGS 1
#else
#define BIN_DOUBLINGS 0
#endif
#define BIN_MAX_GRANULES ((size_t)BIN_LINEAR_GRANULES << BIN_DOUBLINGS)
#define BIN_MAX_BYTES    (BIN_MAX_GRANULES * UNITS_GRANULE_BYTES)

enum {
    BIN_COUNT = BIN_LINEAR_GRANULES + 4 * BIN_DOUBLINGS,
    BIN_LENGTH_SHIFT = BIN_COUNT <= 16 ? 4 : 5, /* a run's code: PAGE_SMALL | length << this | bin */
    BIN_CODES = BIN_LENGTHS << BIN_LENGTH_SHIFT,
};

_Static_assert(BIN_COUNT <= 1 << BIN_LENGTH_SHIFT && BIN_CODES <= 0x80, "a page code holds bin and length");
_Static_assert(BIN_PAGE_GRANULES == UNITS_PAGE_GRANULES, "the preprocessor knows the granule");

/* What never changes about the runs of one bin and length. */
struct bin_shape {
    uint16_t reciprocal; /* 32,768 / granules, rounded up */
    uint8_t granules;    /* in a slot */
    uint8_t slots;
};

/* By page code without PAGE_SMALL. */
extern const struct bin_shape qi_bin_shapes[BIN_CODES];
extern const uint8_t qi_bin_pages[BIN_CODES];

/* The rows of a table over all bins of one length, by the macro row(bin, length). */
#define BIN_FOUR(row, bin, length)                                                                                     \
    row(bin, length), row((bin) + 1, length), row((bin) + 2, length), row((bin) + 3, length)
#define BIN_LINEAR(row, length)                                                                                        \
    BIN_FOUR(row, 0, length), BIN_FOUR(row, 4, length), BIN_FOUR(row, 8, length), BIN_FOUR(row, 12, length)
#if BIN_DOUBLINGS == 0
#define BIN_ROWS(row, length) BIN_LINEAR(row, length)
#elif BIN_DOUBLINGS == 1
#define BIN_ROWS(row, length) BIN_LINEAR(row, length), BIN_FOUR(row, 16, length)
#else
#define BIN_ROWS(row, length)                                                                                          \
    BIN_LINEAR(row, length), BIN_FOUR(row, 16, length), BIN_FOUR(row, 20, length), BIN_FOUR(row, 24, length)
#endif

/* The bin of a request of 1 to BIN_MAX_BYTES bytes. */
BITS_INLINE unsigned bin_of_bytes(size_t bytes)
{
    if (QUARRY_ALIGN_BYTES > UNITS_GRANULE_BYTES && bytes > UNITS_GRANULE_BYTES)
        bytes = bits_round_up(bytes, QUARRY_ALIGN_BYTES);
    size_t last = (bytes - 1) >> UNITS_GRANULE_SHIFT;
    if (BIN_DOUBLINGS == 0 || bits_likely(last < BIN_LINEAR_GRANULES))
        return (unsigned)last;
    unsigned power = bits_highest(last);
    return BIN_LINEAR_GRANULES + 4 * (power - 4) + (unsigned)(last >> (power - 2) & 3);
}

BITS_INLINE size_t bin_slot_bytes(unsigned bin)
{
    if (BIN_DOUBLINGS == 0 || bits_likely(bin < BIN_LINEAR_GRANULES))
        return (size_t)(bin + 1) << UNITS_GRANULE_SHIFT;
    return (size_t)qi_bin_shapes[bin].granules << UNITS_GRANULE_SHIFT;
}

/* A map word's bits above a run's slots. */
BITS_INLINE unsigned bin_unused_bits(unsigned code)
{
    return BITS_WORD - qi_bin_shapes[code & (BIN_CODES - 1)].slots;
}

/* Which bits of a map word stand for slots of a run with so many unused bits. */
BITS_INLINE uintptr_t bin_slots_mask(unsigned unused_bits)
{
    return UINTPTR_MAX >> unused_bits;
}

#endif
