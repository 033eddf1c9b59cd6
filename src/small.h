/* SPDX-License-Identifier: MIT
 *
 * small.h: allocating and freeing one small block where only its bit changes.
 *
 * The hot paths of the library, inline so that they meet the API's code; all else is bin.c's. Allocating: the lowest
 * free slot of the bin's current run. Freeing: a bit is set, if some other slot of its run is free and some other used.
 */
#ifndef QUARRY_SMALL_H
#define QUARRY_SMALL_H

#include "bin.h"

/* A bin's current run, as slots are allocated from it. */
struct small_current {
    uintptr_t run, word;
    uint8_t *map;
};

enum small_opened {
    SMALL_OPEN,   /* the current run has a free slot */
    SMALL_FULL,   /* it has none, or there is none */
    SMALL_DAMAGED /* what the bin says of it, or its map, is damaged */
};

/* Has the bin's current run a free slot? */
BITS_INLINE enum small_opened small_open(const struct bin *bin, struct small_current *current)
{
    if (UNITS_GUARDED) {
        const struct bits_pair map = bits_pair_load((const uintptr_t *)(const void *)&bin->map);
        if (!bits_likely(bin_map_pair_is_valid(map)))
            return SMALL_DAMAGED;
        current->map = (uint8_t *)map.first;
        const struct bin_guarded_map words = bin_guarded_load(current->map);
        current->run = words.free + words.rest;
        current->word = words.free;
        if (!bits_likely(current->run == bin->run))
            return SMALL_DAMAGED;
        return bits_likely(words.free != 0) ? SMALL_OPEN : SMALL_FULL;
    }
    current->run = bin->run;
    current->map = bin->map;
    unsigned unused_bits = bin_current_unused_bits(bin);
    current->word = bin_map_load(current->map, unused_bits);
    return bits_likely(bin_free_bits(current->word, unused_bits) != 0) ? SMALL_OPEN : SMALL_FULL;
}

/* The slot, of so many bytes, when there is one. */
BITS_INLINE void *small_allocate_from(const struct small_current *current, size_t slot_bytes)
{
    uintptr_t word = current->word;
    uint8_t *map = current->map;
    bin_map_store(map, bin_tag_unused_bits(current->run), word & (word - 1), current->run);
    /* 32 bits hold the product: a run has no more bytes */
    return bin_tag_start(current->run) + bits_lowest(word) * (unsigned)slot_bytes;
}

/* Is the slot allocated? */
BITS_INLINE bool small_is_used(const struct bin_run *run, unsigned slot)
{
    return (bin_map_load(bin_run_map(run), bin_unused_bits(bin_shape_of(run->code))) >> slot & 1) == 0;
}

enum small_freed {
    SMALL_FREED,
    SMALL_WRONG, /* the slot is not allocated */
    SMALL_FIRST, /* the run was full: bin_free_first() is to be asked */
    SMALL_LAST,  /* the run would run empty: bin_free_last() is to be asked */
};

/* Frees a slot of a run of this shape. */
BITS_INLINE enum small_freed small_free(uint8_t *map, const struct bin_shape *shape, unsigned slot)
{
    unsigned unused_bits = bin_unused_bits(shape);
    const bool loads_both = UNITS_GUARDED && !ARCH_ADDS_IN_MEMORY;
    struct bin_guarded_map guarded = {0, 0};
    if (loads_both)
        guarded = bin_guarded_load(map);
    uintptr_t word = loads_both ? guarded.free : bin_map_load(map, unused_bits), bit = (uintptr_t)1 << slot,
              given = word | bit;
    if (QUARRY_CHECK_LEVEL != 0 && !bits_likely(given != word))
        return SMALL_WRONG;
    if (!bits_likely(BIN_OWN_WORD && BITS_WORD == 64 ? given != BIN_SLOTS_MASK(shape)
                     : UNITS_GUARDED                 ? (given + 1) >> shape->slots == 0
                                                     : ~given << unused_bits != 0))
        return SMALL_LAST;
    if (!bits_likely(bin_free_bits(word, unused_bits) != 0))
        return SMALL_FIRST;
    if (loads_both)
        bin_guarded_store(map, given, guarded.rest - bit);
    else if (UNITS_GUARDED)
        bin_guarded_free(map, word, given);
    else
        bin_map_store(map, unused_bits, given, 0);
    return SMALL_FREED;
}

#endif
