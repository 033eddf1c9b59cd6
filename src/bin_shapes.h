/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.h: the sizes of bins and of their runs: constants only.
 *
 * Slot sizes are every granule up to 16 granules, then four to a doubling. A run of a bin comes in one of four lengths. Each
 * aims at a number of slots and takes the pages that these fill, rounded up, at least two (the second page's code holds a
 * slot number) and never more than an inner page code can count; it then has as many slots as fit, but never more than a word has bits. With 8 or 16 slots of whole
 * granules a run is a whole number of 64-byte pages (32-bit), so nothing is lost. The numbers were chosen by
 * replaying traces: see docs/design.md. Every function is a few instructions.
 */
#ifndef QUARRY_BIN_SHAPES_H
#define QUARRY_BIN_SHAPES_H

#include "chunk.h"

enum { BIN_LINEAR_GRANULES = 16, BIN_LENGTHS = 4, BIN_LENGTH_SHIFT = 5 };

/* The largest small block: two pages, but not less than the linear bins cover, and so few bins that a page code can name
 * them. BIN_DOUBLINGS: how often the slot size doubles above the linear bins. */
#define BIN_PAGE_GRANULES (QUARRY_PAGE_BYTES / (UINTPTR_MAX > 0xFFFFFFFFu ? 16 : 8))
#if BIN_PAGE_GRANULES >= 64
#define BIN_DOUBLINGS 3
#elif BIN_PAGE_GRANULES >= 32
#define BIN_DOUBLINGS 2
#elif BIN_PAGE_GRANULES >= 16
#define BIN_DOUBLINGS 1
#else
#define BIN_DOUBLINGS 0
#endif
#define BIN_MAX_GRANULES ((size_t)BIN_LINEAR_GRANULES << BIN_DOUBLINGS)
#define BIN_MAX_BYTES (BIN_MAX_GRANULES * UNITS_GRANULE_BYTES)

/* Bin 0 has the size of bin 1 and serves requests of 0 bytes: so the bin of n bytes is n in granules, rounded up. */
enum { BIN_COUNT = BIN_LINEAR_GRANULES + 1 + 4 * BIN_DOUBLINGS };

_Static_assert(BIN_COUNT <= 1 << BIN_LENGTH_SHIFT, "a page code holds a bin");
_Static_assert(BIN_PAGE_GRANULES == UNITS_PAGE_GRANULES, "the preprocessor knows the granule");

/* What never changes about a bin. */
struct bin_shape {
    uint16_t granules;          /* in a slot */
    uint16_t reciprocal;        /* 32,768 / granules, rounded up */
    uint8_t pages[BIN_LENGTHS]; /* in a run of each length */
    uint8_t slots[BIN_LENGTHS];
};

extern const struct bin_shape qi_bin_shapes[BIN_COUNT];

/* The shapes of the bins above the linear ones, by the macro FOUR_SHAPES(first bin) of the table's file. */
#if BIN_DOUBLINGS == 0
#define GEOMETRIC_SHAPES
#elif BIN_DOUBLINGS == 1
#define GEOMETRIC_SHAPES FOUR_SHAPES(17),
#elif BIN_DOUBLINGS == 2
#define GEOMETRIC_SHAPES FOUR_SHAPES(17), FOUR_SHAPES(21),
#else
#define GEOMETRIC_SHAPES FOUR_SHAPES(17), FOUR_SHAPES(21), FOUR_SHAPES(25),
#endif

/* The bin of a request of at most BIN_MAX_BYTES. */
BITS_INLINE unsigned bin_of_bytes(size_t bytes) {
    if (QUARRY_ALIGN_BYTES > UNITS_GRANULE_BYTES && bytes > UNITS_GRANULE_BYTES)
        bytes = bits_round_up(bytes, QUARRY_ALIGN_BYTES);
    if (BIN_DOUBLINGS == 0 || bits_likely(bytes <= BIN_LINEAR_GRANULES * UNITS_GRANULE_BYTES))
        return (unsigned)((bytes + UNITS_GRANULE_BYTES - 1) >> UNITS_GRANULE_SHIFT);
    size_t last = (bytes - 1) >> UNITS_GRANULE_SHIFT;
    unsigned power = bits_highest(last);
    return BIN_LINEAR_GRANULES + 1 + 4 * (power - 4) + (unsigned)(last >> (power - 2) & 3);
}

BITS_INLINE size_t bin_slot_bytes(unsigned bin) {
    if (BIN_DOUBLINGS == 0 && bin != 0)
        return (size_t)bin << UNITS_GRANULE_SHIFT;
    return (size_t)qi_bin_shapes[bin].granules << UNITS_GRANULE_SHIFT;
}

/* Which bits of a map word stand for slots of a run with so many unused bits. */
BITS_INLINE uintptr_t bin_slots_mask(unsigned unused_bits) {
    return UINTPTR_MAX >> unused_bits;
}

BITS_INLINE unsigned bin_unused_bits(unsigned bin, unsigned length) {
    return BITS_WORD - qi_bin_shapes[bin].slots[length];
}

#endif
