/* SPDX-License-Identifier: MIT
 *
 * list.c: see list.h.
 */
#include "list.h"

bool qi_list_next_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    const struct list_node *next = node->next;
    return next == NULL || (chunk_set_holds(set, next) && next->link == &node->next);
}

bool qi_list_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    struct list_node **link = node->link;
    bool in_control = (uintptr_t)link - (uintptr_t)set < (uintptr_t)set->first.pages - (uintptr_t)set &&
                      ((uintptr_t)link & (sizeof link - 1)) == 0;
    return (in_control || chunk_set_holds(set, link)) && *link == node && list_next_is_sound(set, node);
}
