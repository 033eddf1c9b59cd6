/* SPDX-License-Identifier: MIT
 *
 * figures.c: capacity, requests and frees, free runs, and quarry_reset_peaks(). That free_runs and smallest_free_bytes
 * agree with what a walk shows, and requests and frees with the live blocks, check_heap() asks in every test.
 */
#include "fixture.h"

#define SOME_BYTES ((size_t)(sizeof(void *) > 4 ? 16384u : 4096u))

/* What is to be counted where figures are on. */
#define COUNTED(n) ((size_t)(QUARRY_STATS ? (n) : 0))

#define check_counts(heap, requests, frees) (test_called_from(__LINE__), check_counts_(heap, requests, frees))
static void check_counts_(const struct quarry_heap *heap, size_t requests, size_t frees)
{
    const struct quarry_stats stats = stats_of(heap);

    CHECK_EQ(stats.requests, COUNTED(requests));
    CHECK_EQ(stats.frees, COUNTED(frees));
    CHECK_EQ(stats.blocks, COUNTED(requests - frees));
}

ON_HEAP(test_requests_and_frees_count_blocks_that_come_and_go, 2 * SOME_BYTES, 0)
{
    void *small;
    void *large;

    check_counts(heap, 0, 0);
    small = t_malloc(heap, 10);
    large = t_calloc(heap, 1, SOME_BYTES / 4);
    CHECK(t_aligned_alloc(heap, 64, 10) != NULL);
    check_counts(heap, 3, 0);
    CHECK_EQ(quarry_malloc(heap, 4 * SOME_BYTES), NULL);
    quarry_free(heap, NULL);
    check_counts(heap, 3, 0);
    CHECK(t_resize(heap, small, 1));
    CHECK(t_resize(heap, large, SOME_BYTES / 8));
    CHECK(t_resize(heap, large, SOME_BYTES / 6));
    CHECK_EQ(t_realloc(heap, small, 9), small);
    check_counts(heap, 3, 0);
    small = t_realloc(heap, small, SOME_BYTES / 4);
    CHECK(small != NULL);
    check_counts(heap, 4, 1);
    quarry_free(heap, &small);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    check_counts(heap, 4, 1);
    t_free(heap, small);
    t_free_sized(heap, large, SOME_BYTES / 6);
    check_counts(heap, 4, 3);
    quarry_reset(heap);
    check_counts(heap, 4, 4);
}

ON_SOURCE_HEAP(test_requests_and_frees_count_huge_blocks, 8 * SMALLEST_CHUNK_BYTES)
{
    void *huge;

    huge = t_malloc(heap, SMALLEST_CHUNK_BYTES);
    REQUIRE(huge != NULL);
    check_counts(heap, 1, 0);
    huge = t_realloc(heap, huge, 2 * SMALLEST_CHUNK_BYTES);
    REQUIRE(huge != NULL);
    CHECK_EQ(stats_of(heap).blocks, COUNTED(1));
    t_free(heap, huge);
    CHECK_EQ(stats_of(heap).blocks, 0);
}

/* A heap without a block can hand all of it out. */
TEST(test_capacity_is_all_free_memory_of_an_empty_heap)
{
    void *const region = test_memory(SOME_BYTES, 13);
    struct quarry_heap *const heap = test_heap(SOME_BYTES, 7);
    size_t capacity_bytes;
    void *block;

    if (heap == NULL || region == NULL)
        return;
    CHECK_EQ(stats_of(heap).capacity_bytes, stats_of(heap).free_bytes);
    block = t_malloc(heap, 100);
    capacity_bytes = stats_of(heap).capacity_bytes;
    CHECK(capacity_bytes > stats_of(heap).free_bytes);
    CHECK(quarry_add_region(heap, region, SOME_BYTES));
    CHECK(stats_of(heap).capacity_bytes > capacity_bytes);
    t_free(heap, block);
    CHECK_EQ(stats_of(heap).capacity_bytes, stats_of(heap).free_bytes);
    capacity_bytes = stats_of(heap).capacity_bytes;
    CHECK(t_malloc(heap, 100) != NULL);
    quarry_reset(heap);
    CHECK_EQ(stats_of(heap).capacity_bytes, capacity_bytes);
    CHECK_EQ(stats_of(heap).free_bytes, capacity_bytes);
    check_heap(heap);
}

ON_SOURCE_HEAP(test_capacity_follows_chunks_and_huge_blocks, 12 * SMALLEST_CHUNK_BYTES)
{
    size_t empty_bytes;
    void *huge;
    unsigned i;

    empty_bytes = stats_of(heap).capacity_bytes;
    CHECK_EQ(empty_bytes, stats_of(heap).free_bytes);
    huge = t_malloc(heap, 2 * SMALLEST_CHUNK_BYTES);
    REQUIRE(huge != NULL);
    CHECK(stats_of(heap).capacity_bytes >= empty_bytes + 2 * SMALLEST_CHUNK_BYTES);
    CHECK(t_resize(heap, huge, 3 * SMALLEST_CHUNK_BYTES));
    CHECK(stats_of(heap).capacity_bytes >= empty_bytes + 3 * SMALLEST_CHUNK_BYTES);
    CHECK(t_resize(heap, huge, SMALLEST_CHUNK_BYTES));
    CHECK(stats_of(heap).capacity_bytes < empty_bytes + 2 * SMALLEST_CHUNK_BYTES);
    t_free(heap, huge);
    huge = t_aligned_alloc(heap, 2 * GRANULE_BYTES, SMALLEST_CHUNK_BYTES);
    if (huge != NULL)
        t_free(heap, huge);
    CHECK_EQ(stats_of(heap).capacity_bytes, empty_bytes);
    for (i = 0; i < 40; i++)
        t_malloc(heap, SMALLEST_CHUNK_BYTES / 8);
    CHECK(stats_of(heap).capacity_bytes > empty_bytes);
    quarry_reset(heap);
    CHECK_EQ(stats_of(heap).capacity_bytes, empty_bytes);
}

/* Every other one of neighbouring large blocks is freed: each is a free run then, and they differ in length. */
ON_HEAP(test_free_runs_and_the_shortest_follow_frees_and_merging, 2 * SOME_BYTES + 64 * (size_t)QUARRY_PAGE_BYTES, 0)
{
    const size_t large = SOME_BYTES / 8, page = QUARRY_PAGE_BYTES;
    void *blocks[5];
    size_t rest, i;

    CHECK_EQ(stats_of(heap).free_runs, 1);
    CHECK_EQ(stats_of(heap).smallest_free_bytes, stats_of(heap).free_bytes);
    for (i = 0; i < 5; i++) {
        blocks[i] = t_malloc(heap, large + i * page);
        REQUIRE(blocks[i] != NULL);
    }
    rest = stats_of(heap).free_bytes;
    CHECK_EQ(stats_of(heap).free_runs, 1);
    CHECK_EQ(stats_of(heap).smallest_free_bytes, rest);
    t_free(heap, blocks[1]);
    t_free(heap, blocks[3]);
    CHECK_EQ(stats_of(heap).free_runs, 3);
    t_free(heap, blocks[2]);
    CHECK_EQ(stats_of(heap).free_runs, 2);
    t_free(heap, blocks[0]);
    CHECK_EQ(stats_of(heap).free_runs, 2);
    t_free(heap, blocks[4]);
    CHECK_EQ(stats_of(heap).free_runs, 1);
    CHECK(t_malloc(heap, stats_of(heap).largest_free_bytes) != NULL);
    CHECK_EQ(stats_of(heap).free_runs, 0);
    CHECK_EQ(stats_of(heap).smallest_free_bytes, 0);
}

/* Of runs shorter than 8 pages it is exact. check_heap() compares it with a walk. */
ON_HEAP(test_smallest_free_bytes_is_the_shortest_run_over_a_random_history, 4 * SOME_BYTES, 0)
{
    void *blocks[24] = {NULL};
    unsigned rounds;

    for (rounds = 0; rounds < 300 * TEST_SCALE && !test_is_over(); rounds++) {
        void **const block = &blocks[test_random_below(24)];
        if (*block != NULL) {
            t_free(heap, *block);
            *block = NULL;
        } else {
            *block = t_malloc(heap, test_random_below(12 * (size_t)QUARRY_PAGE_BYTES));
        }
    }
}

ON_SOURCE_HEAP(test_reset_peaks_starts_peaks_and_failures_anew, 8 * SMALLEST_CHUNK_BYTES)
{
    struct quarry_stats before;
    struct quarry_stats after;
    void *block;

    block = t_malloc(heap, 10);
    t_free(heap, t_malloc(heap, 2 * SMALLEST_CHUNK_BYTES));
    CHECK_EQ(quarry_malloc(heap, 100 * SMALLEST_CHUNK_BYTES), NULL);
    before = stats_of(heap);
    CHECK(before.acquired_peak_bytes > before.acquired_bytes);
    CHECK(!QUARRY_STATS || (before.used_peak_bytes > before.used_bytes && before.failures == 1));
    quarry_reset_peaks(heap);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK_EQ(after.acquired_peak_bytes, after.acquired_bytes);
    CHECK_EQ(after.used_peak_bytes, after.used_bytes);
    CHECK_EQ(after.failures, 0);
    CHECK_EQ(after.requests, before.requests);
    CHECK_EQ(after.frees, before.frees);
    check_heap(heap);
    t_free(heap, t_malloc(heap, 3 * SMALLEST_CHUNK_BYTES));
    CHECK(stats_of(heap).acquired_peak_bytes > after.acquired_peak_bytes);
    CHECK(!QUARRY_STATS || stats_of(heap).used_peak_bytes >= 3 * SMALLEST_CHUNK_BYTES);
    t_free(heap, block);
}

/* --- QUARRY_HEAP_DEFINE --- */

/* The smallest machine has 16 KB for all. */
#define DEFINED_BYTES (sizeof(void *) > 4 ? 8192 : 1024)

QUARRY_HEAP_DEFINE(lazy, DEFINED_BYTES);
QUARRY_HEAP_DEFINE(early, DEFINED_BYTES);
QUARRY_HEAP_DEFINE(tiny, 16);

TEST(test_defined_heap_is_made_at_its_first_use_or_at_once)
{
    if (quarry_min_region_bytes() + 4 * QUARRY_PAGE_BYTES > DEFINED_BYTES)
        SKIP("the region is too short for pages of this size");
    if (QUARRY_MARK == QUARRY_MARK_MTE)
        SKIP("a process has no tags in static memory");
    struct quarry_heap *const heap = lazy();
    REQUIRE(heap != NULL);
    CHECK((uintptr_t)heap - (uintptr_t)lazy_region < sizeof lazy_region);
    void *block = t_malloc(heap, 100);
    CHECK(block != NULL);
    CHECK_EQ(lazy(), heap);
    CHECK_EQ(lazy_init(), heap);
    CHECK(quarry_owns(heap, block));
    t_free(heap, block);
    REQUIRE(early_init() != NULL);
    CHECK(early() == early_heap && early() != heap);
    CHECK_EQ(tiny(), NULL);
    CHECK_EQ(tiny_init(), NULL);
}
