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

/* When the bin has no current run, or just one free slot in it. */
void *qi_small_take_slow(struct bin_set *set, unsigned bin);

/* Of bin_slot_bytes(bin) bytes; NULL: no memory, or a report of damage. */
BITS_INLINE void *small_take(struct bin_set *set, unsigned index) {
    const struct bin *bin = &set->bins[index];
    if (bits_likely(bin->run != 0)) {
        uintptr_t word = bits_load(bin->u.map);
        uintptr_t free_slots = ~word & bin_slots_mask(bin_current_unused_bits(bin));
        uintptr_t rest = free_slots & (free_slots - 1);
        if (bits_likely(rest != 0)) {
            bits_store(bin->u.map, word | (free_slots ^ rest));
            return bin_current_start(bin) + bits_lowest(free_slots) * bin_slot_bytes(index);
        }
    }
    return qi_small_take_slow(set, index);
}

/* Is the slot allocated? */
BITS_INLINE bool small_is_used(const struct bin_run *run, unsigned slot) {
    return (bits_load(bin_run_map(run)) >> slot & 1) != 0;
}

/* Gives back an allocated slot. */
BITS_INLINE enum run_given small_give(struct bin_set *set, const struct bin_run *run, unsigned slot) {
    uint8_t *map = bin_run_map(run);
    uintptr_t word = bits_load(map);
    uintptr_t slots = bin_run_slots(run);
    uintptr_t bit = (uintptr_t)1 << slot;
    uintptr_t before = ~word & slots;
    if ((before | bit) == slots)
        return qi_bin_give_run(set, *run);
    if (bit > before) { /* the first free slot, or above all others */
        bool told = before == 0 ? qi_bin_add_room(set, *run, slot) : qi_bin_raise_room(set, *run, slot);
        if (!told)
            return RUN_REFUSED;
    }
    bits_store(map, word ^ bit);
    return RUN_GIVEN;
}

#endif
