/* SPDX-License-Identifier: MIT
 *
 * list.c: nodes in and out of a list in every order, and that no link is believed that leads out of the heap's
 * memory or to a word that does not point back. The nodes lie in a large block of a real heap, the list's head
 * in its control data: in the list of the longest free runs, which so small a heap never uses.
 */
#include "../../src/list.h"

#include "unit.h"

enum { NODES = 4 };

struct lists {
    struct quarry_heap *heap;
    const struct chunk_set *set;
    struct list_node **head;
    struct list_node *nodes; /* granules of a block */
};

static bool begin(struct lists *lists)
{
    lists->heap = unit_heap(6);
    if (lists->heap == NULL)
        return false;
    lists->set = heap_chunks(lists->heap);
    lists->head = &lists->heap->bins.runs.heads[RUN_CLASSES - 1];
    lists->nodes = qi_large_take(&lists->heap->bins.runs, 2);
    return CHECK(lists->nodes != NULL) && CHECK_EQ(*lists->head, NULL);
}

static void push_all(struct lists *lists)
{
    *lists->head = NULL;
    for (unsigned i = NODES; i > 0; i--)
        list_push(lists->head, &lists->nodes[i - 1]);
}

static void end(struct lists *lists)
{
    *lists->head = NULL;
    CHECK(unit_settle(lists->heap));
}

/* The list holds the nodes whose bits are set, in order, and is sound. */
static void check_list(const struct lists *lists, unsigned members)
{
    struct list_node **link = lists->head;
    for (unsigned i = 0; i < NODES; i++)
        if ((members >> i & 1) != 0) {
            REQUIRE(*link == &lists->nodes[i]);
            CHECK_EQ(lists->nodes[i].link, link);
            CHECK(list_is_sound(lists->set, *link));
            CHECK(list_next_is_sound(lists->set, *link));
            link = &(*link)->next;
        }
    CHECK_EQ(*link, NULL);
}

TEST(test_list_push_puts_node_in_front)
{
    struct lists lists;
    if (!begin(&lists))
        return;
    for (unsigned i = NODES; i > 0; i--) {
        list_push(lists.head, &lists.nodes[i - 1]);
        check_list(&lists, (1u << NODES) - (1u << (i - 1)));
    }
    end(&lists);
}

TEST(test_list_take_in_every_order_leaves_the_others)
{
    struct lists lists;
    if (!begin(&lists))
        return;
    for (unsigned order = 0; order < NODES * NODES * NODES * NODES && !test_is_over(); order++) {
        unsigned members = (1u << NODES) - 1;
        push_all(&lists);
        for (unsigned step = 0; step < NODES; step++) {
            const unsigned node = order >> (2 * step) & 3;
            if ((members >> node & 1) != 0)
                list_take(&lists.nodes[node]);
            members &= ~(1u << node);
            check_list(&lists, members);
        }
    }
    end(&lists);
}

/* Nodes 0 to 3 are listed, node 4 is not. Each word is one that node 1's next must not be. */
static void check_bad_next(struct lists *lists, void *next)
{
    struct list_node *node = &lists->nodes[1];
    push_all(lists);
    node->next = next;
    CHECK(!list_next_is_sound(lists->set, node));
    CHECK(!list_is_sound(lists->set, node));
}

TEST(test_list_next_that_leads_astray_is_not_sound)
{
    struct lists lists;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!begin(&lists))
        return;
    lists.nodes[4].link = NULL;
    lists.nodes[4].next = NULL;
    check_bad_next(&lists, &lists.nodes[4]);
    check_bad_next(&lists, &lists.nodes[1]);
    check_bad_next(&lists, &lists.nodes[3]);
    check_bad_next(&lists, &lists.nodes[2].link);
    check_bad_next(&lists, (uint8_t *)&lists.nodes[2] + 1);
    check_bad_next(&lists, lists.heap);
    check_bad_next(&lists, (void *)sizeof(void *));
    check_bad_next(&lists, (void *)(UINTPTR_MAX & ~(uintptr_t)15));
    check_bad_next(&lists, chunk_page_address(&lists.set->first, chunk_page_count(&lists.set->first)));
    end(&lists);
}

static void check_bad_link(struct lists *lists, unsigned node, void *link)
{
    push_all(lists);
    lists->nodes[node].link = link;
    CHECK(!list_is_sound(lists->set, &lists->nodes[node]));
    if (node > 0)
        CHECK(!list_next_is_sound(lists->set, &lists->nodes[node - 1]));
}

TEST(test_list_link_that_leads_astray_is_not_sound)
{
    struct lists lists;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!begin(&lists))
        return;
    for (unsigned node = 0; node < NODES; node++) {
        check_bad_link(&lists, node, NULL);
        check_bad_link(&lists, node, lists.head - 1);
        check_bad_link(&lists, node, (uint8_t *)lists.head + 1);
        check_bad_link(&lists, node, &lists.nodes[node].next);
        check_bad_link(&lists, node, &lists.nodes[4].next);
        check_bad_link(&lists, node, (void *)(UINTPTR_MAX & ~(uintptr_t)15));
        check_bad_link(&lists, node, (uint8_t *)lists.heap - sizeof(void *));
        check_bad_link(&lists, node, chunk_page_address(&lists.set->first, chunk_page_count(&lists.set->first)));
    }
    end(&lists);
}

TEST(test_list_link_that_nothing_points_back_to_is_not_sound)
{
    struct lists lists;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!begin(&lists))
        return;
    push_all(&lists);
    *lists.head = &lists.nodes[1];
    CHECK(!list_is_sound(lists.set, &lists.nodes[0]));
    CHECK(list_next_is_sound(lists.set, &lists.nodes[0]));
    CHECK(!list_is_sound(lists.set, &lists.nodes[4]));
    end(&lists);
}

TEST(test_list_across_chunks_is_sound)
{
    struct lists lists;
    uint8_t *region;
    if (!begin(&lists))
        return;
    region = test_memory(unit_region_bytes(4), 0);
    if (region == NULL)
        return;
    REQUIRE(quarry_add_region(lists.heap, region, unit_region_bytes(4)));
    struct list_node *far = (struct list_node *)(void *)lists.set->first.next->chunk.pages;
    const struct list_node kept = *far; /* the region's free run: its node lies here */
    *lists.head = NULL;
    list_push(lists.head, &lists.nodes[0]);
    list_push(lists.head, far);
    list_push(lists.head, &lists.nodes[1]);
    CHECK(list_is_sound(lists.set, far));
    CHECK(list_is_sound(lists.set, &lists.nodes[0]));
    CHECK(list_is_sound(lists.set, &lists.nodes[1]));
    *far = kept;
    end(&lists);
}
