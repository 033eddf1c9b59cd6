/* SPDX-License-Identifier: MIT
 *
 * small.c: see small.h.
 */
#include "small.h"

BITS_NOINLINE void *qi_small_take_slow(struct bin_set *set, unsigned index)
{
    const struct bin *bin = &set->bins[index];
    if (bin->run == 0) {
        if (bin->u.next == NULL)
            return qi_bin_new_run(set, index);
        if (!qi_bin_take_from_list(set, index))
            return NULL;
    }
    uint8_t *map = bin->u.map;
    uint8_t *start = bin_current_start(bin);
    uintptr_t word = bits_load(map);
    uintptr_t free_slots = ~word & bin_slots_mask(bin_current_unused_bits(bin));
    uintptr_t rest = free_slots & (free_slots - 1);
    if (rest == 0 && !qi_bin_take_last(set, index))
        return NULL;
    bits_store(map, word | (free_slots ^ rest));
    return start + bits_lowest(free_slots) * bin_slot_bytes(index);
}
