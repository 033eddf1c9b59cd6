/* SPDX-License-Identifier: MIT
 *
 * check_lists.c: what the check finds by the lists, the tree of chunks and the figures alone. From check level 1 a link
 * that points at the wrong place is found by itself, before its list is; at level 0, where links are believed, the
 * lists must tell.
 */
#include "unit.h"

#include "test_source.h"

#define LARGE_BYTES (BIN_MAX_BYTES + 1)

static void expect_damage(struct quarry_heap *heap)
{
    CHECK(!qi_check_heap(heap));
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
}

/* Two free runs that large blocks keep apart, neither of which is the rest of the heap, and a listed run of small
 * blocks. */
static struct quarry_heap *heap_with_lists(void *blocks[5])
{
    struct quarry_heap *heap = unit_heap(12 * (BIN_MAX_BYTES / QUARRY_PAGE_BYTES + 1));
    if (heap == NULL)
        return NULL;
    for (unsigned i = 0; i < 5; i++)
        blocks[i] = quarry_malloc(heap, i == 3 ? 2 * LARGE_BYTES : LARGE_BYTES);
    CHECK(blocks[4] != NULL);
    quarry_free(heap, blocks[1]);
    quarry_free(heap, blocks[3]);
    CHECK(qi_check_heap(heap));
    return heap;
}

static struct list_node *node_of(void *block)
{
    return block;
}

/* Each of these nodes instead of the one that follows; links are believed. */
static void expect_wrong_next(struct quarry_heap *heap, struct list_node *node, void *wrong)
{
    struct list_node *const next = list_next(heap_chunks(heap), node);
    list_store_next(heap_chunks(heap), node, wrong);
    expect_damage(heap);
    list_store_next(heap_chunks(heap), node, next);
    CHECK(qi_check_heap(heap));
}

TEST(test_check_lists_find_node_that_is_no_free_run)
{
    static struct list_node outside;
    void *blocks[5];
    struct quarry_heap *heap = heap_with_lists(blocks);
    if (heap == NULL)
        return;
    if (QUARRY_CHECK_LEVEL != 0)
        SKIP("links are checked by themselves");
    test_fill(blocks[0], LARGE_BYTES, 0);
    list_store_next(heap_chunks(heap), node_of(blocks[0]), NULL);
    list_store_next(heap_chunks(heap), &outside, NULL);
    expect_wrong_next(heap, node_of(blocks[1]), &outside);
    expect_wrong_next(heap, node_of(blocks[1]), heap);      /* in front of the pages */
    expect_wrong_next(heap, node_of(blocks[1]), blocks[0]); /* a live block */
    expect_wrong_next(heap, node_of(blocks[1]), blocks[3]); /* of another class */
    expect_wrong_next(heap, node_of(blocks[1]), blocks[1]); /* without end */
    const size_t bytes = unit_region_bytes(4);
    void *region = test_memory(bytes, 0);
    if (region == NULL)
        return;
    REQUIRE(quarry_add_region(heap, region, bytes));
    expect_wrong_next(heap, node_of(blocks[1]),
                      chunk_link(&heap_chunks(heap)->first.next)); /* in front of another chunk's pages */
}

TEST(test_check_lists_find_node_that_is_no_run_with_room)
{
    static struct list_node outside;
    const unsigned bin = bin_of_bytes(2 * UNITS_GRANULE_BYTES);
    struct quarry_heap *heap = unit_heap(40);
    void *first, *last;
    if (heap == NULL)
        return;
    if (QUARRY_CHECK_LEVEL != 0)
        SKIP("links are checked by themselves");
    first = last = quarry_malloc(heap, 2 * UNITS_GRANULE_BYTES);
    while (small_has_slot(&heap->bins, bin))
        last = quarry_malloc(heap, 2 * UNITS_GRANULE_BYTES);
    REQUIRE(quarry_malloc(heap, 2 * UNITS_GRANULE_BYTES) != NULL && last != first);
    quarry_free(heap, first);
    struct list_head *room = &heap->bins.rooms[bin];
    struct list_node *node = list_first(room);
    REQUIRE(node == first && list_next(heap_chunks(heap), node) == NULL);
    CHECK(qi_check_heap(heap));
    expect_wrong_next(heap, node, &outside); /* one too many */
    list_set_first(room, NULL);              /* one too few */
    expect_damage(heap);
    list_set_first(room, &outside);
    expect_damage(heap);
    list_set_first(room, (struct list_node *)(void *)heap);
    expect_damage(heap);
    list_set_first(room, node);
    CHECK(qi_check_heap(heap));
    const size_t bytes = unit_region_bytes(4);
    void *region = test_memory(bytes, 0);
    if (region == NULL)
        return;
    REQUIRE(quarry_add_region(heap, region, bytes));
    list_set_first(room, (struct list_node *)(void *)chunk_link(
                                 &heap_chunks(heap)->first.next)); /* in front of another chunk's pages */
    expect_damage(heap);
    list_set_first(room, node);
    CHECK(qi_check_heap(heap));
}

/* All its slots at once: then it should have been given back. */
TEST(test_check_lists_find_listed_run_without_a_block)
{
    const unsigned bin = bin_of_bytes(2 * UNITS_GRANULE_BYTES);
    struct quarry_heap *heap = unit_heap(40);
    if (heap == NULL)
        return;
    if (QUARRY_CHECK_LEVEL >= 2)
        SKIP("lists are mixed with a secret");
    void *first = quarry_malloc(heap, 2 * UNITS_GRANULE_BYTES);
    while (small_has_slot(&heap->bins, bin))
        quarry_malloc(heap, 2 * UNITS_GRANULE_BYTES);
    REQUIRE(quarry_malloc(heap, 2 * UNITS_GRANULE_BYTES) != NULL);
    quarry_free(heap, first);
    const struct bin_run run = unit_find(heap, (uint8_t *)first + 2 * UNITS_GRANULE_BYTES).run;
    const unsigned unused_bits = bin_unused_bits(bin_shape_of(run.code));
    uint8_t *map = bin_run_map(&run);
    const uintptr_t word = control_map_load(map, unused_bits);
    control_map_store(map, unused_bits, word | UINTPTR_MAX >> unused_bits, bin_tag(bin_run_start(&run), unused_bits));
    expect_damage(heap);
    control_map_store(map, unused_bits, word, bin_tag(bin_run_start(&run), unused_bits));
    CHECK(qi_check_heap(heap));
}

/* Chunks are in a list and in a tree. */
static void expect_missing_in_tree(bool is_huge)
{
    struct test_source source;
    if (!unit_source_fits() || !test_source_init(&source, 4 * SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL);
    CHECK(is_huge || quarry_malloc(heap, largest_free_bytes(heap)) != NULL);
    CHECK(quarry_malloc(heap, is_huge ? 2 * SMALLEST_CHUNK_BYTES : SMALLEST_CHUNK_BYTES / 2) != NULL);
    struct added_chunk *root = heap_chunks(heap)->root;
    REQUIRE(root != NULL);
    heap_chunks(heap)->root = NULL;
    expect_damage(heap);
    heap_chunks(heap)->root = root;
    CHECK(qi_check_heap(heap));
    quarry_destroy(heap);
}

TEST(test_check_lists_find_chunk_that_is_not_in_the_tree)
{
    expect_missing_in_tree(false);
}

TEST(test_check_lists_find_huge_block_that_is_not_in_the_tree)
{
    expect_missing_in_tree(true);
}

TEST(test_check_finds_peak_that_was_passed_without_figures_too)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    const size_t below_peak_bytes = heap->below_peak_bytes;
    heap->below_peak_bytes = heap->used_peak_bytes + 1;
    expect_damage(heap);
    heap->below_peak_bytes = below_peak_bytes;
    CHECK(qi_check_heap(heap));
}
