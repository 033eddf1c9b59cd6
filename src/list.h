/* SPDX-License-Identifier: MIT
 *
 * list.h: lists that run through free memory, and the check of their links before use.
 *
 * A node says which node follows and which word points to it, so it can be taken out without knowing its list:
 *
 *      head          node             node
 *    +------+      +------+------+   +------+------+
 *    |    ------>  | next | link |   | NULL | link |     link: the address of the word that points to the node:
 *    +------+      +---|--+------+   +------+------+     the head, or the next of the node before
 *                      '------------->
 *
 * Nodes lie in memory that a caller's bug may have overwritten. Before a link is followed or written through it must
 * lead into a page of this heap (next, link) or into the first chunk's control data (link), and the word that it leads
 * to must point back. Every function is a few dozen instructions at most, plus a chunk lookup for each link.
 */
#ifndef QUARRY_LIST_H
#define QUARRY_LIST_H

#include "chunk.h"

struct list_node {
    struct list_node *next;
    struct list_node **link;
};

_Static_assert(sizeof(struct list_node) == UNITS_GRANULE_BYTES, "a node fits the smallest slot");

/* May node->next be followed? */
bool qi_list_next_is_sound(const struct chunk_set *set, const struct list_node *node);

/* May node be taken out of its list? */
bool qi_list_is_sound(const struct chunk_set *set, const struct list_node *node);

BITS_INLINE bool list_next_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL == 0 || node->next == NULL || qi_list_next_is_sound(set, node);
}

BITS_INLINE bool list_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL == 0 || qi_list_is_sound(set, node);
}

/* Makes next, which may be NULL, what follows the word. */
BITS_INLINE void list_follow(struct list_node **link, struct list_node *next)
{
    *link = next;
    if (next != NULL)
        next->link = link;
}

static inline void list_push(struct list_node **head, struct list_node *node)
{
    list_follow(&node->next, *head);
    list_follow(head, node);
}

/* The node is sound. */
static inline void list_take(struct list_node *node)
{
    list_follow(node->link, node->next);
}

#endif
