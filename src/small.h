/* SPDX-License-Identifier: MIT
 *
 * small.h: taking and giving back one small block.
 *
 * The hot paths of the library. Both are inline, so that they meet the API's code; what happens once a run is in
 * small.c. Taking: the lowest free slot of the bin's current run. Giving back: a bit is cleared, and where that makes a
 * run's first free slot, its highest or its last, the bin's list is told. Bounded by a constant number of
 * instructions, and a chunk lookup for each link that is checked.
 */
#ifndef QUARRY_SMALL_H
#define QUARRY_SMALL_H

#include "bin.h"

/* When the bin has no current run, or just one free slot in it. NULL: no memory, or a report of damage. */
void *qi_small_take_slow(struct bin_set *set, unsigned bin);

/* Of bin_slot_bytes(bin) bytes; NULL where only qi_small_take_slow() can help. */
BITS_INLINE void *small_take(struct bin_set *set, unsigned index)
{
    const struct bin *bin = &set->bins[index];
    uintptr_t run = bin->run;
    if (!bits_likely(run != 0))
        return NULL;
    uint8_t *map = bin->u.map;
    uintptr_t word = bits_load(map);
    uintptr_t free_slots = ~word & bin_slots_mask((unsigned)(run & (BITS_WORD - 1)));
    uintptr_t rest = free_slots & (free_slots - 1);
    if (!bits_likely(rest != 0))
        return NULL;
    bits_store(map, word | (free_slots ^ rest));
    return (uint8_t *)(run & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1)) + bits_lowest(free_slots) * bin_slot_bytes(index);
}

/* Is the slot allocated? */
BITS_INLINE bool small_is_used(const struct bin_run *run, unsigned slot)
{
    return (bits_load(bin_run_map(run)) >> slot & 1) != 0;
}

enum small_given {
    SMALL_GIVEN,
    SMALL_LISTED, /* nothing changed: the bin's list must hear of it, qi_bin_give_slot() */
    SMALL_LAST,   /* nothing changed: it was the run's last used slot, qi_bin_may_keep(), qi_bin_give_run() */
};

/* Gives back an allocated slot, if no list and no page is concerned. */
BITS_INLINE enum small_given small_give(const struct bin_set *set, const struct bin_run *run, unsigned slot)
{
    uint8_t *map = bin_run_map(run);
    uintptr_t word = bits_load(map);
    uintptr_t slots = bin_run_slots(run);
    uintptr_t bit = (uintptr_t)1 << slot;
    uintptr_t before = ~word & slots;
    unsigned bin = bin_of_code(run->code);
    if ((before | bit) == slots) {
        /* the last used one: stays as it is only if this run is the spare already */
        if (bit > before || set->spare != bin + 1 || set->bins[bin].u.map != map ||
            run->chunk != &set->runs.chunks.first)
            return SMALL_LAST;
    } else if (before == 0 || (bit > before && set->bins[bin].u.map == map)) {
        return SMALL_LISTED;
    }
    bits_store(map, word ^ bit);
    return SMALL_GIVEN;
}

#endif
