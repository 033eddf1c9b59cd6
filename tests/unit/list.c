/* SPDX-License-Identifier: MIT
 *
 * list.c: nodes in and out of a list in every order; and that no link is believed but one that leads to a node of the
 * same list, which control data confirms, and that points back. For the first the nodes lie in a large block of a real
 * heap, once in its first chunk and once in an added one, and the list's head in its control data: in the list of a
 * length that so small a heap never has. For the second they are free runs of one class.
 */
#include "../../src/list.h"

#include "unit_run.h"

enum { NODES = 4 };

struct lists {
    struct quarry_heap *heap;
    const struct chunk_set *set;
    const struct chunk *chunk; /* where the nodes lie */
    struct list_head *head;
    struct list_node *nodes; /* granules of a block; nodes[NODES] is never listed */
};

/* Makes the first chunk full, and adds another. */
static bool add_chunk(struct quarry_heap *heap)
{
    const size_t bytes = unit_region_bytes(6);
    uint8_t *region = test_memory(bytes, 0);
    return region != NULL && CHECK(qi_large_allocate(&heap->bins.runs, heap->bins.runs.free_pages) != NULL) &&
           CHECK(quarry_add_region(heap, region, bytes));
}

static bool begin(struct lists *lists, bool in_added)
{
    lists->heap = unit_heap(6);
    if (lists->heap == NULL || (in_added && !add_chunk(lists->heap)))
        return false;
    lists->set = heap_chunks(lists->heap);
    lists->head = &lists->heap->bins.runs.heads[RUN_SHORT_CLASSES - 1];
    lists->nodes = qi_large_allocate(&lists->heap->bins.runs, 2);
    lists->chunk = chunk_find(lists->set, lists->nodes);
    return CHECK(lists->nodes != NULL) && CHECK_EQ(list_first(lists->head), NULL) &&
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
        list_set_first(lists.head, NULL);
        CHECK(unit_settle(lists.heap));
        test_memory_release();
    }
}

static void push_all(struct lists *lists)
{
    list_set_first(lists->head, NULL);
    for (unsigned i = NODES; i > 0; i--)
        list_push(lists->set, lists->head, &lists->nodes[i - 1]);
}

/* The list holds the nodes whose bits are set, in order. */
static void check_list(const struct lists *lists, unsigned members)
{
    struct list_node **link = &lists->head->first, *node = list_first(lists->head);
    for (unsigned i = 0; i < NODES; i++)
        if ((members >> i & 1) != 0) {
            REQUIRE(node == &lists->nodes[i]);
            CHECK_EQ(list_link(lists->set, node), link);
            link = &node->next;
            node = list_next(lists->set, node);
        }
    CHECK_EQ(node, NULL);
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
                list_unlink(lists->set, lists->head, &lists->nodes[node]);
            members &= ~(1u << node);
            check_list(lists, members);
        }
    }
}

TEST(test_list_unlink_takes_nodes_out_in_every_order_and_leaves_the_others)
{
    in_both_chunks(check_orders);
}

/* --- links that lead astray --- */

enum { RUNS = 4, RUN_PAGES = 3, OTHER_PAGES = 5 };

/* Free runs of RUN_PAGES pages, the last one first in their list; and one of OTHER_PAGES. Behind each lies a page in
 * use. */
struct astray {
    struct run_set *set;
    const struct chunk *chunk;
    struct list_node *nodes[RUNS]; /* as they stand in the list */
    struct list_node *other;
};

static bool astray_begin(struct astray *astray)
{
    struct hole holes[RUNS + 1] = {{RUN_PAGES, 0}, {RUN_PAGES, 0}, {RUN_PAGES, 0}, {RUN_PAGES, 0}, {OTHER_PAGES, 0}};
    struct quarry_heap *heap = heap_with_holes(holes, RUNS + 1);
    if (heap == NULL)
        return false;
    astray->set = set_of(heap);
    astray->chunk = unit_first(heap);
    for (unsigned i = 0; i < RUNS; i++)
        astray->nodes[i] = run_node_at(astray->chunk, holes[RUNS - 1 - i].page);
    astray->other = run_node_at(astray->chunk, holes[RUNS].page);
    return CHECK_EQ(list_first(&astray->set->heads[run_class(RUN_PAGES)]), astray->nodes[0]) &&
           CHECK_EQ(list_next(&astray->set->chunks, astray->nodes[0]), astray->nodes[1]);
}

static bool next_is_valid(const struct astray *astray, unsigned node)
{
    return qi_run_next_is_valid(astray->set, astray->nodes[node], run_class(RUN_PAGES));
}

static bool node_is_valid(const struct astray *astray, unsigned node)
{
    return qi_run_node_is_valid(astray->set, astray->nodes[node], run_class(RUN_PAGES));
}

/* Words that lead to no node of the list, though some lead into the heap, or to what once was a node. */
static const void *word_astray(const struct astray *astray, unsigned number)
{
    const uint8_t *node = (const uint8_t *)astray->nodes[2];
    switch (number) {
    case 0:
        return node + UNITS_GRANULE_BYTES;
    case 1:
        return node + 1;
    case 2:
        return node + (RUN_PAGES - 1) * QUARRY_PAGE_BYTES; /* the last page of a free run */
    case 3:
        return node + QUARRY_PAGE_BYTES; /* an inner one */
    case 4:
        return node + RUN_PAGES * QUARRY_PAGE_BYTES; /* in use */
    case 5:
        return astray->other; /* of another class */
    case 6:
        return astray->set;
    case 7:
        return astray->chunk->codes - 1;
    case 8:
        return &astray->set->heads[run_class(RUN_PAGES)].first - 1;
    case 9:
        return &astray->set->heads[run_class(RUN_PAGES)].first + 1;
    case 10:
        return &astray->set->heads[run_class(OTHER_PAGES)].first;
    case 11:
        return (const void *)sizeof(void *);
    case 12:
        return (const void *)(UINTPTR_MAX & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1));
    case 13:
        return chunk_page_address(astray->chunk, astray->chunk->page_count);
    case 14:
        return astray->chunk->pages - QUARRY_PAGE_BYTES;
    default:
        return NULL;
    }
}

/* Each word leads back from where it leads to, where that may be written. */
static void write_back(const struct astray *astray, const void *word, struct list_node *node)
{
    const size_t offset = chunk_offset(astray->chunk, word);
    if (offset < units_bytes_from_pages(astray->chunk->page_count) && offset % sizeof(void *) == 0) {
        struct list_node *forged = (struct list_node *)(uintptr_t)word;
        list_store_next(&astray->set->chunks, forged, node);
        list_store_link(&astray->set->chunks, forged, &node->next);
    }
}

static void check_astray(unsigned node, unsigned number, bool forged)
{
    struct astray astray;
    if (!astray_begin(&astray))
        return;
    const void *word = word_astray(&astray, number);
    struct list_node *damaged = astray.nodes[node];
    const struct list_node kept = *damaged;
    if (forged)
        write_back(&astray, word, damaged);
    list_store_next(&astray.set->chunks, damaged, (struct list_node *)(uintptr_t)word);
    CHECK_EQ(next_is_valid(&astray, node), word == NULL);
    *damaged = kept;
    list_store_link(&astray.set->chunks, damaged, (struct list_node **)(uintptr_t)word);
    /* behind the first node, one of another list that leads back is as good: nothing is written outside free memory */
    CHECK_EQ(node_is_valid(&astray, node), node != 0 && forged && word == astray.other);
    CHECK_EQ(test_log.count, 0);
    test_memory_release();
}

TEST(test_list_link_that_leads_to_no_node_of_the_list_is_not_sound)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    for (unsigned number = 0; number <= 15 && !test_is_over(); number++)
        for (unsigned node = 0; node < 2; node++) {
            check_astray(node, number, false);
            check_astray(node, number, true);
        }
}

TEST(test_list_link_that_nothing_points_back_to_is_not_sound)
{
    struct astray astray;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!astray_begin(&astray))
        return;
    for (unsigned node = 0; node < RUNS; node++)
        CHECK(next_is_valid(&astray, node) && node_is_valid(&astray, node));
    struct list_node *second = astray.nodes[1];
    const struct list_node kept = *second;
    for (unsigned other = 0; other < RUNS; other++) {
        list_store_next(&astray.set->chunks, second, astray.nodes[other]);
        CHECK_EQ(next_is_valid(&astray, 1), other == 2);
        *second = kept;
        list_store_link(&astray.set->chunks, second, &astray.nodes[other]->next);
        CHECK_EQ(node_is_valid(&astray, 1), other == 0);
        *second = kept;
    }
    list_store_link(&astray.set->chunks, second,
                    &astray.set->heads[run_class(RUN_PAGES)].first); /* the head leads to another node */
    CHECK(!node_is_valid(&astray, 1));
    *second = kept;
}

/* Two nodes that say of each other that they are neighbours, while the head knows better. */
TEST(test_list_first_node_that_says_it_is_another_is_not_sound)
{
    struct astray astray;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!astray_begin(&astray))
        return;
    list_store_link(&astray.set->chunks, astray.nodes[0], &astray.nodes[3]->next);
    list_store_next(&astray.set->chunks, astray.nodes[3], astray.nodes[0]);
    CHECK(!node_is_valid(&astray, 0));
    list_store_next(&astray.set->chunks, astray.nodes[0], astray.nodes[0]);
    list_store_link(&astray.set->chunks, astray.nodes[0], &astray.nodes[0]->next);
    CHECK(!next_is_valid(&astray, 0));
}

TEST(test_list_across_chunks_is_valid)
{
    struct hole hole = {RUN_PAGES, 0};
    struct quarry_heap *heap = heap_with_holes(&hole, 1);
    uint8_t *region = heap == NULL ? NULL : test_memory(unit_region_bytes(8), 0);
    if (region == NULL)
        return;
    REQUIRE(quarry_add_region(heap, region, unit_region_bytes(8)));
    struct run_set *set = set_of(heap);
    struct chunk *far = &chunk_link(&set->chunks.first.next)->chunk;
    REQUIRE(take(heap, RUN_PAGES, RUN_HEAD).chunk == unit_first(heap));
    REQUIRE(take(heap, RUN_PAGES, RUN_HEAD).chunk == far && take(heap, 1, RUN_HEAD).chunk == far);
    CHECK_EQ(qi_run_free(set, far, 0, RUN_PAGES), RUN_FREED);
    CHECK_EQ(give(heap, hole.page, RUN_PAGES), RUN_FREED);
    struct list_node *near = run_node_at(unit_first(heap), hole.page);
    CHECK(list_next(&set->chunks, near) == run_node_at(far, 0));
    CHECK(qi_run_node_is_valid(set, near, run_class(RUN_PAGES)));
    CHECK(qi_run_node_is_valid(set, list_next(&set->chunks, near), run_class(RUN_PAGES)));
    CHECK(unit_settle(heap));
}

/* A word that a caller writes into a freed block may make the list's own head look like a node that points back: the
 * word before the head is its next, and the head its link. */
TEST(test_list_link_to_the_word_before_its_own_head_is_reported_by_malloc)
{
    enum { BYTES = BIN_MAX_BYTES + QUARRY_PAGE_BYTES };
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    struct quarry_heap *heap = unit_heap(4 * (BYTES / QUARRY_PAGE_BYTES + 1));
    if (heap == NULL)
        return;
    void *freed = quarry_malloc(heap, BYTES), *wall = quarry_malloc(heap, BYTES);
    REQUIRE(freed != NULL && wall != NULL);
    const size_t pages = units_pages_from_bytes(quarry_usable_size(heap, freed));
    struct list_head *head = &heap->bins.runs.heads[run_class(pages)];
    quarry_free(heap, freed);
    REQUIRE((void *)list_first(head) == freed);
    const struct list_node kept = *list_first(head);
    list_store_next(heap_chunks(heap), freed, (struct list_node *)(void *)(&head->first - 1));
    for (unsigned i = 0; i < 3; i++) {
        void *block = quarry_malloc(heap, BYTES);
        CHECK(block == NULL || (quarry_owns(heap, block) && block != wall));
        CHECK(block != freed);
    }
    CHECK(test_log.count != 0);
    CHECK_EQ(test_log.last.kind, QUARRY_CORRUPT);
    test_log.count = 0;
    *list_first(head) = kept;
    CHECK(qi_check_heap(heap));
}
