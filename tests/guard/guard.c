/* SPDX-License-Identifier: MIT
 *
 * guard.c: guarded control data of which one word or two were damaged on purpose. tests/table/flips.c changes each bit;
 * here is what no single bit can do, and what is easier said than waited for. Whoever meets the damage reports it or
 * leaves everything as it is; put right, the heap is whole.
 *
 * From check level 2. Calls layers directly where the API looks at the same word before.
 */
#include "quarry/emalloc.h"
#include "test_source.h"

#include "../unit/unit.h"

#define GUARDED(name)                                                                                                  \
    static void name##_body(void);                                                                                     \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        if (QUARRY_CHECK_LEVEL < 2)                                                                                    \
            SKIP("control data is guarded from check level 2 on");                                                     \
        name##_body();                                                                                                 \
        test_log.count = 0;                                                                                            \
    }                                                                                                                  \
    static void name##_body(void)

enum { REGION_PAGES = 40 };

#if QUARRY_CHECK_LEVEL >= 2

static void expect_report(void)
{
    CHECK(test_log.count != 0);
    test_log.count = 0;
}

static void expect_whole(struct quarry_heap *heap)
{
    CHECK_EQ(test_log.count, 0);
    CHECK(quarry_check(heap));
}

static size_t bytes_of_pages(size_t pages)
{
    return units_bytes_from_pages(pages) - DEBUG_BEHIND_BYTES;
}

static struct control_map_word *map_of(struct chunk *chunk, size_t page)
{
    return control_word_at(chunk->maps, page);
}

/* A large block that no bin holds. */
static void *take_large(struct quarry_heap *heap)
{
    return quarry_malloc(heap, bytes_of_pages(1 + (BIN_MAX_BYTES >> UNITS_PAGE_SHIFT)));
}

/* --- the hot chunk --- */

/* Gives a block back while the word is damaged, which is reported; then as it should be. */
static void give_with_damage(struct quarry_heap *heap, void *block, uintptr_t *word, uintptr_t value)
{
    const uintptr_t right = *word;
    *word = value;
    quarry_free(heap, block);
    expect_report();
    *word = right;
    CHECK(quarry_owns(heap, block));
    expect_whole(heap);
}

GUARDED(test_guard_reports_damaged_length_when_pages_are_given)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    struct chunk *first = &heap_chunks(heap)->first;
    uint8_t *block = take_large(heap);
    REQUIRE(block != NULL);
    if (DEBUG_FILLS)
        return;
    const size_t page = chunk_offset(first, block) >> UNITS_PAGE_SHIFT;
    give_with_damage(heap, block, &map_of(first, page)->value, 0);
    give_with_damage(heap, block, &map_of(first, page)->value, CONTROL_LENGTH_FACTOR * 1000);
}

/* The gate says of one chunk what it says, and leads to another. */
GUARDED(test_guard_reports_gate_that_leads_to_another_chunk)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    void *region = heap == NULL || DEBUG_FILLS ? NULL : test_memory(unit_region_bytes(REGION_PAGES), 0);
    if (region == NULL)
        return;
    uint8_t *block = take_large(heap);
    REQUIRE(block != NULL && quarry_add_region(heap, region, unit_region_bytes(REGION_PAGES)));
    struct control_pages **pages = &heap_source(heap)->hot.pages, *const right = *pages;
    *pages = &chunk_link(&unit_first(heap)->next)->chunk.at;
    CHECK(!quarry_check(heap));
    expect_report();
    *pages = right;
    expect_whole(heap);
}

/* What the hot limits say is enough to free a slot of a run with others; the chunk itself is asked for all else. */
GUARDED(test_guard_frees_only_slots_while_hot_chunk_is_damaged)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL || DEBUG_FILLS)
        return;
    struct chunk *first = &heap_chunks(heap)->first;
    struct control_pages **pages = &heap_source(heap)->hot.pages;
    void *large = take_large(heap), *small = quarry_malloc(heap, 24), *other = quarry_malloc(heap, 24);
    REQUIRE(large != NULL && small != NULL && other != NULL);
    first->page_count++;
    quarry_free(heap, small);
    CHECK_EQ(test_log.count, 0);
    quarry_free(heap, large);
    expect_report();
    first->page_count--;
    CHECK(quarry_owns(heap, large) && !quarry_owns(heap, small));
    *pages = (struct control_pages *)8;
    quarry_free(heap, large);
    expect_report();
    *pages = &first->at;
    CHECK(quarry_owns(heap, large));
    quarry_free(heap, large);
    expect_whole(heap);
}

GUARDED(test_guard_reports_damaged_run_when_slots_are_given)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL || DEBUG_FILLS)
        return;
    void *only = quarry_malloc(heap, 100);
    const struct heap_block found_only = unit_find(heap, only);
    uintptr_t *rest = &control_map_at(bin_run_map(&found_only.run))->rest;
    give_with_damage(heap, only, rest, *rest + 1); /* its run's last slot */
    void *block = quarry_malloc(heap, 8);
    while (small_has_slot(&heap->bins, 0))
        quarry_malloc(heap, 8); /* its run is full */
    const struct heap_block found = unit_find(heap, block);
    struct control_map *map = control_map_at(bin_run_map(&found.run));
    give_with_damage(heap, block, &map->rest, map->rest + 1);
}

/* The gate's number of pages has the edge behind them in it. */
GUARDED(test_guard_no_block_begins_behind_the_hot_chunk)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    quarry_free(heap, chunk_page_address(unit_first(heap), unit_first(heap)->page_count));
    CHECK_EQ(test_log.last.kind, QUARRY_INVALID_POINTER);
    CHECK_EQ(test_log.count, 1);
    test_log.count = 0;
    expect_whole(heap);
}

/* --- free runs --- */

GUARDED(test_guard_reports_damaged_neighbours)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    struct chunk *first = &heap_chunks(heap)->first;
    void *before = take_large(heap), *block = take_large(heap), *after = take_large(heap), *last = take_large(heap);
    REQUIRE(last != NULL);
    const size_t page = chunk_offset(first, block) >> UNITS_PAGE_SHIFT;
    quarry_free(heap, after);
    const size_t pages = control_length_at_start(first->maps, page);
    struct control_map_word *map = map_of(first, page + pages);
    const uintptr_t right = map->value;
    map->value ^= 1;
    CHECK(!quarry_resize(heap, block, bytes_of_pages(pages + 1)));
    expect_report();
    map->value = right;
    expect_whole(heap);
    quarry_free(heap, before);
    map = map_of(first, page - 1);
    const uintptr_t length = map->value;
    map->value = 0;
    quarry_free(heap, block);
    expect_report();
    map->value = length;
    expect_whole(heap);
    quarry_free(heap, block);
    expect_whole(heap);
}

/* A damaged mask of classes is reported, and made again from the lists. */
static void take_with_mask(struct quarry_heap *heap, uintptr_t mask)
{
    struct run_set *set = &heap->bins.runs;
    const uintptr_t right = set->class_mask;
    set->class_mask = mask;
    CHECK(qi_large_allocate(set, 1) == NULL);
    expect_report();
    CHECK_EQ(set->class_mask, right);
    expect_whole(heap);
}

GUARDED(test_guard_reports_damaged_classes)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    struct run_set *set = &heap->bins.runs;
    take_with_mask(heap, (uintptr_t)1 << (BITS_WORD - 1));                     /* no such class */
    take_with_mask(heap, (uintptr_t)1 << (bits_highest(set->class_mask) - 1)); /* without a run */
    uintptr_t *head = (uintptr_t *)(void *)&set->heads[bits_highest(set->class_mask)].first;
    for (unsigned bit = 0; bit < BITS_WORD; bit++) {
        *head ^= (uintptr_t)1 << bit;
        CHECK(qi_large_allocate(set, 1) == NULL);
        expect_report();
        *head ^= (uintptr_t)1 << bit;
    }
    expect_whole(heap);
}

GUARDED(test_guard_knows_no_free_chunk_where_none_is)
{
    static struct test_source source;
    if (!test_source_init(&source, 8 * SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL && quarry_malloc(heap, 2 * SMALLEST_CHUNK_BYTES) != NULL);
    struct added_chunk *huge = chunk_link(&heap_chunks(heap)->first.next);
    CHECK(!qi_run_chunk_is_free(&huge->chunk));
    CHECK(qi_run_chunk_is_free(&heap_chunks(heap)->first));
    heap_chunks(heap)->first.seal++;
    CHECK(!qi_run_chunk_is_free(&heap_chunks(heap)->first));
    heap_chunks(heap)->first.seal--;
    expect_whole(heap);
    quarry_destroy(heap);
}

/* --- added chunks --- */

GUARDED(test_guard_leaves_chunk_whose_links_are_damaged)
{
    static struct test_source source;
    if (!test_source_init(&source, 16 * SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL);
    struct chunk_set *set = heap_chunks(heap);
    void *blocks[3];
    for (unsigned i = 0; i < 3; i++)
        blocks[i] = quarry_malloc(heap, 2 * SMALLEST_CHUNK_BYTES);
    REQUIRE(blocks[2] != NULL);
    for (struct added_chunk *added = chunk_link(&set->first.next); added != NULL;
         added = chunk_link(&added->chunk.next)) {
        uintptr_t *const words[] = {&added->link_check, (uintptr_t *)(void *)&added->chunk.next,
                                    (uintptr_t *)(void *)&set->root, (uintptr_t *)(void *)added->link};
        for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
            ++*words[i];
            CHECK(!qi_chunk_remove(set, added));
            expect_report();
            --*words[i];
        }
        ++added->link_check;
        CHECK(!quarry_resize(heap, added->chunk.pages, SMALLEST_CHUNK_BYTES));
        expect_report();
        --added->link_check;
    }
    expect_whole(heap);
    quarry_destroy(heap);
    CHECK_EQ(source.granted_bytes, 0);
}

/* Two neighbours, so that the second makes the root decide by a higher bit. The first, alone, has a damaged link to
 * what is below: it stays where it is, and both are found. */
GUARDED(test_guard_tree_rises_above_damaged_chunk)
{
    enum { BYTES = 1024 };
    unsigned char *memory = test_memory_aligned((size_t)2 * BYTES, (size_t)2 * BYTES);
    if (memory == NULL)
        return;
    struct added_chunk *first = (void *)memory, *second = (void *)(memory + BYTES);
    uintptr_t *const words[] = {(uintptr_t *)(void *)&first->low, (uintptr_t *)(void *)&first->high};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        struct chunk_set set = {.chunk_count = 1, .source.hot.pages = &set.first.at};
        first->chunk.bytes = second->chunk.bytes = BYTES;
        chunk_set_origin(first, first, true, 0);
        chunk_set_origin(second, second, true, 0);
        qi_chunk_insert(&set, first);
        const unsigned bit = chunk_link(&set.root)->bit;
        ++*words[i];
        qi_chunk_insert(&set, second);
        CHECK(chunk_link(&set.root)->bit > bit);
        REQUIRE(chunk_link(&first->low) != first && chunk_link(&first->high) != first); /* a way without an end */
        CHECK_EQ(qi_chunk_find_added(&set, memory), first);
        CHECK_EQ(qi_chunk_find_added(&set, memory + (size_t)2 * BYTES - 1), second);
    }
}

GUARDED(test_guard_keeps_damaged_spare_chunk)
{
    static struct test_source source;
    if (!test_source_init(&source, 16 * SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL && quarry_malloc(heap, largest_free_bytes(heap)) != NULL);
    void *block = quarry_malloc(heap, SMALLEST_CHUNK_BYTES / 2);
    REQUIRE(block != NULL);
    struct added_chunk *added = chunk_link(&heap_chunks(heap)->first.next);
    quarry_free(heap, block);
    ++added->link_check;
    CHECK_EQ(quarry_trim(heap), 0);
    expect_report();
    --added->link_check;
    quarry_destroy(heap);
    CHECK_EQ(source.granted_bytes, 0);
}

GUARDED(test_guard_calls_no_damaged_release_when_a_heap_ends)
{
    static struct test_source source;
    if (!test_source_init(&source, 4 * SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL);
    heap_source(heap)->seal++;
    quarry_destroy(heap);
    CHECK_EQ(source.releases, 0);
    heap_source(heap)->seal--;
    test_log.count = 0;
    quarry_destroy(heap);
    CHECK_EQ(source.granted_bytes, 0);
}

static bool refuse(void *context, struct quarry_heap *heap, size_t bytes)
{
    (void)context, (void)heap, (void)bytes;
    return false;
}

GUARDED(test_guard_does_not_call_on_oom_with_damaged_context)
{
    void *region = test_memory(unit_region_bytes(REGION_PAGES), 0);
    if (region == NULL)
        return;
    struct quarry_options options = test_options();
    options.on_oom = refuse;
    struct quarry_heap *heap = quarry_create(region, unit_region_bytes(REGION_PAGES), &options);
    REQUIRE(heap != NULL);
    struct reporter *guard = &heap_source(heap)->reporter;
    guard->seal++;
    CHECK(quarry_malloc(heap, units_bytes_from_pages(2 * REGION_PAGES)) == NULL);
    expect_report();
    guard->seal--;
    heap->on_oom_check++;
    CHECK(quarry_malloc(heap, units_bytes_from_pages(2 * REGION_PAGES)) == NULL);
    expect_report();
    heap->on_oom_check--;
    expect_whole(heap);
}

/* What the hot limits say agrees, but it is not the chunk that they say. */
GUARDED(test_guard_check_finds_hot_limits_of_another_chunk)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    struct hot_limits *hot = &heap_source(heap)->hot;
    uintptr_t *const words[] = {(uintptr_t *)(void *)&hot->copy.pages, &hot->copy.page_count,
                                (uintptr_t *)(void *)&hot->copy.codes, (uintptr_t *)(void *)&hot->copy.maps};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        ++*words[i], ++hot->seal;
        CHECK(!quarry_check(heap));
        expect_report();
        --*words[i], --hot->seal;
    }
    expect_whole(heap);
}

/* Its owner wrote behind it, but it is still his. */
GUARDED(test_guard_block_beside_overrun_is_owned)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    unsigned char *block = quarry_malloc(heap, 100);
    REQUIRE(block != NULL);
    if (!DEBUG_FILLS)
        return;
    const size_t usable = quarry_usable_size(heap, block);
    block[usable] ^= 1;
    CHECK(quarry_owns(heap, block));
    test_log.count = 0;
    block[usable] ^= 1;
    expect_whole(heap);
}

/* A request that only some runs of a class fit, of which the first does not: one behind it may. */
GUARDED(test_guard_reports_damaged_run_among_runs_of_a_class)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    struct run_set *set = &heap->bins.runs;
    REQUIRE(run_class(9) == run_class(11) && qi_large_allocate(set, set->free_pages - 9) != NULL);
    struct list_node *node = list_first(&set->heads[run_class(9)]);
    REQUIRE(node != NULL && qi_large_allocate(set, 11) == NULL && test_log.count == 0);
    node->next = (struct list_node *)((uintptr_t)node->next ^ 64);
    CHECK(qi_large_allocate(set, 11) == NULL);
    expect_report();
    node->next = (struct list_node *)((uintptr_t)node->next ^ 64);
    CHECK(qi_large_allocate(set, 9) == node);
    CHECK_EQ(test_log.count, 0);
}

/* Given back all the same: there is a slower way to find a block. */
GUARDED(test_guard_hot_path_of_efree_does_without_damaged_hot_limits)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    zend_mm_set_heap(heap);
    void *block = emalloc(24);
    heap_source(heap)->hot.copy.page_count++;
    efree_size(block, 24);
    CHECK(!quarry_owns(heap, block));
    zend_mm_set_heap(NULL);
    expect_whole(heap);
}

/* Served all the same, from pages of its own. */
GUARDED(test_guard_hot_path_of_emalloc_does_without_damaged_bin)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL || DEBUG_FILLS)
        return;
    zend_mm_set_heap(heap);
    struct bin *bin = &heap->bins.bins[bin_of_bytes(24)];
    void *first = emalloc(24);
    bin->map_check ^= 64;
    void *second = emalloc(24);
    CHECK(second != NULL && unit_find(heap, second).kind == QUARRY_LARGE);
    expect_report();
    bin->map_check ^= 64;
    efree(second);
    efree(first);
    zend_mm_set_heap(NULL);
    expect_whole(heap);
}

/* While a callback runs the hot limits serve nothing, whatever one bit of them says. */
GUARDED(test_guard_closed_hot_limits_serve_nothing_after_a_flip)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    struct source *source = heap_source(heap);
    struct hot_limits open;
    qi_source_close_hot(source, &open);
    CHECK(source_is_busy(source));
    CHECK_EQ(source->hot.bytes, 0);
    typedef uintptr_t __attribute__((may_alias)) word_t;
    word_t *words = (word_t *)(void *)&source->hot.copy;
    for (unsigned bit = 0; bit < (sizeof source->hot.copy + sizeof(uintptr_t)) * 8; bit++) {
        words[bit / BITS_WORD] ^= (uintptr_t)1 << (bit % BITS_WORD);
        CHECK(control_hot_pages(&source->hot) == NULL);
        words[bit / BITS_WORD] ^= (uintptr_t)1 << (bit % BITS_WORD);
    }
    qi_source_open_hot(source, &open);
    CHECK(!source_is_busy(source));
    expect_whole(heap);
}

/* With small pages and wide guarded codes the control data of a page is longer than the page. */
GUARDED(test_guard_no_page_fits_where_its_control_data_does_not)
{
    CHECK_EQ(qi_chunk_pages_that_fit(QUARRY_PAGE_BYTES), 0);
    CHECK_EQ(qi_chunk_pages_that_fit(CHUNK_CONTROL_BYTES(1) + QUARRY_PAGE_BYTES - 1), 0);
    CHECK(qi_chunk_pages_that_fit(CHUNK_CONTROL_BYTES(1) + 2 * QUARRY_PAGE_BYTES) != 0);
}

/* A page of a large block says that a run starts there. */
GUARDED(test_guard_check_finds_start_inside_large_block)
{
    struct quarry_heap *heap = unit_heap(REGION_PAGES);
    if (heap == NULL)
        return;
    struct chunk *first = &heap_chunks(heap)->first;
    void *block = take_large(heap);
    REQUIRE(block != NULL);
    page_code_t *code = &first->codes[(chunk_offset(first, block) >> UNITS_PAGE_SHIFT) + 1];
    *code = (page_code_t)(PAGE_SMALL | BIN_SHAPE_INDEX(0, 0));
    CHECK(!quarry_check(heap));
    expect_report();
    *code = PAGE_NOTHING;
    expect_whole(heap);
}

#endif
