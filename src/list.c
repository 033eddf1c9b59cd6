/* SPDX-License-Identifier: MIT
 *
 * list.c: see list.h.
 */
#include "list.h"

BITS_COLD void qi_list_relink(const struct chunk_set *set, struct list_head *head, struct list_node *node)
{
    struct list_node *next = list_next(set, node);
    list_follow(set, head, list_link(set, node), node);
    if (next != NULL)
        list_store_link(set, next, &node->next);
}
