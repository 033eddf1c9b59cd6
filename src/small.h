/* SPDX-License-Identifier: MIT
 *
 * small.h: taking and giving back one small block where only its bit changes.
 *
 * The hot paths of the library, inline so that they meet the API's code; all else is bin.c's. Taking: the lowest free
 * slot of the bin's current run. Giving back: a bit is set, if some other slot of its run is free and some other used.
 */
#ifndef QUARRY_SMALL_H
#define QUARRY_SMALL_H

#include "bin.h"

/* Has the bin's current run a free slot? If not, qi_bin_take() is to be asked. */
BITS_INLINE bool small_has_slot(const struct bin_set *set, unsigned index)
{
    const struct bin *bin = &set->bins[index];
    if (UNITS_GUARDED) /* or is anything about it damaged? */
        return bits_likely(bin_map_is_there(bin)) && bits_likely(bin_map_is_sound(bin->map, bin->run)) &&
               bin_map_load(bin->map, 0) != 0;
    unsigned unused_bits = bin_current_unused_bits(bin);
    return bin_free_bits(bin_map_load(bin->map, unused_bits), unused_bits) != 0;
}

/* The slot, of so many bytes, when there is one. */
BITS_INLINE void *small_take(const struct bin_set *set, unsigned index, size_t slot_bytes)
{
    const struct bin *bin = &set->bins[index];
    unsigned unused_bits = bin_current_unused_bits(bin);
    uintptr_t word = bin_map_load(bin->map, unused_bits);
    uint8_t *start = bin_current_start(bin);
    bin_map_store(bin->map, unused_bits, word & (word - 1), bin->run);
    return start + bits_lowest(word) * (unsigned)slot_bytes; /* 32 bits hold it: a run has no more */
}

/* Is the slot allocated? */
BITS_INLINE bool small_is_used(const struct bin_run *run, unsigned slot)
{
    return (bin_map_load(bin_run_map(run), bin_unused_bits(bin_shape_of(run->code))) >> slot & 1) == 0;
}

enum small_given {
    SMALL_GIVEN,
    SMALL_WRONG, /* the slot is not allocated */
    SMALL_FIRST, /* the run was full: bin_give_first() is to be asked */
    SMALL_LAST,  /* the run would run empty: qi_bin_give_last() is to be asked */
};

/* Gives back a slot of a run of this shape. */
BITS_INLINE enum small_given small_give(uint8_t *map, const struct bin_shape *shape, unsigned slot)
{
    unsigned unused_bits = bin_unused_bits(shape);
    struct bin_guarded_map guarded = {0, 0};
    if (UNITS_GUARDED) {
        map = (uint8_t *)bits_unknown(
                (uintptr_t)map); /* or the compiler finds its words by other ways than it once did */
        guarded = bin_guarded_load(map);
    }
    uintptr_t word = UNITS_GUARDED ? guarded.free : bin_map_load(map, unused_bits), bit = (uintptr_t)1 << slot,
              given = word | bit;
    if (QUARRY_CHECK_LEVEL != 0 && !bits_likely(given != word))
        return SMALL_WRONG;
    if (!bits_likely(BIN_OWN_WORD && BITS_WORD == 64 ? given != BIN_SLOTS_MASK(shape) : ~given << unused_bits != 0))
        return SMALL_LAST;
    if (!bits_likely(bin_free_bits(word, unused_bits) != 0))
        return SMALL_FIRST;
    if (UNITS_GUARDED)
        bin_guarded_store(map, given, guarded.rest - bit);
    else
        bin_map_store(map, unused_bits, given, 0);
    return SMALL_GIVEN;
}

#endif
