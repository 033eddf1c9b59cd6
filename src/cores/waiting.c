/* SPDX-License-Identifier: MIT
 *
 * waiting.c: see waiting.h. Coded blocks first, then links, then handing in and taking.
 */
#include "waiting.h"

#include "../control/control.h"

#if QUARRY_FREE_LATER != 0

/* --- coded blocks --- */

/* Bit 0 of a block's address is free, and says whether the number of set bits is odd: where control data is checked, no
 * changed bit makes another block's of it. */
static uintptr_t parity(uintptr_t word)
{
    for (unsigned bits = BITS_WORD / 2; bits != 0; bits /= 2)
        word ^= word >> bits;
    return word & 1;
}

/* --- links --- */

/* A link that is still to be written. No block has this address. */
#define UNWRITTEN ((uintptr_t)1)

/* What stands beside a link. */
static uintptr_t check_of(uintptr_t block, uintptr_t link)
{
    return ~(bits_rotate_right(block, 3) + link);
}

/* Links a block. It is the first before its link is written, so that no step must be done again. */
static void link_block(struct later_list *list, uintptr_t block)
{
    uintptr_t *words = (uintptr_t *)block;
    memory_work_begins();
    later_store(&words[0], UNWRITTEN);
    const uintptr_t behind = later_exchange(&list->linked, block);
    later_store(&words[1], check_of(block, behind));
    later_store(&words[0], behind);
    memory_work_ends();
}

enum later_followed qi_later_follow(struct later_list *list)
{
    const uintptr_t block = list->taken, *words = (const uintptr_t *)block;
    const uintptr_t link = later_load(&words[0]);
    if (link == UNWRITTEN)
        return LATER_TOO_SOON;
    const bool is_whole = later_load(&words[1]) == check_of(block, link);
    list->taken = is_whole ? link : 0;
    return is_whole ? LATER_FOLLOWED : LATER_DAMAGED;
}

/* --- handing in --- */

/* The list for a block that is handed in by code of this level: 0 can be masked. */
static struct later_list *list_of_level(struct later *later, unsigned level)
{
    const unsigned turn = later_load(&later->turns) >> level & 1;
    return &later->lists[level == 0 ? 0 : 2 * level - 1 + turn];
}

void qi_later_add(struct later *later, void *block, const void *caller, bool can_be_block)
{
    struct later_list *list = list_of_level(later, arch_unmasked_level());
    const uintptr_t address = (uintptr_t)block;
    if (can_be_block) {
        struct later_entry *entry = &list->entries[later_count(&list->number) % LATER_ENTRIES];
        later_exchange(&entry->caller, (uintptr_t)caller);
        const uintptr_t before = later_exchange(&entry->block, address | parity(address));
        if (before != 0)
            link_block(list, before & ~(uintptr_t)1);
    } else {
        later_store(&list->wrong.caller, (uintptr_t)caller);
        later_store(&list->wrong.block, address);
    }
    later_exchange(&later->waits, 1);
}

/* --- taking --- */

struct later_list *qi_later_unused_list(struct later *later, unsigned level)
{
    const unsigned turn = later->turns >> level & 1;
    return &later->lists[2 * level - turn];
}

void qi_later_turn(struct later *later, unsigned level)
{
    later_store(&later->turns, later->turns ^ (uintptr_t)1 << level);
}

uintptr_t qi_later_take(struct later_entry *entry, const void **caller)
{
    *caller = (const void *)later_load(&entry->caller);
    return later_load(&entry->block) == 0 ? 0 : later_exchange(&entry->block, 0);
}

void *qi_later_block(uintptr_t coded)
{
    const uintptr_t address = coded & ~(uintptr_t)1;
    return control_valid(coded == (address | parity(address))) ? (void *)address : NULL;
}

void qi_later_forget(struct later *later)
{
    for (unsigned i = 0; i < LATER_LISTS; i++) {
        struct later_list *list = &later->lists[i];
        for (unsigned entry = 0; entry < LATER_ENTRIES; entry++)
            later_exchange(&list->entries[entry].block, 0);
        later_exchange(&list->wrong.block, 0);
        later_exchange(&list->linked, 0);
        list->taken = 0;
    }
}

#endif
