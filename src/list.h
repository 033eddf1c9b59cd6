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
 * Heads lie in control data and are believed. Nodes lie in memory that a caller's bug may have overwritten: before a
 * link is followed or written through, it must lead into this heap, and the word that it leads to must point back.
 * Every function is a few dozen instructions at most, plus a chunk lookup for each link outside the first chunk.
 */
#ifndef QUARRY_LIST_H
#define QUARRY_LIST_H

#include "chunk.h"

struct list_node {
    struct list_node *next;
    struct list_node **link;
};

_Static_assert(sizeof(struct list_node) == UNITS_GRANULE_BYTES, "a node fits the smallest slot");

/* Does a granule of a page of an added chunk start at address? */
bool qi_list_in_added(const struct chunk_set *set, const void *address);

/* May a node's two words at address be read? Between the heap's start and its first chunk's end they may. */
BITS_INLINE bool list_may_read(const struct chunk_set *set, const void *address)
{
    uintptr_t word = bits_rotate_right((uintptr_t)address - (uintptr_t)set, UNITS_GRANULE_SHIFT - 1);
    return bits_likely(word < set->link_words) || qi_list_in_added(set, address);
}

/* May node->next be followed? */
BITS_INLINE bool list_next_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    const struct list_node *next = node->next;
    return QUARRY_CHECK_LEVEL == 0 || next == NULL || (list_may_read(set, next) && next->link == &node->next);
}

/* May node be taken out of its list? */
BITS_INLINE bool list_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL == 0 ||
           (list_may_read(set, (const void *)node->link) && *node->link == node && list_next_is_sound(set, node));
}

/* The same, where a call costs nothing that matters. */
bool qi_list_is_sound(const struct chunk_set *set, const struct list_node *node);

/* Makes next, which may be NULL, what follows the word. */
BITS_INLINE void list_follow(struct list_node **link, struct list_node *next)
{
    *link = next;
    if (next != NULL)
        next->link = link;
}

BITS_INLINE void list_push(struct list_node **head, struct list_node *node)
{
    list_follow(&node->next, *head);
    list_follow(head, node);
}

#endif
