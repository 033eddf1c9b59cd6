/* SPDX-License-Identifier: MIT
 *
 * run_damage.c: damaged links of free runs are reported and change nothing.
 */
#include "unit_run.h"

/* Free runs of 2 and 3 pages, in lists of their own, with a page in use between them. */
struct damage {
    struct quarry_heap *heap;
    struct hole holes[2];
    struct list_node *nodes[2];
    uintptr_t class_mask;
    size_t free_pages;
};

static bool damage_begin(struct damage *damage)
{
    damage->holes[0].pages = 2;
    damage->holes[1].pages = 3;
    damage->heap = heap_with_holes(damage->holes, 2);
    if (damage->heap == NULL)
        return false;
    for (unsigned i = 0; i < 2; i++)
        damage->nodes[i] =
                (struct list_node *)(void *)chunk_page_address(unit_first(damage->heap), damage->holes[i].page);
    damage->class_mask = set_of(damage->heap)->class_mask;
    damage->free_pages = set_of(damage->heap)->free_pages;
    return true;
}

static void check_reported(struct damage *damage, const struct list_node *node)
{
    CHECK_EQ(test_log.last.pointer, node);
    expect_misuse(damage->heap, KIND(QUARRY_CORRUPT));
    CHECK_EQ(set_of(damage->heap)->class_mask, damage->class_mask);
    CHECK_EQ(set_of(damage->heap)->free_pages, damage->free_pages);
}

/* Every call that would follow a link of node number index, while one of its links is wrong. */
static void check_damaged(struct damage *damage, unsigned index)
{
    struct run_set *set = set_of(damage->heap);
    struct chunk *chunk = unit_first(damage->heap);
    const size_t between = damage->holes[0].page + 2;
    CHECK_EQ(qi_run_free(set, chunk, between, 1), RUN_REFUSED);
    CHECK_EQ(chunk->codes[between], PAGE_LARGE);
    check_reported(damage, damage->nodes[index]);
    if (index == 1) {
        CHECK(!qi_run_grow(set, chunk, between, 1, 2));
        check_reported(damage, damage->nodes[1]);
    }
}

TEST(test_run_damaged_link_is_reported_and_changes_nothing)
{
    struct damage damage;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!damage_begin(&damage))
        return;
    for (unsigned index = 0; index < 2; index++) {
        struct list_node *node = damage.nodes[index];
        const struct list_node kept = *node;
        list_store_next(heap_chunks(damage.heap), node, (struct list_node *)(uintptr_t)0x5a5a5a50);
        check_damaged(&damage, index);
        *node = kept;
        list_store_link(heap_chunks(damage.heap), node, &node->next);
        check_damaged(&damage, index);
        *node = kept;
    }
    CHECK(unit_settle(damage.heap));
}

TEST(test_run_damaged_node_of_free_chunk_keeps_the_chunk)
{
    struct quarry_heap *heap;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    heap = unit_heap(4);
    if (heap == NULL)
        return;
    struct list_node *node = (struct list_node *)(void *)unit_first(heap)->pages;
    const struct list_node kept = *node;
    list_store_link(heap_chunks(heap), node, NULL);
    CHECK(!qi_run_remove_chunk(set_of(heap), unit_first(heap)));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    *node = kept;
    CHECK(unit_settle(heap));
}

/* What allocating follows is only the next of the list's first run. */
TEST(test_run_take_with_damaged_next_is_reported_from_either_end)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    for (unsigned tail = 0; tail < 2; tail++)
        for (size_t pages = 1; pages <= 3; pages++) {
            struct damage damage;
            if (!damage_begin(&damage))
                return;
            const unsigned index = pages == 1 ? 0 : (unsigned)pages - 2; /* a page comes from the shorter run */
            const struct list_node kept = *damage.nodes[index];
            list_store_next(heap_chunks(damage.heap), damage.nodes[index], damage.nodes[index]);
            CHECK_EQ(take(damage.heap, pages, tail != 0 ? RUN_TAIL : RUN_HEAD).chunk, NULL);
            check_reported(&damage, damage.nodes[index]);
            *damage.nodes[index] = kept;
            CHECK(unit_settle(damage.heap));
            test_memory_release();
        }
}

TEST(test_run_search_with_damaged_node_is_reported_and_finds_none)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    for (unsigned place = 0; place < 3 && !test_is_over(); place++) {
        struct hole holes[] = {{11, 0}, {9, 0}, {9, 0}}; /* the long one is the last of the list */
        struct quarry_heap *heap = heap_with_holes(holes, 3);
        if (heap == NULL)
            return;
        struct list_node *node =
                (struct list_node *)(void *)chunk_page_address(unit_first(heap), holes[2 - place].page);
        const struct list_node kept = *node;
        const uintptr_t class_mask = set_of(heap)->class_mask;
        list_store_next(heap_chunks(heap), node, (struct list_node *)(uintptr_t)0x5a5a5a50);
        CHECK_EQ(take(heap, 11, RUN_HEAD).chunk, NULL);
        CHECK_EQ(test_log.last.pointer, node);
        expect_misuse(heap, KIND(QUARRY_CORRUPT));
        CHECK_EQ(set_of(heap)->class_mask, class_mask);
        CHECK_EQ(set_of(heap)->free_pages, 29);
        *node = kept;
        CHECK_EQ(take(heap, 11, RUN_HEAD).page, holes[0].page);
        CHECK(unit_settle(heap));
        test_memory_release();
    }
}
