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
 * Heads lie in control data and are believed below level 2. Nodes lie in memory that a caller's bug may have
 * overwritten: before a link is followed or written through, it must lead into this heap, and the word that it leads to
 * must point back. From check level 2 every word of a node is mixed with the heap's secret and its own address: who can
 * write to free memory, but does not know the secret, cannot make a link that is followed, nor copy one.
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

/* The heads of the lists that a node may be in. From check level 2 it matters whether a link leads to one of them, as
 * they are not mixed. */
struct list_heads {
    const void *start;
    size_t bytes;
};

/* How far behind the first head a word lies: in words, rotated, so that what is no word is very far; below level 2,
 * where every word was looked at before, in bytes. */
BITS_INLINE uintptr_t list_head_distance(struct list_heads heads, struct list_node *const *word)
{
    const uintptr_t bytes = (uintptr_t)word - (uintptr_t)heads.start;
    return UNITS_GUARDED ? bits_rotate_right(bytes, sizeof word == 8 ? 3 : 2) : bytes;
}

/* Is that one of them, and which? */
BITS_INLINE bool list_head_is_there(struct list_heads heads, uintptr_t distance)
{
    return distance < (UNITS_GUARDED ? heads.bytes / sizeof(struct list_node *) : heads.bytes);
}

BITS_INLINE uintptr_t list_head_index(uintptr_t distance)
{
    return UNITS_GUARDED ? distance : distance / sizeof(struct list_node *);
}

BITS_INLINE bool list_is_head(struct list_heads heads, struct list_node *const *word)
{
    return heads.bytes == sizeof *word ? (const void *)word == heads.start
                                       : list_head_is_there(heads, list_head_distance(heads, word));
}

/* What both words of a node are mixed with. */
BITS_INLINE uintptr_t list_mask(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL < 2 ? 0 : guard_secret(&set->source.guard) ^ bits_rotate_right((uintptr_t)node, 9);
}

/* The next of a node. */
BITS_INLINE struct list_node *list_next(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL < 2 ? node->next : (struct list_node *)((uintptr_t)node->next ^ list_mask(set, node));
}

BITS_INLINE void list_store_next(const struct chunk_set *set, struct list_node *node, struct list_node *next)
{
    node->next = QUARRY_CHECK_LEVEL < 2 ? next : (struct list_node *)((uintptr_t)next ^ list_mask(set, node));
}

BITS_INLINE struct list_node **list_link(const struct chunk_set *set, const struct list_node *node)
{
    return QUARRY_CHECK_LEVEL < 2 ? node->link : (struct list_node **)((uintptr_t)node->link ^ list_mask(set, node));
}

BITS_INLINE void list_store_link(const struct chunk_set *set, struct list_node *node, struct list_node **link)
{
    node->link = QUARRY_CHECK_LEVEL < 2 ? link : (struct list_node **)((uintptr_t)link ^ list_mask(set, node));
}

/* Makes next, which may be NULL, what follows the word that a link leads to. */
BITS_INLINE void list_follow(const struct chunk_set *set, struct list_heads heads, struct list_node **link,
                             struct list_node *next)
{
    if (QUARRY_CHECK_LEVEL < 2 || list_is_head(heads, link))
        *link = next;
    else
        list_store_next(set, (struct list_node *)link, next);
    if (next != NULL)
        list_store_link(set, next, link);
}

/* May node's next be followed? */
BITS_INLINE bool list_next_is_sound(const struct chunk_set *set, const struct list_node *node)
{
    const struct list_node *next = list_next(set, node);
    return QUARRY_CHECK_LEVEL == 0 || next == NULL || (list_may_read(set, next) && list_link(set, next) == &node->next);
}

/* From check level 2: does the word that node's link leads to lead back? A head may be read without being asked. */
BITS_INLINE bool list_link_leads_back(const struct chunk_set *set, struct list_heads heads,
                                      const struct list_node *node)
{
    struct list_node **link = list_link(set, node);
    return list_is_head(heads, link)
                   ? *link == node
                   : list_may_read(set, (const void *)link) && list_next(set, (const struct list_node *)link) == node;
}

/* May node be taken out of its list? */
BITS_INLINE bool list_is_sound(const struct chunk_set *set, struct list_heads heads, const struct list_node *node)
{
    if (QUARRY_CHECK_LEVEL >= 2)
        return list_link_leads_back(set, heads, node) && list_next_is_sound(set, node);
    return QUARRY_CHECK_LEVEL == 0 || (list_may_read(set, (const void *)list_link(set, node)) &&
                                       *list_link(set, node) == node && list_next_is_sound(set, node));
}

/* Guarded: may what a head leads to be read, and is it a list's first node? */
BITS_INLINE bool list_head_is_sound(const struct chunk_set *set, struct list_node **head)
{
    return !UNITS_GUARDED || (list_may_read(set, *head) && list_link(set, *head) == head);
}

/* Takes a sound node out of its list, and leaves it as it is. */
BITS_INLINE void list_unlink(const struct chunk_set *set, struct list_heads heads, const struct list_node *node)
{
    list_follow(set, heads, list_link(set, node), list_next(set, node));
}

/* Undoes that, while the list and the node are as they were then. */
void qi_list_relink(const struct chunk_set *set, struct list_heads heads, struct list_node *node);

/* Reports what was written to free memory since it was filled. */
void qi_list_verify(const struct chunk_set *set, const void *memory, size_t bytes);

/* From check level 3: a node that is in no list any more is free memory like any other. */
BITS_INLINE void list_scrub(const struct list_node *node)
{
    if (FILL_IS_ON)
        qi_fill((void *)(uintptr_t)node, sizeof *node);
}

/* May the first node of a list, to which the head leads as it should, be taken out? Its link is not needed for that,
 * but from check level 3 nobody may have written to it. */
BITS_INLINE bool list_first_is_sound(const struct chunk_set *set, struct list_node *const *head,
                                     const struct list_node *node)
{
    return list_next_is_sound(set, node) && (!FILL_IS_ON || list_link(set, node) == head);
}

/* Makes node a list's first, and next, which may be NULL, its second. */
BITS_INLINE void list_put_first(const struct chunk_set *set, struct list_node **head, struct list_node *node,
                                struct list_node *next)
{
    list_store_next(set, node, next);
    if (next != NULL)
        list_store_link(set, next, &node->next);
    *head = node;
    list_store_link(set, node, head);
}

/* Puts another node into the place of a list's first, whose next is sound; next: which that is. */
BITS_INLINE void list_replace_first(const struct chunk_set *set, struct list_node **head, const struct list_node *node,
                                    struct list_node *next, struct list_node *by)
{
    if (FILL_IS_ON)
        qi_list_verify(set, by, sizeof *by);
    list_put_first(set, head, by, next);
    list_scrub(node);
}

/* Takes the first node, whose next is sound, out of its list; next: which that is. */
BITS_INLINE void list_take_first(const struct chunk_set *set, struct list_node **head, const struct list_node *node,
                                 struct list_node *next)
{
    *head = next;
    if (next != NULL)
        list_store_link(set, next, head);
    list_scrub(node);
}

/* Guarded, a damaged head is reported, and the node stays outside. */
BITS_INLINE void list_push(const struct chunk_set *set, struct list_node **head, struct list_node *node)
{
    struct list_node *first = *head;
    if (FILL_IS_ON)
        qi_list_verify(set, node, sizeof *node);
    if (UNITS_GUARDED && first != NULL && !bits_likely(list_head_is_sound(set, head))) {
        qi_guard_report_damage(&set->source.guard, head);
        return;
    }
    list_put_first(set, head, node, first);
}

#endif
