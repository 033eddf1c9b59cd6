/* SPDX-License-Identifier: MIT
 *
 * bin_shapes.h: the sizes of bins and of their runs: constants only.
 *
 * Slot sizes are every granule up to 16 granules, then four to a doubling. A run of a bin comes in one of four lengths,
 * the longest only where memory is ample. Each aims at a number of slots and takes the pages that these fill, rounded
 * up, at least two (an inner code holds the number of the node's slot) and at most BIN_MOST_PAGES; it then has as many
 * slots as fit, but never more than a word has bits. With 8 or 16 slots of whole granules a run is a whole number of
 * 64-byte pages (32-bit), so nothing is lost. The numbers were chosen by replaying traces: see docs/design.md. Every
 * function is a few instructions.
 */
#ifndef QUARRY_BIN_SHAPES_H
#define QUARRY_BIN_SHAPES_H

#include "chunk.h"

enum {
    BIN_LINEAR_GRANULES = 16,
    BIN_LENGTHS = 4,
    BIN_MOST_PAGES = CONTROL_WIDE_CODES ? 32 : 16,
    BIN_AMPLE_PAGES = 512 * BIN_MOST_PAGES, /* with so many free pages runs of the longest length are made */
};

_Static_assert(BIN_MOST_PAGES - 1 <= (int)PAGE_DISTANCE_MASK, "an inner code can name the start of its run");

/* The largest small block: 128 granules where a page is a quarter of that or more, two pages (but not less than the
 * linear bins cover) where it is smaller. BIN_DOUBLINGS: how often the slot size doubles above the linear bins. */
#define BIN_PAGE_GRANULES (QUARRY_PAGE_BYTES / (UINTPTR_MAX > 0xFFFFFFFFu ? 16 : 8))
#if BIN_PAGE_GRANULES >= 32
#define BIN_DOUBLINGS 3
#define BIN_PAIRS     14
#elif BIN_PAGE_GRANULES >= 16
#define BIN_DOUBLINGS 1
#define BIN_PAIRS     10
#else
#define BIN_DOUBLINGS 0
#define BIN_PAIRS     8
#endif
#define BIN_MAX_GRANULES ((size_t)BIN_LINEAR_GRANULES << BIN_DOUBLINGS)
#define BIN_MAX_BYTES    (BIN_MAX_GRANULES * UNITS_GRANULE_BYTES)

enum {
    BIN_COUNT = BIN_LINEAR_GRANULES + 4 * BIN_DOUBLINGS,
    BIN_LENGTH_SHIFT = BIN_COUNT <= 16 ? 4 : 5, /* a run's code: PAGE_SMALL | length << this | bin */
    BIN_CHECK_SHIFT = BIN_LENGTH_SHIFT + 2,     /* of the bit above both that checks them, if codes have one */
    BIN_CODES = BIN_LENGTHS << BIN_LENGTH_SHIFT << CONTROL_CODE_BITS,
};

_Static_assert(BIN_COUNT <= 1 << BIN_LENGTH_SHIFT &&
                       BIN_CODES <= (CONTROL_WIDE_CODES ? 0x80 << CONTROL_CODE_BITS : 0x80),
               "a page code holds bin and length");
_Static_assert(BIN_COUNT == 2 * BIN_PAIRS, "the table has every bin");
_Static_assert(BIN_LENGTHS == 4, "two bits for the length");
_Static_assert(BIN_PAGE_GRANULES == UNITS_PAGE_GRANULES, "the preprocessor knows the granule");

/* Slots of the runs of each length: as many pages as these fill, rounded up. */
#define BIN_TARGET(length) (BITS_WORD == 64 ? 4u << (length) : (length) == 3 ? 32u : 2u << (length))

/* As many slots as a word has bits. */
#define BIN_MOST_SLOTS BITS_WORD

/* A map word's bits of the slots; on 32-bit targets they are as soon computed as loaded. Where every run has a word
 * of its own, the word is compared with them. */
enum { BIN_HAS_MASKS = CONTROL_OWN_WORD && sizeof(uintptr_t) == 8 };
#if UINTPTR_MAX > 0xFFFFFFFFu
#define BIN_SHAPE_SLOTS_MASK  uintptr_t slots_mask;
#define BIN_SLOTS_MASK(shape) ((shape)->slots_mask)
#else
#define BIN_SHAPE_SLOTS_MASK
#define BIN_SLOTS_MASK(shape) (UINTPTR_MAX >> (32 - (shape)->slots))
#endif

/* What never changes about the runs of one bin and length.
 * A slot's size is odd << shift bytes. An offset times the inverse of odd (modulo 2^32), rotated right by shift, is the
 * slot's number if a slot starts there and a number above any slot's otherwise. (Torbjörn Granlund, Peter Montgomery,
 * "Division by invariant integers using multiplication", 1994, section 9.) */
struct bin_shape {
    uint32_t inverse;
    uint8_t shift;
    uint8_t slots;
    uint8_t pages;
    uint8_t granules; /* in a slot */
    BIN_SHAPE_SLOTS_MASK
};

/* The inverse of an odd number modulo 2^32 by Newton's iteration: each step doubles the number of right bits, and an
 * odd number is its own inverse modulo 8. */
#define BIN_BETTER(odd, inverse) ((inverse) * (2u - (odd) * (inverse)))
#define BIN_INVERSE(odd)         BIN_BETTER(odd, BIN_BETTER(odd, BIN_BETTER(odd, BIN_BETTER(odd, odd))))

/* By length and bin, as they stand in a page code. What no right code leads to is a shape without slots, so that no
 * slot is found where a code is damaged. */
extern const struct bin_shape qi_bin_shapes[BIN_CODES];

/* Where the shape of a bin's runs of some length stands in it, and in a page code. */
#define BIN_SHAPE_INDEX(length, bin)                                                                                   \
    ((unsigned)(length) << BIN_LENGTH_SHIFT | (unsigned)(bin) |                                                        \
     CONTROL_CODE_CHECK((unsigned)(length) << BIN_LENGTH_SHIFT | (unsigned)(bin)) << BIN_CHECK_SHIFT)

/* The same where they are no constants. */
BITS_INLINE unsigned bin_shape_index(unsigned length, unsigned bin)
{
    return BIN_SHAPE_INDEX(length, bin);
}

BITS_INLINE const struct bin_shape *bin_shape_of(unsigned code)
{
    if (CONTROL_WIDE_CODES)
        return &qi_bin_shapes[code & (BIN_CODES - 1)];
    /* PAGE_SMALL goes into the table's address, which an index cannot express: it would point before the table. */
    return (const struct bin_shape *)((uintptr_t)qi_bin_shapes - PAGE_SMALL * sizeof(struct bin_shape) +
                                      code * sizeof(struct bin_shape));
}

/* The same byte, or a later one, in the last granule of what a request of last + 1 bytes wants for its alignment. */
BITS_INLINE size_t bin_aligned_last_byte(size_t last)
{
    return QUARRY_ALIGN_BYTES > UNITS_GRANULE_BYTES && last >= UNITS_GRANULE_BYTES ? last | (QUARRY_ALIGN_BYTES - 1)
                                                                                   : last;
}

/* The granules of a bin's slots, as a constant. With bin_of_last_byte(), which is the way back, this is the rule of the
 * size classes; BIN_PAIRS says how many there are, by twos. */
#define BIN_GRANULES(bin) ((bin) < BIN_LINEAR_GRANULES ? (bin) + 1u : ((bin) % 4 + 5u) * (1u << (bin) / 4 >> 2))

/* The bin of a request of last + 1 bytes, 1 to BIN_MAX_BYTES. */
BITS_INLINE unsigned bin_of_last_byte(size_t last)
{
    last = bin_aligned_last_byte(last) >> UNITS_GRANULE_SHIFT;
    if (BIN_DOUBLINGS == 0 || bits_likely(last < BIN_LINEAR_GRANULES))
        return (unsigned)last;
    unsigned power = bits_highest(last);
    return BIN_LINEAR_GRANULES + 4 * (power - 4) + (unsigned)(last >> (power - 2) & 3);
}

BITS_INLINE unsigned bin_of_bytes(size_t bytes)
{
    return bin_of_last_byte(bytes - 1);
}

BITS_INLINE size_t bin_shape_bytes(const struct bin_shape *shape)
{
    return (size_t)shape->granules << UNITS_GRANULE_SHIFT;
}

/* What a request of last + 1 bytes gets. */
BITS_INLINE size_t bin_bytes_of_last_byte(size_t last, unsigned bin)
{
    const size_t unit = QUARRY_ALIGN_BYTES > UNITS_GRANULE_BYTES && last >= UNITS_GRANULE_BYTES ? QUARRY_ALIGN_BYTES
                                                                                                : UNITS_GRANULE_BYTES;
    if (BIN_DOUBLINGS == 0)
        return (size_t)(bin + 1) << UNITS_GRANULE_SHIFT;
    if (bits_likely(bin < BIN_LINEAR_GRANULES))
        return (last | (unit - 1)) + 1;
    return bin_shape_bytes(&qi_bin_shapes[BIN_SHAPE_INDEX(0, bin)]);
}

BITS_INLINE size_t bin_slot_bytes(unsigned bin)
{
    if (BIN_DOUBLINGS == 0 || bits_likely(bin < BIN_LINEAR_GRANULES))
        return (size_t)(bin + 1) << UNITS_GRANULE_SHIFT;
    return bin_shape_bytes(&qi_bin_shapes[BIN_SHAPE_INDEX(0, bin)]);
}

/* A map word's bits above a run's slots. */
BITS_INLINE unsigned bin_unused_bits(const struct bin_shape *shape)
{
    return BITS_WORD - shape->slots;
}

/* The slot at an offset from its run's start; shape->slots or more: none starts there. */
BITS_INLINE uint32_t bin_slot_at(const struct bin_shape *shape, size_t offset)
{
    return bits_rotate_right_u32((uint32_t)offset * shape->inverse, shape->shift);
}

/* The same where the slot size is a constant. */
BITS_INLINE uint32_t bin_slot_of_bytes(size_t offset, size_t slot_bytes)
{
    const unsigned shift = (unsigned)__builtin_ctz((unsigned)slot_bytes);
    return bits_rotate_right_u32((uint32_t)offset * BIN_INVERSE((uint32_t)slot_bytes >> shift), shift);
}

#endif
