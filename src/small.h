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
    if (!bits_likely(bin_map_pointer_is_valid(bin)))
        return SMALL_DAMAGED;
    current->run = bin->run;
    current->map = bin->map;
    if (!bits_likely(control_map_is_valid(current->map, current->run)))
        return SMALL_DAMAGED;
    unsigned unused_bits = bin_current_unused_bits(bin);
    current->word = control_map_load(current->map, unused_bits);
    return bits_likely(control_map_free_bits(current->word, unused_bits) != 0) ? SMALL_OPEN : SMALL_FULL;
}

/* The slot, of so many bytes, when there is one. */
BITS_INLINE void *small_allocate_from(const struct small_current *current, size_t slot_bytes)
{
    uintptr_t word = current->word;
    uint8_t *map = current->map;
    control_map_store(map, bin_tag_unused_bits(current->run), word & (word - 1), current->run);
    /* 32 bits hold the product: a run has no more bytes */
    return bin_tag_start(current->run) + bits_lowest(word) * (unsigned)slot_bytes;
}

/* Is the slot allocated? */
BITS_INLINE bool small_is_used(const struct bin_run *run, unsigned slot)
{
    return (control_map_load(bin_run_map(run), bin_unused_bits(bin_shape_of(run->code))) >> slot & 1) == 0;
}

enum small_freed {
    SMALL_FREED,
    SMALL_WRONG, /* the slot is not allocated */
    SMALL_MORE,  /* more than its bit changes, as the run was full or becomes empty: qi_bin_free() is to be asked */
};

/* Frees a slot of a run of this shape. */
BITS_INLINE enum small_freed small_free(uint8_t *map, const struct bin_shape *shape, unsigned slot)
{
    unsigned unused_bits = bin_unused_bits(shape);
    uintptr_t word = control_map_load(map, unused_bits), more = word | (uintptr_t)1 << slot;
    if (!bits_likely(caller_valid(more != word)))
        return SMALL_WRONG;
    if (!bits_likely(BIN_HAS_MASKS ? more != BIN_SLOTS_MASK(shape) : ~more << unused_bits != 0) ||
        !bits_likely(control_map_free_bits(word, unused_bits) != 0))
        return SMALL_MORE;
    control_map_free(map, unused_bits, word, more);
    return SMALL_FREED;
}

#endif
