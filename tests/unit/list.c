/* SPDX-License-Identifier: MIT
 *
 * list.c: nodes in and out of a list in every order, and that no link is believed that leads out of the heap's
 * memory or to a word that does not point back. The nodes lie in a large block of a real heap, once in its first chunk
 * and once in an added one; the list's head lies in its control data: in the list of the longest free runs, which so
 * small a heap never uses.
 */
#include "../../src/list.h"

#include "unit.h"

enum { NODES = 4 };

struct lists {
    struct quarry_heap *heap;
    const struct chunk_set *set;
    const struct chunk *chunk; /* where the nodes lie */
    struct list_node **head;
    struct list_node *nodes; /* granules of a block; nodes[NODES] is never listed */
};

static struct list_heads heads_of(const struct lists *lists)
{
    return run_heads(&lists->heap->bins.runs);
}

/* Makes the first chunk full, and adds another. */
static bool add_chunk(struct quarry_heap *heap)
{
    const size_t bytes = unit_region_bytes(6);
    uint8_t *region = test_memory(bytes, 0);
    return region != NULL && CHECK(qi_large_take(&heap->bins.runs, heap->bins.runs.free_pages, 1) != NULL) &&
           CHECK(quarry_add_region(heap, region, bytes));
}

static bool begin(struct lists *lists, bool in_added)
{
    lists->heap = unit_heap(6);
    if (lists->heap == NULL || (in_added && !add_chunk(lists->heap)))
        return false;
    lists->set = heap_chunks(lists->heap);
    lists->head = &lists->heap->bins.runs.heads[RUN_CLASSES - 1];
    lists->nodes = qi_large_take(&lists->heap->bins.runs, 2, 1);
    lists->chunk = chunk_find(lists->set, lists->nodes);
    return CHECK(lists->nodes != NULL) && CHECK_EQ(*lists->head, NULL) &&
           CHECK_EQ(lists->chunk != &lists->set->first, in_added);
}

/* Asks for the same of lists in the first chunk and of lists in an added one. */
static void in_both_chunks(void (*check)(struct lists *lists))
{
    for (unsigned in_added = 0; in_added < 2 && !test_is_over(); in_added++) {
        struct lists lists;
        if (!begin(&lists, in_added != 0))
            return;
        check(&lists);
        *lists.head = NULL;
        CHECK(unit_settle(lists.heap));
        test_memory_release();
    }
}

static void push_all(struct lists *lists)
{
    *lists->head = NULL;
    for (unsigned i = NODES; i > 0; i--)
        list_push(lists->set, lists->head, &lists->nodes[i - 1]);
}

/* The list holds the nodes whose bits are set, in order, and is sound. */
static void check_list(const struct lists *lists, unsigned members)
{
    struct list_node **link = lists->head;
    for (unsigned i = 0; i < NODES; i++)
        if ((members >> i & 1) != 0) {
            REQUIRE(*link == &lists->nodes[i]);
            CHECK_EQ(lists->nodes[i].link, link);
            CHECK(list_is_sound(lists->set, heads_of(lists), *link));
            CHECK(list_next_is_sound(lists->set, *link));
            link = &(*link)->next;
        }
    CHECK_EQ(*link, NULL);
}

static void check_pushes(struct lists *lists)
{
    for (unsigned i = NODES; i > 0; i--) {
        list_push(lists->set, lists->head, &lists->nodes[i - 1]);
        check_list(lists, (1u << NODES) - (1u << (i - 1)));
    }
}

TEST(test_list_push_puts_node_in_front)
{
    in_both_chunks(check_pushes);
}

static void check_orders(struct lists *lists)
{
    for (unsigned order = 0; order < NODES * NODES * NODES * NODES && !test_is_over(); order++) {
        unsigned members = (1u << NODES) - 1;
        push_all(lists);
        for (unsigned step = 0; step < NODES; step++) {
            const unsigned node = order >> (2 * step) & 3;
            if ((members >> node & 1) != 0)
                list_follow(lists->set, heads_of(lists), lists->nodes[node].link, lists->nodes[node].next);
            members &= ~(1u << node);
            check_list(lists, members);
        }
    }
}

TEST(test_list_follow_takes_nodes_out_in_every_order_and_leaves_the_others)
{
    in_both_chunks(check_orders);
}

/* --- links that lead astray --- */

/* Nodes 0 to 3 are listed, node 4 is not. Each word is one that node 1's next must not be. */
static void check_bad_next(struct lists *lists, const void *next)
{
    struct list_node *node = &lists->nodes[1];
    push_all(lists);
    node->next = (struct list_node *)(uintptr_t)next;
    CHECK(!list_next_is_sound(lists->set, node));
    CHECK(!list_is_sound(lists->set, heads_of(lists), node));
}

static void check_bad_nexts(struct lists *lists)
{
    lists->nodes[NODES].link = NULL;
    lists->nodes[NODES].next = NULL;
    check_bad_next(lists, &lists->nodes[NODES]);
    check_bad_next(lists, &lists->nodes[1]);
    check_bad_next(lists, &lists->nodes[3]);
    check_bad_next(lists, &lists->nodes[2].link);
    check_bad_next(lists, (uint8_t *)&lists->nodes[2] + 1);
    check_bad_next(lists, lists->heap);
    check_bad_next(lists, lists->chunk->codes - 1);
    check_bad_next(lists, (void *)sizeof(void *));
    check_bad_next(lists, (void *)(UINTPTR_MAX & ~(uintptr_t)15));
    check_bad_next(lists, chunk_page_address(lists->chunk, lists->chunk->page_count));
    check_bad_next(lists, chunk_page_address(&lists->set->first, lists->set->first.page_count));
}

TEST(test_list_next_that_leads_astray_is_not_sound)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    in_both_chunks(check_bad_nexts);
}

static void check_bad_link(struct lists *lists, unsigned node, const void *link)
{
    push_all(lists);
    lists->nodes[node].link = (struct list_node **)(uintptr_t)link;
    CHECK(!list_is_sound(lists->set, heads_of(lists), &lists->nodes[node]));
    if (node > 0)
        CHECK(!list_next_is_sound(lists->set, &lists->nodes[node - 1]));
}

static void check_bad_links(struct lists *lists)
{
    for (unsigned node = 0; node < NODES; node++) {
        check_bad_link(lists, node, NULL);
        check_bad_link(lists, node, lists->head - 1);
        check_bad_link(lists, node, (uint8_t *)lists->head + 1);
        check_bad_link(lists, node, &lists->nodes[node].next);
        check_bad_link(lists, node, &lists->nodes[NODES].next);
        check_bad_link(lists, node, lists->chunk->codes - 1);
        check_bad_link(lists, node, (void *)(UINTPTR_MAX & ~(uintptr_t)15));
        check_bad_link(lists, node, (uint8_t *)lists->heap - sizeof(void *));
        check_bad_link(lists, node, chunk_page_address(lists->chunk, lists->chunk->page_count));
        check_bad_link(lists, node, chunk_page_address(&lists->set->first, lists->set->first.page_count));
    }
}

TEST(test_list_link_that_leads_astray_is_not_sound)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    in_both_chunks(check_bad_links);
}

static void check_passed_over(struct lists *lists)
{
    push_all(lists);
    lists->nodes[NODES].link = lists->head;
    lists->nodes[NODES].next = NULL;
    *lists->head = &lists->nodes[1];
    CHECK(!list_is_sound(lists->set, heads_of(lists), &lists->nodes[0]));
    CHECK(list_next_is_sound(lists->set, &lists->nodes[0]));
    CHECK(!list_is_sound(lists->set, heads_of(lists), &lists->nodes[NODES]));
    CHECK(list_next_is_sound(lists->set, &lists->nodes[NODES]));
}

TEST(test_list_link_that_nothing_points_back_to_is_not_sound)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    in_both_chunks(check_passed_over);
}

TEST(test_list_across_chunks_is_sound)
{
    struct lists lists;
    uint8_t *region;
    if (!begin(&lists, false))
        return;
    region = test_memory(unit_region_bytes(4), 0);
    if (region == NULL)
        return;
    REQUIRE(quarry_add_region(lists.heap, region, unit_region_bytes(4)));
    struct list_node *far = (struct list_node *)(void *)lists.set->first.next->chunk.pages;
    const struct list_node kept = *far; /* the region's free run: its node lies here */
    *lists.head = NULL;
    list_push(lists.set, lists.head, &lists.nodes[0]);
    list_push(lists.set, lists.head, far);
    list_push(lists.set, lists.head, &lists.nodes[1]);
    CHECK(list_is_sound(lists.set, heads_of(&lists), far));
    CHECK(list_is_sound(lists.set, heads_of(&lists), &lists.nodes[0]));
    CHECK(list_is_sound(lists.set, heads_of(&lists), &lists.nodes[1]));
    *far = kept;
    *lists.head = NULL;
    CHECK(unit_settle(lists.heap));
}

/* --- what may be read --- */

/* Asks at every byte around the heap's first memory, while there is no other. */
static void check_readable_in_first(const struct chunk_set *set)
{
    const uintptr_t first = (uintptr_t)set;
    for (uintptr_t at = first - 100; at < first + set->first.bytes + 100 && !test_is_over(); at++) {
        const size_t offset = at - first;
        const bool readable =
                at >= first && offset % sizeof(void *) == 0 && offset + sizeof(struct list_node) <= set->first.bytes;
        CHECK_EQ(list_may_read(set, (const void *)at), readable);
    }
}

/* Asks at every byte around an added chunk. */
static void check_readable_in_added(const struct chunk_set *set, const struct added_chunk *added)
{
    const uintptr_t start = (uintptr_t)added, pages = (uintptr_t)added->chunk.pages;
    const uintptr_t end = pages + units_bytes_from_pages(added->chunk.page_count);
    for (uintptr_t at = start - 8; at < start + added->chunk.bytes + 8 && !test_is_over(); at++) {
        const bool readable = at >= pages && at < end && at % UNITS_GRANULE_BYTES == 0;
        CHECK_EQ(qi_list_in_added(set, (const void *)at), readable);
        CHECK_EQ(list_may_read(set, (const void *)at), readable);
    }
}

TEST(test_list_may_read_just_nodes_in_the_heaps_memory)
{
    struct quarry_heap *heap = unit_heap(4);
    const size_t bytes = unit_region_bytes(4);
    uint8_t *region = heap == NULL ? NULL : test_memory(bytes, 8);
    if (region == NULL)
        return;
    struct chunk_set *set = heap_chunks(heap);
    CHECK_EQ(set->link_words, set->first.bytes / sizeof(void *) - 1);
    check_readable_in_first(set);
    CHECK(!qi_list_in_added(set, region + bytes / 2));
    REQUIRE(quarry_add_region(heap, region, bytes));
    check_readable_in_added(set, set->first.next);
    CHECK(!list_may_read(set, NULL));
    CHECK(!list_may_read(set, (const void *)UINTPTR_MAX));
    CHECK(!list_may_read(set, (const void *)(UINTPTR_MAX - UNITS_GRANULE_BYTES + 1)));
    const size_t page_count = set->first.next->chunk.page_count;
    set->first.next->chunk.page_count = 0; /* as of a huge block */
    CHECK(!list_may_read(set, set->first.next->chunk.pages));
    set->first.next->chunk.page_count = page_count;
    CHECK(unit_settle(heap));
}
