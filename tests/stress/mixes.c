/* SPDX-License-Identifier: MIT
 *
 * mixes.c: random histories beside a shadow model, for mixes of sizes from tiny to most of the heap, in regions
 * from the smallest to a megabyte, several regions, and sources of small chunks with huge blocks. Near-full is not
 * a case of its own: each history grows until requests are refused, shrinks, and grows again.
 */
#include "shadow.h"

static const struct shadow_mix tiny = {33, 0, 0, 0, 0};
static const struct shadow_mix small = {200, 1000, 0, 20, 0};
static const struct shadow_mix mixed = {100, 1500, 6000, 6, 24};
static const struct shadow_mix pages = {4 * QUARRY_PAGE_BYTES, 20 * QUARRY_PAGE_BYTES, 0, 8, 0};

static void run_in_region(size_t region_bytes, size_t offset, size_t capacity, const struct shadow_mix *mix)
{
    struct shadow shadow;
    struct quarry_stats before;

    if (!shadow_init(&shadow, capacity))
        return;
    shadow.heap = test_heap(region_bytes, offset);
    if (shadow.heap == NULL)
        return;
    before = stats_of(shadow.heap);
    shadow_run(&shadow, mix, SHADOW_STEPS);
    CHECK_EQ(stats_of(shadow.heap).free_bytes, before.free_bytes);
    expect_all_free(shadow.heap, before.largest_free_bytes);
}

TEST(test_stress_smallest_region_with_tiny_blocks_stays_sound)
{
    run_in_region(quarry_min_region_bytes(), 0, 30, &tiny);
}

TEST(test_stress_small_region_with_tiny_blocks_stays_sound)
{
    run_in_region(4096, 24, 120, &tiny);
}

TEST(test_stress_small_region_with_small_blocks_stays_sound)
{
    run_in_region(6000, 1, 40, &small);
}

TEST(test_stress_small_region_with_mixed_blocks_stays_sound)
{
    run_in_region(8000, 0, 40, &mixed);
}

TEST(test_stress_16_kb_with_small_blocks_stays_sound)
{
    run_in_region(16384, 0, 100, &small);
}

TEST(test_stress_16_kb_with_pages_stays_sound)
{
    run_in_region(16384, 40, 60, &pages);
}

TEST(test_stress_40_kb_with_mixed_blocks_stays_sound)
{
    run_in_region(40000, 3, 150, &mixed);
}

TEST(test_stress_256_kb_with_mixed_blocks_stays_sound)
{
    run_in_region((size_t)256 << 10, 0, 400, &mixed);
}

TEST(test_stress_1_mb_with_pages_stays_sound)
{
    run_in_region((size_t)1 << 20, 0, 400, &pages);
}

TEST(test_stress_1_mb_with_tiny_blocks_stays_sound)
{
    run_in_region((size_t)1 << 20, 56, 2000, &tiny);
}

TEST(test_stress_several_regions_stay_sound)
{
    static const unsigned short sizes[] = {2500, 5001, 3000, 7777};
    struct shadow shadow;
    struct quarry_stats before;
    unsigned i;

    if (!shadow_init(&shadow, 120))
        return;
    shadow.heap = test_heap(8192, 9);
    if (shadow.heap == NULL)
        return;
    for (i = 0; i < 4; i++) {
        void *const region = test_memory(sizes[i], i * 19);

        if (region == NULL)
            return;
        CHECK(quarry_add_region(shadow.heap, region, sizes[i]));
    }
    before = stats_of(shadow.heap);
    shadow_run(&shadow, &small, SHADOW_STEPS);
    CHECK_EQ(stats_of(shadow.heap).free_bytes, before.free_bytes);
    expect_all_free(shadow.heap, before.largest_free_bytes);
}

static void run_on_source(size_t chunk_bytes, size_t chunks, unsigned fail_odds, const struct shadow_mix *mix)
{
    struct quarry_options options = test_options();
    struct test_source source;
    struct shadow shadow;
    size_t largest_bytes;

    if (!shadow_init(&shadow, 4 * chunks + 20) || !test_source_init(&source, chunks * chunk_bytes))
        return;
    options.chunk_bytes = chunk_bytes;
    shadow.heap = quarry_create_from_source(&source.source, &options);
    REQUIRE(shadow.heap != NULL);
    shadow.source = &source;
    largest_bytes = largest_free_bytes(shadow.heap);
    source.fail_odds = fail_odds;
    shadow_run(&shadow, mix, SHADOW_STEPS);
    quarry_trim(shadow.heap);
    CHECK_EQ(source.granted_bytes, chunk_bytes);
    expect_all_free(shadow.heap, largest_bytes);
    quarry_destroy(shadow.heap);
    CHECK_EQ(source.granted_bytes, 0);
    CHECK_EQ(source.errors, 0);
}

static const struct shadow_mix with_huge = {SMALLEST_CHUNK_BYTES / 8, SMALLEST_CHUNK_BYTES, SMALLEST_CHUNK_BYTES * 4, 4,
                                            8};

TEST(test_stress_source_of_two_chunks_stays_sound)
{
    run_on_source(SMALLEST_CHUNK_BYTES, 2, 0, &small);
}

TEST(test_stress_source_with_huge_blocks_stays_sound)
{
    run_on_source(SMALLEST_CHUNK_BYTES, 40, 0, &with_huge);
}

TEST(test_stress_source_with_many_chunks_stays_sound)
{
    run_on_source(SMALLEST_CHUNK_BYTES, 40, 0, &pages);
}

TEST(test_stress_source_with_few_chunks_stays_sound)
{
    run_on_source(SMALLEST_CHUNK_BYTES, 10, 0, &mixed);
}

TEST(test_stress_source_with_larger_chunks_stays_sound)
{
    run_on_source(SMALLEST_CHUNK_BYTES * 8, 12, 0, &with_huge);
}

TEST(test_stress_source_failing_at_random_stays_sound)
{
    run_on_source(SMALLEST_CHUNK_BYTES, 40, 100, &with_huge);
}

TEST(test_stress_small_source_failing_at_random_stays_sound)
{
    run_on_source(SMALLEST_CHUNK_BYTES, 10, 200, &mixed);
}

/* A nested heap and its parent, both at work, with blocks of both in each other's way. */
TEST(test_stress_nested_heap_stays_sound)
{
    struct quarry_options options = test_options();
    struct quarry_source from_parent;
    struct shadow outer;
    struct shadow inner;
    struct quarry_stats before;
    unsigned round;

    if (!shadow_init(&outer, 40) || !shadow_init(&inner, 60))
        return;
    outer.heap = test_heap(16 * SMALLEST_CHUNK_BYTES, 0);
    if (outer.heap == NULL)
        return;
    before = stats_of(outer.heap);
    from_parent = quarry_source_from_heap(outer.heap);
    options.chunk_bytes = SMALLEST_CHUNK_BYTES;
    for (round = 0; round < 4 && !test_is_over(); round++) {
        inner.heap = quarry_create_from_source(&from_parent, &options);
        REQUIRE(inner.heap != NULL);
        shadow_run(&inner, &with_huge, SHADOW_STEPS / 4);
        check_heap(outer.heap);
        quarry_destroy(inner.heap);
        expect_all_free(outer.heap, before.largest_free_bytes);
        shadow_run(&outer, &mixed, SHADOW_STEPS / 4);
    }
}
