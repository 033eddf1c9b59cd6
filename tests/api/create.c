/* SPDX-License-Identifier: MIT
 *
 * create.c: which regions and options quarry_create() takes and which it refuses. The contract lists the reasons
 * for NULL as an "iff", so each reason is tested, and everything else is shown to work: any start, any length from
 * quarry_min_region_bytes() on, chunk_bytes in range. What control data costs is measured against the project's
 * figures. Bytes outside a region are watched by the guards of test_memory().
 */
#include "fixture.h"

/* A quarter of a machine's RAM at most: some tests need the rest. */
#define SOME_BYTES ((size_t)(sizeof(void *) > 4 ? 16384u : 4096u))

TEST(test_min_region_bytes_stay_within_promise)
{
    CHECK(quarry_min_region_bytes() > 0);
    if (QUARRY_PAGE_BYTES > (sizeof(void *) > 4 ? 512 : 64) || QUARRY_CHECK_LEVEL > 2)
        SKIP("promised for the default page size, up to check level 2");
    CHECK(quarry_min_region_bytes() <= (sizeof(void *) > 4 ? 4096u : 1024u));
}

TEST(test_create_region_null_is_refused)
{
    const struct quarry_options options = test_options();

    CHECK_EQ(quarry_create(NULL, SOME_BYTES, &options), NULL);
    CHECK_EQ(quarry_create(NULL, 0, NULL), NULL);
}

TEST(test_create_region_below_minimum_is_refused)
{
    unsigned char *const region = test_memory(quarry_min_region_bytes() + 64, 0);
    size_t bytes;
    size_t offset;

    if (region == NULL)
        return;
    for (offset = 0; offset < 64 && !test_is_over(); offset += 7)
        for (bytes = 0; bytes < quarry_min_region_bytes(); bytes++)
            CHECK_EQ(quarry_create(region + offset, bytes, NULL), NULL);
}

TEST(test_create_region_that_wraps_is_refused)
{
    unsigned char *const region = test_memory(SOME_BYTES, 0);

    if (region == NULL)
        return;
    CHECK_EQ(quarry_create(region, SIZE_MAX, NULL), NULL);
    CHECK_EQ(quarry_create(region, (size_t)(0 - (uintptr_t)region) + 1, NULL), NULL);
    CHECK_EQ(quarry_create((void *)(UINTPTR_MAX - 100), SOME_BYTES, NULL), NULL);
    CHECK_EQ(quarry_create((void *)UINTPTR_MAX, SIZE_MAX, NULL), NULL);
    CHECK_EQ(quarry_create((void *)(UINTPTR_MAX - 100), 101, NULL), NULL); /* ends where the space does: too short */
}

static void use(struct quarry_heap *heap)
{
    const size_t largest_bytes = largest_free_bytes(heap);
    void *const small = t_malloc(heap, 1);
    void *large;

    CHECK(small != NULL);
    t_free(heap, small);
    CHECK(largest_bytes != 0);
    large = t_malloc(heap, largest_bytes);
    REQUIRE(large != NULL);
    test_fill(large, quarry_usable_size(heap, large), 1);
    t_free(heap, large);
    expect_all_free(heap, largest_bytes);
}

TEST(test_create_any_start_and_minimum_length_gives_working_heap)
{
    const struct quarry_options options = test_options();
    const size_t min_bytes = quarry_min_region_bytes();
    size_t offset;

    for (offset = 0; offset < 64 && !test_is_over(); offset++) {
        void *const region = test_memory(min_bytes, offset);
        struct quarry_heap *const heap = quarry_create(region, min_bytes, &options);

        REQUIRE(heap != NULL);
        CHECK((uintptr_t)heap - (uintptr_t)region < min_bytes);
        use(heap);
        quarry_destroy(heap);
        test_memory_release();
    }
}

TEST(test_create_lengths_above_minimum_give_working_heaps)
{
    const struct quarry_options options = test_options();
    const size_t min_bytes = quarry_min_region_bytes();
    size_t more;

    for (more = 0; more < 2 * QUARRY_PAGE_BYTES + 8 && !test_is_over(); more++) {
        void *const region = test_memory(min_bytes + more, more % 61);
        struct quarry_heap *heap;

        if (region == NULL)
            return;
        heap = quarry_create(region, min_bytes + more, &options);
        REQUIRE(heap != NULL);
        use(heap);
        test_memory_release();
    }
}

TEST(test_create_longer_region_never_gives_smaller_heap)
{
    const struct quarry_options options = test_options();
    unsigned char *const region = test_memory(SOME_BYTES, 5);
    size_t free_bytes = 0;
    size_t bytes;

    if (region == NULL)
        return;
    if (QUARRY_CACHE != 0)
        SKIP("bits of caches are added a word at a time");
    for (bytes = quarry_min_region_bytes(); bytes <= SOME_BYTES && !test_is_over(); bytes += 17) {
        struct quarry_heap *const heap = quarry_create(region, bytes, &options);

        REQUIRE(heap != NULL);
        CHECK(stats_of(heap).free_bytes >= free_bytes);
        free_bytes = stats_of(heap).free_bytes;
    }
}

ON_HEAP(test_create_whole_region_counts_as_acquired, SOME_BYTES, 0)
{
    CHECK_EQ(stats_of(heap).acquired_bytes, SOME_BYTES);
    CHECK_EQ(stats_of(heap).acquired_peak_bytes, SOME_BYTES);
    CHECK_EQ(stats_of(heap).chunks, 1);
    CHECK_EQ(stats_of(heap).blocks, 0);
    CHECK_EQ(stats_of(heap).used_bytes, 0);
    CHECK_EQ(stats_of(heap).failures, 0);
    CHECK_EQ(stats_of(heap).limit_bytes, 0);
}

/* On 32-bit targets control data takes at most 384 bytes and 4 % of the region; where it is more than that
 * promise, a user's small heap does not hold what its author counted on. */
TEST(test_create_control_data_stays_within_promise)
{
    const bool promised = sizeof(void *) == 4 && QUARRY_PAGE_BYTES == 64 && QUARRY_CHECK_LEVEL < 2;
    size_t bytes;

    if (!promised)
        SKIP("promised for 32-bit targets with 64-byte pages, up to check level 1");
    for (bytes = 4096; bytes <= (size_t)1 << 20 && bytes < test_memory_left(); bytes *= 2) {
        struct quarry_heap *const heap = test_heap(bytes, 0);

        if (heap == NULL)
            return;
        if (!CHECK(bytes - stats_of(heap).free_bytes <= 384 + bytes / 25)) {
            test_print("  region ");
            test_print_unsigned(bytes);
            test_print(", control data ");
            test_print_unsigned(bytes - stats_of(heap).free_bytes);
            test_print("\n");
        }
        test_memory_release();
    }
}

TEST(test_create_chunk_bytes_out_of_range_is_refused)
{
    struct quarry_options options = test_options();
    void *const region = test_memory(SOME_BYTES, 0);
    size_t chunk_bytes;

    if (region == NULL)
        return;
    for (chunk_bytes = 1; chunk_bytes != 0; chunk_bytes *= 2) {
        const bool in_range = chunk_bytes >= LEAST_CHUNK_BYTES && chunk_bytes <= LARGEST_CHUNK_BYTES;

        options.chunk_bytes = chunk_bytes;
        CHECK_EQ(quarry_create(region, SOME_BYTES, &options) != NULL, in_range);
        options.chunk_bytes = chunk_bytes + 1;
        CHECK_EQ(quarry_create(region, SOME_BYTES, &options), NULL);
        options.chunk_bytes = chunk_bytes * 3;
        CHECK_EQ(quarry_create(region, SOME_BYTES, &options) != NULL, options.chunk_bytes == 0);
    }
    options.chunk_bytes = SIZE_MAX;
    CHECK_EQ(quarry_create(region, SOME_BYTES, &options), NULL);
}

TEST(test_create_limit_below_minimum_is_refused)
{
    struct quarry_options options = test_options();
    void *const region = test_memory(SOME_BYTES, 0);

    if (region == NULL)
        return;
    options.limit_bytes = quarry_min_region_bytes() - 1;
    CHECK_EQ(quarry_create(region, SOME_BYTES, &options), NULL);
    options.limit_bytes = 1;
    CHECK_EQ(quarry_create(region, SOME_BYTES, &options), NULL);
    options.limit_bytes = quarry_min_region_bytes();
    CHECK(quarry_create(region, SOME_BYTES, &options) != NULL);
}

TEST(test_create_limit_below_region_uses_that_much)
{
    struct quarry_options options = test_options();
    unsigned char *const region = test_memory(SOME_BYTES, 0);
    struct quarry_heap *heap;

    if (region == NULL)
        return;
    options.limit_bytes = SOME_BYTES / 2;
    heap = quarry_create(region, SOME_BYTES, &options);
    REQUIRE(heap != NULL);
    CHECK_EQ(stats_of(heap).acquired_bytes, SOME_BYTES / 2);
    CHECK_EQ(stats_of(heap).limit_bytes, SOME_BYTES / 2);
    use(heap);
    CHECK(t_malloc(heap, SOME_BYTES / 2) == NULL);
    CHECK_EQ(region[SOME_BYTES / 2], region[SOME_BYTES - 1]);
}

TEST(test_create_without_options_gives_working_heap)
{
    void *const region = test_memory(SOME_BYTES, 0);
    struct quarry_heap *heap;

    if (region == NULL)
        return;
    heap = quarry_create(region, SOME_BYTES, NULL);
    REQUIRE(heap != NULL);
    use(heap);
}

TEST(test_create_options_are_copied)
{
    struct quarry_options options = test_options();
    void *const region = test_memory(SOME_BYTES, 0);
    struct quarry_heap *heap;

    if (region == NULL)
        return;
    heap = quarry_create(region, SOME_BYTES, &options);
    REQUIRE(heap != NULL);
    options.on_misuse = NULL;
    options.limit_bytes = 1;
    quarry_free(heap, &options);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(stats_of(heap).limit_bytes, 0);
}

TEST(test_misuse_without_hook_reaches_panic)
{
    void *const region = test_memory(SOME_BYTES, 0);
    struct quarry_heap *heap;

    if (region == NULL)
        return;
    heap = quarry_create(region, SOME_BYTES, NULL);
    REQUIRE(heap != NULL);
    quarry_free(heap, region);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER)); /* the harness defines quarry_panic() */
}
