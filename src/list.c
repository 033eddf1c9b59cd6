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

BITS_NOINLINE bool qi_list_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    return list_is_sound(set, node);
}

void qi_list_clear(const struct chunk_set *set, struct list_node **heads, unsigned count)
{
    qi_bytes_clear(heads, count * sizeof *heads);
    for (unsigned i = 0; QUARRY_CHECK_LEVEL >= 2 && i < count; i++)
        list_store(set, &heads[i], NULL);
}

void qi_list_verify(const struct chunk_set *set, const void *memory, size_t bytes)
{
    const void *damage = qi_fill_damage(memory, bytes);
    if (damage != NULL)
        qi_guard_report_write(&set->source.guard, damage);
}
