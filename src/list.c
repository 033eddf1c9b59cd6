/* SPDX-License-Identifier: MIT
 *
 * list.c: see list.h.
 */
#include "list.h"

#include "bytes.h"

BITS_NOINLINE bool qi_list_in_added(const struct chunk_set *set, const void *address)
{
    const struct added_chunk *added = qi_chunk_find_added(set, address);
    return added != NULL && chunk_holds(&added->chunk, address) &&
           ((uintptr_t)address & (UNITS_GRANULE_BYTES - 1)) == 0;
}

BITS_COLD void qi_list_relink(const struct chunk_set *set, struct list_heads heads, struct list_node *node)
{
    struct list_node *next = list_next(set, node);
    list_follow(set, heads, list_link(set, node), node);
    if (next != NULL)
        list_store_link(set, next, &node->next);
}

void qi_list_verify(const struct chunk_set *set, const void *memory, size_t bytes)
{
    const void *damage = qi_fill_damage(memory, bytes);
    if (damage != NULL)
        qi_guard_report_write(&set->source.guard, damage);
}
