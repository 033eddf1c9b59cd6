/* SPDX-License-Identifier: MIT
 *
 * heap.c: which layer serves a request and with how many bytes, when realloc stays and when it moves, and a
 * heap's life with chunks that come and go. The calls are the heap layer's, under the public functions; each is
 * followed by the check of the whole heap, figures included.
 */
#include "../../src/heap.h"

#include "../../src/bytes.h"
#include "test_source.h"
#include "unit.h"

static void *take(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    void *block = qi_heap_allocate(heap, bytes, align_bytes);
    CHECK(qi_check_heap(heap));
    return block;
}

static void give(struct quarry_heap *heap, void *block)
{
    const struct heap_block found = unit_find(heap, block);
    qi_heap_free(heap, &found);
    CHECK(qi_check_heap(heap));
}

static void *realloc_block(struct quarry_heap *heap, void *block, size_t bytes, size_t align_bytes)
{
    struct heap_block found = unit_find(heap, block);
    const size_t old_bytes = qi_heap_whole_bytes(&found);
    void *place = qi_heap_place(heap, &found, block, bytes, align_bytes);
    CHECK(qi_check_heap(heap));
    if (place != NULL && place != block) { /* both are live until the contents are copied */
        CHECK(quarry_owns(heap, block) && quarry_owns(heap, place));
        qi_bytes_copy(place, block, bytes < old_bytes ? bytes : old_bytes);
        give(heap, block);
    }
    return place;
}

static struct quarry_heap *heap_on_source(struct test_source *source, size_t chunks)
{
    if (!unit_source_fits() || !test_source_init(source, chunks * SMALLEST_CHUNK_BYTES))
        return NULL;
    return test_source_heap(source);
}

static size_t chunk_bytes_usable(struct quarry_heap *heap)
{
    return units_bytes_from_pages(
            qi_chunk_pages_that_fit(heap_sourced(heap)->chunk_bytes - sizeof(struct added_chunk)));
}

/* --- sizes --- */

TEST(test_heap_good_bytes_is_what_a_block_has)
{
    struct quarry_heap *heap = unit_heap(4 + 2 * BIN_MAX_BYTES / QUARRY_PAGE_BYTES +
                                         qi_bin_shapes[bin_shape_index(0, BIN_COUNT - 1)].pages);
    if (heap == NULL)
        return;
    const size_t step = 1 + BIN_MAX_BYTES / 128 / TEST_SCALE;
    for (size_t bytes = 0; bytes < 2 * BIN_MAX_BYTES && !test_is_over(); bytes += step) {
        void *block = take(heap, bytes, 1);
        REQUIRE(block != NULL);
        const struct heap_block found = unit_find(heap, block);
        CHECK(qi_heap_whole_bytes(&found) >= bytes);
        CHECK_EQ(qi_heap_whole_bytes(&found), qi_heap_good_bytes(heap, bytes));
        CHECK_EQ(found.kind, bytes <= BIN_MAX_BYTES ? QUARRY_SMALL : QUARRY_LARGE);
        give(heap, block);
    }
    CHECK(qi_run_chunk_is_free(unit_first(heap)));
}

TEST(test_heap_good_bytes_on_source_is_what_large_and_huge_blocks_have)
{
    struct test_source source;
    struct quarry_heap *heap = heap_on_source(&source, 5);
    if (heap == NULL)
        return;
    const size_t most = chunk_bytes_usable(heap);
    const size_t sizes[] = {most - 1, most, most + 1, SMALLEST_CHUNK_BYTES, 2 * SMALLEST_CHUNK_BYTES + 1};
    for (unsigned i = 0; i < 5 && !test_is_over(); i++) {
        void *block = take(heap, sizes[i], 1);
        REQUIRE(block != NULL);
        const struct heap_block found = unit_find(heap, block);
        CHECK_EQ(qi_heap_whole_bytes(&found), qi_heap_good_bytes(heap, sizes[i]));
        CHECK_EQ(found.kind, sizes[i] <= most ? QUARRY_LARGE : QUARRY_HUGE);
        give(heap, block);
    }
    check_source(&source, heap);
}

/* --- locating --- */

TEST(test_heap_locate_accepts_just_starts_of_live_blocks)
{
    struct quarry_heap *heap;
    void *live[12];
    unsigned count = 0, found_count = 0;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("pointers are not checked");
    heap = unit_heap(24);
    if (heap == NULL)
        return;
    for (; count < 12; count++)
        live[count] = take(heap, count < 9 ? 1 + count * UNITS_GRANULE_BYTES / 2 : BIN_MAX_BYTES + 1, 1);
    for (unsigned i = 0; i < 12; i += 3)
        if (live[i] != NULL)
            give(heap, live[i]);
    const uint8_t *at = (const uint8_t *)heap;
    for (; at < chunk_page_address(unit_first(heap), unit_first(heap)->page_count); at++) {
        struct heap_block found = {.kind = QUARRY_SMALL};
        bool is_live = false;
        for (unsigned i = 0; i < 12; i++)
            is_live |= i % 3 != 0 && at == live[i];
        if ((qi_heap_locate(heap, at, 1, &found) == 0) != is_live)
            CHECK_EQ(at, NULL); /* says which place is taken for what it is not */
        found_count += is_live;
    }
    CHECK(QUARRY_STATS == 0 || found_count == heap_live_blocks(heap));
}

/* --- taking --- */

TEST(test_heap_take_aligned_is_aligned_and_served_from_bins_where_it_can)
{
    const size_t left = test_memory_left();
    struct quarry_heap *heap = test_heap(left < 100000 ? left : 100000, 8);
    if (heap == NULL)
        return;
    for (size_t align_bytes = 1; align_bytes <= 16384; align_bytes *= 2)
        for (size_t bytes = 0; bytes <= 3 * QUARRY_PAGE_BYTES && !test_is_over(); bytes += 1 + QUARRY_PAGE_BYTES / 7) {
            void *block = take(heap, bytes, align_bytes);
            if (block == NULL) {
                CHECK(2 * align_bytes + bytes > units_bytes_from_pages(unit_first(heap)->page_count) / 2);
                continue;
            }
            const struct heap_block found = unit_find(heap, block);
            CHECK_EQ((uintptr_t)block & (align_bytes - 1), 0);
            CHECK(qi_heap_whole_bytes(&found) >= bytes);
            if (align_bytes <= QUARRY_ALIGN_BYTES && bytes <= BIN_MAX_BYTES / 2)
                CHECK_EQ(found.kind, QUARRY_SMALL);
            give(heap, block);
        }
    CHECK(qi_run_chunk_is_free(unit_first(heap)));
}

TEST(test_heap_take_small_without_room_for_a_run_gets_a_page)
{
    struct quarry_heap *heap = unit_heap(10);
    if (heap == NULL)
        return;
    void *most = take(heap, (heap->bins.runs.free_pages - 1) << UNITS_PAGE_SHIFT, 1);
    void *last = take(heap, 1, 1);
    REQUIRE(most != NULL && last != NULL);
    CHECK_EQ(unit_find(heap, last).kind, QUARRY_LARGE);
    CHECK_EQ(heap->bins.runs.free_pages, 0);
    CHECK_EQ(take(heap, 1, 1), NULL);
    give(heap, last);
    give(heap, most);
}

/* --- changing --- */

TEST(test_heap_realloc_small_within_its_bin_stays)
{
    struct quarry_heap *heap = unit_heap(12);
    if (heap == NULL)
        return;
    void *block = take(heap, 2 * UNITS_GRANULE_BYTES, 1);
    const struct heap_block found = unit_find(heap, block);
    const size_t usable_bytes = qi_heap_whole_bytes(&found);
    for (size_t bytes = usable_bytes; bin_of_bytes(bytes) == bin_of_bytes(usable_bytes); bytes--)
        CHECK_EQ(realloc_block(heap, block, bytes, 1), block);
}

TEST(test_heap_realloc_small_to_other_bin_or_pages_moves_and_keeps_contents)
{
    struct quarry_heap *heap = unit_heap(20 + 3 * BIN_MAX_BYTES / QUARRY_PAGE_BYTES);
    if (heap == NULL)
        return;
    uint8_t *block = take(heap, 3 * UNITS_GRANULE_BYTES, 1);
    test_fill(block, 3 * UNITS_GRANULE_BYTES, 4);
    uint8_t *larger = realloc_block(heap, block, 6 * UNITS_GRANULE_BYTES, 1);
    CHECK(larger != NULL && larger != block && test_is_filled(larger, 3 * UNITS_GRANULE_BYTES, 4));
    uint8_t *pages = realloc_block(heap, larger, BIN_MAX_BYTES + 1, 1);
    REQUIRE(pages != NULL && pages != larger);
    CHECK(test_is_filled(pages, 3 * UNITS_GRANULE_BYTES, 4));
    CHECK_EQ(unit_find(heap, pages).kind, QUARRY_LARGE);
    uint8_t *smallest = realloc_block(heap, pages, UNITS_GRANULE_BYTES, 1);
    REQUIRE(smallest != NULL && smallest != pages);
    CHECK(test_is_filled(smallest, UNITS_GRANULE_BYTES, 4));
    CHECK_EQ(unit_find(heap, smallest).kind, QUARRY_SMALL);
    CHECK_EQ(heap_live_blocks(heap), QUARRY_STATS);
}

TEST(test_heap_realloc_large_grows_in_place_or_moves_past_used_pages)
{
    const size_t unit = bits_round_up(BIN_MAX_BYTES + 1, QUARRY_PAGE_BYTES);
    struct quarry_heap *heap = unit_heap(8 * units_pages_from_bytes(unit));
    if (heap == NULL)
        return;
    uint8_t *block = take(heap, unit, 1);
    CHECK_EQ(realloc_block(heap, block, 2 * unit, 1), block);
    test_fill(block, 2 * unit, 3);
    uint8_t *behind = take(heap, unit, 1);
    CHECK_EQ(behind, block + 2 * unit);
    uint8_t *moved = realloc_block(heap, block, 3 * unit, 1);
    CHECK(moved != NULL && moved != block);
    CHECK(test_is_filled(moved, 2 * unit, 3));
    CHECK_EQ(realloc_block(heap, moved, unit, 1), moved);
    CHECK(test_is_filled(moved, unit, 3));
    CHECK_EQ(heap_used_bytes(heap), 2 * unit * QUARRY_STATS);
}

TEST(test_heap_realloc_without_memory_fails_up_and_stays_down)
{
    struct quarry_heap *heap = unit_heap(4 + BIN_MAX_BYTES / QUARRY_PAGE_BYTES);
    if (heap == NULL)
        return;
    const size_t all = heap->bins.runs.free_pages << UNITS_PAGE_SHIFT;
    void *block = take(heap, all, 1);
    REQUIRE(block != NULL);
    CHECK_EQ(realloc_block(heap, block, all + 1, 1), NULL);
    CHECK_EQ(heap_used_bytes(heap), all * QUARRY_STATS);
    CHECK_EQ(realloc_block(heap, block, 1, 1), block);
    CHECK_EQ(heap_used_bytes(heap), QUARRY_PAGE_BYTES * QUARRY_STATS);
}

TEST(test_heap_realloc_to_stricter_alignment_moves)
{
    struct quarry_heap *heap = unit_heap(16);
    if (heap == NULL)
        return;
    take(heap, 2 * QUARRY_ALIGN_BYTES, 1);
    uint8_t *block = take(heap, 2 * QUARRY_ALIGN_BYTES, 1);
    test_fill(block, 2 * QUARRY_ALIGN_BYTES, 8);
    CHECK(((uintptr_t)block & (QUARRY_PAGE_BYTES - 1)) != 0);
    uint8_t *moved = realloc_block(heap, block, 2 * QUARRY_ALIGN_BYTES, QUARRY_PAGE_BYTES);
    REQUIRE(moved != NULL);
    CHECK_EQ((uintptr_t)moved & (QUARRY_PAGE_BYTES - 1), 0);
    CHECK(test_is_filled(moved, 2 * QUARRY_ALIGN_BYTES, 8));
}

TEST(test_heap_realloc_between_large_and_huge_moves_and_huge_grows_in_place)
{
    struct test_source source;
    struct quarry_heap *heap = heap_on_source(&source, 7);
    if (heap == NULL)
        return;
    const size_t most = chunk_bytes_usable(heap);
    uint8_t *block = take(heap, most / 2, 1);
    test_fill(block, most / 2, 6);
    uint8_t *huge = realloc_block(heap, block, most + 1, 1);
    REQUIRE(huge != NULL && huge != block);
    CHECK_EQ(unit_find(heap, huge).kind, QUARRY_HUGE);
    CHECK_EQ(realloc_block(heap, huge, most + GRANULE_BYTES, 1), huge);
    uint8_t *large = realloc_block(heap, huge, most / 2, 1);
    REQUIRE(large != NULL && large != huge);
    CHECK_EQ(unit_find(heap, large).kind, QUARRY_LARGE);
    CHECK(test_is_filled(large, most / 2, 6));
    check_source(&source, heap);
}

/* --- figures --- */

TEST(test_heap_peak_is_the_most_that_was_used_at_once)
{
    if (QUARRY_STATS == 0)
        SKIP("there are no figures");
    struct quarry_heap *heap = unit_heap(6);
    if (heap == NULL)
        return;
    size_t used = 0, peak = 0, blocks = 0, sizes[16];
    for (unsigned round = 0; round < 500 && !test_is_over(); round++) {
        if (blocks == 16 || (blocks != 0 && test_random_below(2) == 0)) {
            used -= sizes[--blocks];
            heap_count_freed(heap, sizes[blocks]);
        } else {
            const size_t below = peak - used; /* just up to the peak, or a byte beyond it, is likely too */
            const size_t some[] = {0, below, below + 1, test_random_below(1000 + 10 * round)};
            sizes[blocks] = some[test_random_below(4)];
            used += sizes[blocks];
            heap_count_allocated(heap, sizes[blocks++]);
        }
        peak = used > peak ? used : peak;
        CHECK_EQ(heap_used_bytes(heap), used);
        CHECK_EQ(heap_used_peak_bytes(heap), peak);
        CHECK(heap_is_above_noted_peak(heap) ? used == peak : heap->below_peak_bytes == peak - used);
        CHECK_EQ(heap_live_blocks(heap), blocks);
    }
    CHECK(peak > 1000);
}

TEST(test_heap_figures_follow_taking_resizing_and_giving)
{
    if (QUARRY_STATS == 0)
        SKIP("there are no figures");
    struct quarry_heap *heap = unit_heap(24 + 4 * BIN_MAX_BYTES / QUARRY_PAGE_BYTES);
    if (heap == NULL)
        return;
    const size_t small = qi_heap_good_bytes(heap, 1), large = qi_heap_good_bytes(heap, BIN_MAX_BYTES + 1);
    void *one = take(heap, 1, 1);
    uint8_t *other = take(heap, BIN_MAX_BYTES + 1, 1);
    CHECK_EQ(heap_used_bytes(heap), small + large);
    CHECK_EQ(realloc_block(heap, other, large + QUARRY_PAGE_BYTES, 1), other);
    CHECK_EQ(heap_used_bytes(heap), small + large + QUARRY_PAGE_BYTES);
    CHECK_EQ(realloc_block(heap, other, large, 1), other);
    CHECK_EQ(heap_used_bytes(heap), small + large);
    CHECK_EQ(heap_used_peak_bytes(heap), small + large + QUARRY_PAGE_BYTES);
    give(heap, one);
    give(heap, other);
    CHECK_EQ(heap_used_bytes(heap), 0);
    CHECK_EQ(heap->below_peak_bytes, heap->used_peak_bytes);
    CHECK_EQ(heap_used_peak_bytes(heap), small + large + QUARRY_PAGE_BYTES);
    CHECK_EQ(heap_live_blocks(heap), 0);
}

/* --- chunks that come and go --- */

TEST(test_heap_keeps_some_emptied_chunks_and_releases_the_next)
{
    enum { ADDED = HEAP_CACHED_CHUNKS + 2 };
    struct test_source source;
    struct quarry_heap *heap = heap_on_source(&source, ADDED + 1);
    void *blocks[ADDED];
    if (heap == NULL)
        return;
    void *first = take(heap, heap->bins.runs.free_pages << UNITS_PAGE_SHIFT, 1);
    for (unsigned i = 0; i < ADDED; i++) {
        blocks[i] = take(heap, chunk_bytes_usable(heap), 1);
        REQUIRE(blocks[i] != NULL);
        CHECK_EQ(heap_chunks(heap)->chunk_count, i + 2);
    }
    for (unsigned i = 0; i < HEAP_CACHED_CHUNKS; i++)
        give(heap, blocks[i]);
    CHECK_EQ(source.releases, 0);
    give(heap, blocks[HEAP_CACHED_CHUNKS]);
    CHECK_EQ(source.releases, 1);
    CHECK_EQ(heap_chunks(heap)->chunk_count, ADDED);
    /* One of those kept is used again: it makes room for the next. */
    void *again = take(heap, chunk_bytes_usable(heap), 1);
    give(heap, blocks[HEAP_CACHED_CHUNKS + 1]);
    CHECK_EQ(source.releases, 1);
    give(heap, again);
    CHECK_EQ(source.releases, 2);
    CHECK_EQ(qi_heap_trim(heap), HEAP_CACHED_CHUNKS * SMALLEST_CHUNK_BYTES);
    CHECK_EQ(qi_heap_trim(heap), 0);
    give(heap, first);
    CHECK_EQ(heap_chunks(heap)->chunk_count, 1);
    check_source(&source, heap);
}

/* Frees a block, after which the hot chunk is this one. */
static void free_and_expect_hot(struct quarry_heap *heap, void *block, const void *hot)
{
    quarry_free(heap, block);
    CHECK_EQ((void *)heap_source(heap)->hot.pages, hot);
    CHECK(qi_check_heap(heap));
}

TEST(test_heap_hot_chunk_is_where_the_last_block_was_until_it_is_released)
{
    struct test_source source;
    struct quarry_heap *heap = heap_on_source(&source, 5);
    void *blocks[6];
    if (heap == NULL)
        return;
    struct chunk *first = unit_first(heap), *chunks[3] = {first, NULL, NULL};
    for (unsigned i = 0; i < 3; i++) { /* in each chunk a small block and a large one */
        blocks[2 * i] = take(heap, 20, 1);
        blocks[2 * i + 1] = take(heap, units_bytes_from_pages(qi_run_largest_free_pages(&heap->bins.runs)), 1);
        while (small_has_slot(&heap->bins, bin_of_bytes(20)))
            take(heap, 20, 1);
        REQUIRE(blocks[2 * i] != NULL && blocks[2 * i + 1] != NULL);
        chunks[i] = unit_find(heap, blocks[2 * i]).run.chunk;
        CHECK_EQ(unit_find(heap, blocks[2 * i + 1]).run.chunk, chunks[i]);
    }
    CHECK(chunks[1] != first && chunks[2] != first && chunks[1] != chunks[2]);
    void *large = blocks[5], *huge = take(heap, chunk_bytes_usable(heap) + 1, 1);
    CHECK_EQ(heap_source(heap)->hot.pages, &first->at);
    free_and_expect_hot(heap, blocks[2], chunks[1]);
    free_and_expect_hot(heap, large, chunks[2]);
    free_and_expect_hot(heap, blocks[0], first);
    free_and_expect_hot(heap, blocks[4], chunks[2]);
    free_and_expect_hot(heap, huge, chunks[2]);
    free_and_expect_hot(heap, blocks[3], chunks[1]);
    CHECK_EQ(qi_heap_trim(heap), 0); /* none is without a block */
    CHECK_EQ(heap_source(heap)->hot.pages, &chunks[1]->at);
    qi_heap_reset(heap);
    CHECK_EQ(heap_source(heap)->hot.pages, &first->at);
    void *all = take(heap, units_bytes_from_pages(heap->bins.runs.free_pages), 1);
    large = take(heap, chunk_bytes_usable(heap), 1);
    REQUIRE(all != NULL && large != NULL);
    free_and_expect_hot(heap, large, unit_find(heap, large).run.chunk);
    CHECK_EQ(qi_heap_trim(heap), SMALLEST_CHUNK_BYTES);
    CHECK_EQ(heap_source(heap)->hot.pages, &first->at);
    free_and_expect_hot(heap, all, first);
    check_source(&source, heap);
}

TEST(test_heap_reset_frees_all_and_releases_all_but_first_chunk)
{
    struct test_source source;
    struct quarry_heap *heap = heap_on_source(&source, 7);
    if (heap == NULL)
        return;
    const size_t free_pages = heap->bins.runs.free_pages;
    take(heap, 20, 1);
    take(heap, chunk_bytes_usable(heap), 1);
    take(heap, chunk_bytes_usable(heap) + 1, 1);
    const size_t peak = heap_used_peak_bytes(heap);
    qi_heap_reset(heap);
    CHECK(qi_check_heap(heap));
    CHECK_EQ(heap->bins.runs.free_pages, free_pages);
    CHECK_EQ(heap_chunks(heap)->chunk_count, 1);
    CHECK_EQ(heap_used_bytes(heap), 0);
    CHECK_EQ(heap_used_peak_bytes(heap), peak);
    CHECK_EQ(source.granted_bytes, SMALLEST_CHUNK_BYTES);
    check_source(&source, heap);
}

TEST(test_heap_destroy_gives_all_memory_back)
{
    struct test_source source;
    struct quarry_heap *heap = heap_on_source(&source, 7);
    if (heap == NULL)
        return;
    take(heap, 20, 1);
    take(heap, chunk_bytes_usable(heap), 1);
    take(heap, chunk_bytes_usable(heap) + 1, 1);
    qi_heap_destroy(heap);
    CHECK_EQ(source.granted_bytes, 0);
    CHECK_EQ(source.errors, 0);
}

/* --- damage --- */

/* A large block before a free run whose node has been written over: the two cannot be made one. */
static void *block_before_damage(struct quarry_heap *heap)
{
    void *block = quarry_malloc(heap, BIN_MAX_BYTES + 1), *next = quarry_malloc(heap, BIN_MAX_BYTES + 1);
    if (!CHECK(block != NULL && next != NULL && quarry_malloc(heap, BIN_MAX_BYTES + 1) != NULL))
        return NULL;
    quarry_free(heap, next);
    test_fill(next, sizeof(struct list_node), 0x55);
    return block;
}

/* It stays live, and the figures say so. */
static void expect_refused(struct quarry_heap *heap, void *block, const struct quarry_stats *before)
{
    const struct quarry_stats after = stats_of(heap);
    expect_misuse(heap, KIND(QUARRY_CORRUPT));
    CHECK_EQ(after.blocks, before->blocks);
    CHECK_EQ(after.used_bytes, before->used_bytes);
    CHECK(quarry_owns(heap, block));
}

TEST(test_heap_free_of_block_before_damage_is_refused_and_not_counted)
{
    struct quarry_heap *heap = unit_heap(16 * (BIN_MAX_BYTES / QUARRY_PAGE_BYTES + 1));
    if (heap == NULL)
        return;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    void *block = block_before_damage(heap);
    if (block == NULL)
        return;
    const struct quarry_stats before = stats_of(heap);
    quarry_free(heap, block);
    expect_refused(heap, block, &before);
    const struct heap_block found = unit_find(heap, block);
    qi_heap_free(heap, &found);
    expect_refused(heap, block, &before);
}

/* Figures are asked for without a word of a link that leads nowhere. */
TEST(test_heap_largest_free_run_is_told_without_following_damage)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    struct list_node *node = (struct list_node *)(void *)chunk_page_address(unit_first(heap), 0);
    const struct list_node kept = *node;
    const size_t pages = qi_run_largest_free_pages(&heap->bins.runs);
    test_fill(&node->next, sizeof node->next, 0x55);
    CHECK_EQ(qi_run_largest_free_pages(&heap->bins.runs), pages);
    *node = kept;
    CHECK(qi_check_heap(heap));
}

TEST(test_heap_block_may_have_been_asked_for_with_sizes_of_its_own_only)
{
    struct quarry_heap *heap = unit_heap(8);
    if (heap == NULL)
        return;
    const void *block = quarry_malloc(heap, 100);
    REQUIRE(block != NULL);
    const struct heap_block found = unit_find(heap, block);
    CHECK(qi_heap_size_fits(heap, &found, 100));
    CHECK(qi_heap_size_fits(heap, &found, qi_heap_whole_bytes(&found)));
    CHECK(!qi_heap_size_fits(heap, &found, qi_heap_whole_bytes(&found) + 1));
    CHECK(!qi_heap_size_fits(heap, &found, 1));
}
