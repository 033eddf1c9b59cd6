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

void qi_list_verify(const struct chunk_set *set, const void *memory, size_t bytes)
{
    const void *damage = qi_fill_damage(memory, bytes);
    if (damage != NULL)
        qi_guard_report_write(&set->source.guard, damage);
}
