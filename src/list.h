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
 * From check level 2 every word of a list, heads included, is mixed with the heap's secret and its own address: who can
 * write to free memory, but does not know the secret, cannot make a link that is followed, nor copy one.
 *
 * Heads lie in control data and are believed below level 2. Nodes lie in memory that a caller's bug may have
 * overwritten: before a link is followed or written through, it must lead into this heap, and the word that it leads to
 * must point back.
 * Every function is a few dozen instructions at most, plus a chunk lookup for each link outside the first chunk.
 */
#ifndef QUARRY_LIST_H
#define QUARRY_LIST_H

#include "chunk.h"
#include "fill.h"

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

/* What a word of a list is mixed with. */
BITS_INLINE uintptr_t list_mask(const struct chunk_set *set, const void *word)
{
    return QUARRY_CHECK_LEVEL < 2 ? 0 : guard_secret(&set->source.guard) ^ bits_rotate_right((uintptr_t)word, 9);
}

/* The same of a node's link: another rotation of the node's own address. */
BITS_INLINE uintptr_t list_link_mask(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL < 2 ? 0 : guard_secret(&set->source.guard) ^ bits_rotate_right((uintptr_t)node, 17);
}

/* What a head, or the next of a node, leads to. */
BITS_INLINE struct list_node *list_load(const struct chunk_set *set, struct list_node *const *word)
{
    return QUARRY_CHECK_LEVEL < 2 ? *word : (struct list_node *)((uintptr_t)*word ^ list_mask(set, word));
}

/* The same of a word that is named. A macro, because gcc 12 loads from an array with fewer registers than through a
 * pointer into it. */
#define list_first(set, head) (QUARRY_CHECK_LEVEL < 2 ? (head) : list_load(set, &(head)))

BITS_INLINE void list_store(const struct chunk_set *set, struct list_node **word, struct list_node *node)
{
    *word = QUARRY_CHECK_LEVEL < 2 ? node : (struct list_node *)((uintptr_t)node ^ list_mask(set, word));
}

BITS_INLINE struct list_node *list_next(const struct chunk_set *set, const struct list_node *node)
{
    return list_load(set, &node->next);
}

BITS_INLINE struct list_node **list_link(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL < 2 ? node->link
                                  : (struct list_node **)((uintptr_t)node->link ^ list_link_mask(set, node));
}

BITS_INLINE void list_store_link(const struct chunk_set *set, struct list_node *node, struct list_node **link)
{
    node->link = QUARRY_CHECK_LEVEL < 2 ? link : (struct list_node **)((uintptr_t)link ^ list_link_mask(set, node));
}

/* May node's next be followed? */
BITS_INLINE bool list_next_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    const struct list_node *next = list_next(set, node);
    return QUARRY_CHECK_LEVEL == 0 || next == NULL || (list_may_read(set, next) && list_link(set, next) == &node->next);
}

/* May node be taken out of its list? */
BITS_INLINE bool list_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL == 0 || (list_may_read(set, (const void *)list_link(set, node)) &&
                                       list_load(set, list_link(set, node)) == node && list_next_is_sound(set, node));
}

/* May what a head leads to be read, and is it a list's first node? Below check level 2 heads are believed. */
BITS_INLINE bool list_head_is_sound(const struct chunk_set *set, struct list_node **head, const struct list_node *node)
{
    return !UNITS_GUARDED || (list_may_read(set, node) && list_link(set, node) == head);
}

/* May the first node of a list, to which the head leads as it should, be taken out? Its link is not needed for that. */
BITS_INLINE bool list_first_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    return list_next_is_sound(set, node);
}

/* list_is_sound() where a call costs nothing that matters. */
bool qi_list_is_sound(const struct chunk_set *set, const struct list_node *node);

/* Makes next, which may be NULL, what follows the word. */
BITS_INLINE void list_follow(const struct chunk_set *set, struct list_node **link, struct list_node *next)
{
    list_store(set, link, next);
    if (next != NULL)
        list_store_link(set, next, link);
}

/* Reports what was written to free memory since it was filled. */
void qi_list_verify(const struct chunk_set *set, const void *memory, size_t bytes);

/* From check level 3: a node that is in no list any more is free memory like any other. */
BITS_INLINE void list_scrub(const struct list_node *node)
{
    if (FILL_IS_ON)
        qi_fill((void *)(uintptr_t)node, sizeof *node);
}

/* Guarded, a damaged head is reported, and the node stays outside. */
BITS_INLINE void list_push(const struct chunk_set *set, struct list_node **head, struct list_node *node)
{
    struct list_node *first = list_load(set, head);
    if (FILL_IS_ON)
        qi_list_verify(set, node, sizeof *node);
    if (UNITS_GUARDED && first != NULL && !bits_likely(list_head_is_sound(set, head, first))) {
        qi_guard_report_damage(&set->source.guard, head);
        return;
    }
    list_follow(set, &node->next, first);
    list_follow(set, head, node);
}

/* Makes lists empty. */
void qi_list_clear(const struct chunk_set *set, struct list_node **heads, unsigned count);

#endif
