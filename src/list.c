/* SPDX-License-Identifier: MIT
 *
 * list.c: see list.h.
 */
#include "list.h"

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
