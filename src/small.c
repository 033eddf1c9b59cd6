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

BITS_NOINLINE bool qi_small_give_listed(struct bin_set *set, struct chunk *chunk, pages_t page, unsigned slot)
{
    struct bin_run run = {chunk, page, chunk->codes[page]};
    uint8_t *map = bin_run_map(&run);
    uintptr_t word = bits_load(map);
    uintptr_t bit = (uintptr_t)1 << slot;
    uintptr_t before = ~word & bin_run_slots(&run);
    if (!(before == 0 ? qi_bin_add_room(set, run, slot) : qi_bin_raise_room(set, run, slot)))
        return false;
    bits_store(map, word ^ bit);
    return true;
}
