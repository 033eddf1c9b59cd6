/* SPDX-License-Identifier: MIT
 *
 * list.h: lists that run through free memory.
 *
 * A node says which node follows and which word points to it, so it can be removed from the middle of its list:
 *
 *      head          node             node
 *    +------+      +------+------+   +------+------+
 *    |    ------>  | next | link |   | NULL | link |     link: the address of the word that points to the node:
 *    +------+      +---|--+------+   +------+------+     the head, or the next of the node before
 *                      '------------->
 *
 * Heads lie in control data. Nodes lie in memory that a caller's bug may have overwritten. So before a link is followed
 * or written through, the layer that owns the list asks control data (page codes, lengths, maps: no block reaches them)
 * whether the place that the link leads to holds a node of this very list; only then the node there is read, and must
 * point back. Whatever is written to free memory, a head thus leads to a node of its list. Whether a node is the first
 * one is not believed either: the head says so.
 *
 * Every function is a few instructions.
 */
#ifndef QUARRY_LIST_H
#define QUARRY_LIST_H

#include "chunk.h"

struct list_node {
    struct list_node *next;
    struct list_node **link;
};

_Static_assert(sizeof(struct list_node) == UNITS_GRANULE_BYTES, "a node fits the smallest slot");

struct list_head {
    struct list_node *first; /* coded: list_first(). NULL: the list is empty */
};

BITS_INLINE bool list_head_is_valid(const struct list_head *head)
{
    return control_pointer_is_valid(head->first);
}

/* NULL: there is none, or the head is damaged. */
BITS_INLINE struct list_node *list_first(const struct list_head *head)
{
    return control_pointer(head->first);
}

BITS_INLINE void list_set_first(struct list_head *head, struct list_node *first)
{
    head->first = control_coded(first);
}

/* What both words of a node are mixed with. */
BITS_INLINE uintptr_t list_mask(const struct chunk_set *set, const struct list_node *node)
{
    return control_node_mask(reporter_secret(&set->source.reporter), node);
}

/* The next of a node. */
BITS_INLINE struct list_node *list_next(const struct chunk_set *set, const struct list_node *node)
{
    return (struct list_node *)((uintptr_t)node->next ^ list_mask(set, node));
}

BITS_INLINE void list_store_next(const struct chunk_set *set, struct list_node *node, struct list_node *next)
{
    node->next = (struct list_node *)((uintptr_t)next ^ list_mask(set, node));
}

BITS_INLINE struct list_node **list_link(const struct chunk_set *set, const struct list_node *node)
{
    return (struct list_node **)((uintptr_t)node->link ^ list_mask(set, node));
}

BITS_INLINE void list_store_link(const struct chunk_set *set, struct list_node *node, struct list_node **link)
{
    node->link = (struct list_node **)((uintptr_t)link ^ list_mask(set, node));
}

/* The node whose next a link is, if it is no head. */
BITS_INLINE struct list_node *list_node_before(struct list_node **link)
{
    return (struct list_node *)(void *)link;
}

/* Makes next, which may be NULL, what follows the word that a link leads to: this head, or the next of a node. */
BITS_INLINE void list_follow(const struct chunk_set *set, struct list_head *head, struct list_node **link,
                             struct list_node *next)
{
    if (link == &head->first)
        list_set_first(head, next);
    else
        list_store_next(set, list_node_before(link), next);
    if (next != NULL)
        list_store_link(set, next, link);
}

/* Does the next of a node, which control data says is in the same list, lead to another node, and back? */
BITS_INLINE bool list_next_points_back(const struct chunk_set *set, const struct list_node *node)
{
    const struct list_node *next = list_next(set, node);
    return next != node && list_link(set, next) == &node->next;
}

/* Removes a valid node from its list, and leaves it as it is. */
BITS_INLINE void list_unlink(const struct chunk_set *set, struct list_head *head, const struct list_node *node)
{
    list_follow(set, head, list_link(set, node), list_next(set, node));
}

/* Undoes that, while the list and the node are as they were then. */
void qi_list_relink(const struct chunk_set *set, struct list_head *head, struct list_node *node);

/* A node uses free memory while it is in a list. */
BITS_INLINE void list_use_memory(const struct chunk_set *set, const struct list_node *node)
{
    memory_allocated(&set->source.reporter, node, sizeof *node);
}

BITS_INLINE void list_free_memory(const struct chunk_set *set, const struct list_node *node)
{
    memory_freed(&set->source.reporter, node, sizeof *node);
}

/* Does a list's first node say that it is the first one? Its link is not needed to remove it. */
BITS_INLINE bool list_node_is_first(const struct chunk_set *set, const struct list_head *head,
                                    const struct list_node *node)
{
    return control_valid(list_link(set, node) == &head->first);
}

/* Makes node a list's first, and next, which may be NULL, its second. */
BITS_INLINE void list_put_first(const struct chunk_set *set, struct list_head *head, struct list_node *node,
                                struct list_node *next)
{
    list_store_next(set, node, next);
    if (next != NULL)
        list_store_link(set, next, &node->next);
    list_set_first(head, node);
    list_store_link(set, node, &head->first);
}

/* Removes the first node, whose next is valid, from its list; next: which that is. */
BITS_INLINE void list_remove_first(const struct chunk_set *set, struct list_head *head, const struct list_node *node,
                                   struct list_node *next)
{
    list_set_first(head, next);
    if (next != NULL)
        list_store_link(set, next, &head->first);
    list_free_memory(set, node);
}

/* Puts a node into a list. */
BITS_INLINE void list_push(const struct chunk_set *set, struct list_head *head, struct list_node *node)
{
    list_use_memory(set, node);
    list_put_first(set, head, node, list_first(head));
}

/* The same; a damaged head is reported, and the node stays outside. */
BITS_INLINE void list_insert(const struct chunk_set *set, struct list_head *head, struct list_node *node)
{
    if (bits_likely(list_head_is_valid(head)))
        list_push(set, head, node);
    else
        qi_report_damage(&set->source.reporter, head);
}

#endif
