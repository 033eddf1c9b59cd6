/* SPDX-License-Identifier: MIT
 *
 * recovery.c: when every block is freed, all pages are free again without any call, and the largest request that
 * fitted at the start fits again: after a thousand random histories for each of several geometries in a process,
 * after some on a small machine. The table of blocks lies in test memory.
 */
#include "test_source.h"

#define HISTORIES (50u * TEST_SCALE)
#define TABLE     48u

/* Random calls with a preference for one of three size mixes, then everything freed in random order. */
static void run_history(struct quarry_heap *heap, void **table, size_t most_bytes)
{
    static const unsigned short small_bytes[] = {40, 300, 1200};
    const size_t often_bytes = small_bytes[test_random_below(3)];
    unsigned steps = 20 + (unsigned)test_random_below(150);
    size_t left;

    for (left = 0; left < TABLE; left++)
        table[left] = NULL;
    while (steps-- > 0) {
        const size_t i = test_random_below(TABLE);
        const size_t bytes = test_random_below(test_random_below(12) == 0 ? most_bytes : often_bytes);
        void *moved;

        if (table[i] == NULL) {
            table[i] = test_random_below(6) != 0 ? quarry_malloc(heap, bytes)
                                                 : quarry_aligned_alloc(heap, (size_t)1 << test_random_below(9), bytes);
        } else if (test_random_below(3) == 0) {
            moved = quarry_realloc(heap, table[i], bytes);
            table[i] = moved != NULL ? moved : table[i];
        } else {
            quarry_free(heap, table[i]);
            table[i] = NULL;
        }
    }
    for (left = TABLE; left > 0; left--) {
        const size_t i = test_random_below(left);

        quarry_free(heap, table[i]);
        table[i] = table[left - 1];
    }
}

/* histories on one heap; what fitted at first must fit after each. */
static void run_histories(struct quarry_heap *heap, void **table, unsigned histories)
{
    const struct quarry_stats before = stats_of(heap);
    unsigned i;

    for (i = 0; i < histories && !test_is_over(); i++) {
        void *block;

        test_seed(i + 1);
        run_history(heap, table, before.largest_free_bytes / 2 + 100);
        quarry_trim(heap);
        CHECK_EQ(stats_of(heap).free_bytes, before.free_bytes);
        CHECK_EQ(stats_of(heap).acquired_bytes, before.acquired_bytes);
        CHECK_EQ(stats_of(heap).blocks, 0);
        block = quarry_malloc(heap, before.largest_free_bytes);
        CHECK(block != NULL);
        quarry_free(heap, block);
        if (i % 16 == 0)
            expect_all_free(heap, before.largest_free_bytes);
    }
    expect_all_free(heap, before.largest_free_bytes);
}

static void run_in_region(size_t region_bytes, size_t offset)
{
    void **const table = test_memory(TABLE * sizeof *table, 0);
    struct quarry_heap *const heap = test_heap(region_bytes, offset);

    if (table != NULL && heap != NULL)
        run_histories(heap, table, HISTORIES);
}

TEST(test_histories_in_smallest_region_free_everything)
{
    run_in_region(quarry_min_region_bytes(), 0);
}

TEST(test_histories_in_region_of_2_kb_free_everything)
{
    run_in_region(quarry_min_region_bytes() > 2048 ? 4096 : 2048, 8);
}

TEST(test_histories_in_region_of_8_kb_free_everything)
{
    run_in_region(8192, 1);
}

TEST(test_histories_in_region_of_16_kb_free_everything)
{
    run_in_region(16384, 0);
}

TEST(test_histories_in_region_of_64_kb_free_everything)
{
    run_in_region(65536, 33);
}

TEST(test_histories_in_region_of_1_mb_free_everything)
{
    run_in_region((size_t)1 << 20, 0);
}

TEST(test_histories_in_three_regions_free_everything)
{
    void **const table = test_memory(TABLE * sizeof *table, 0);
    struct quarry_heap *const heap = test_heap(8192, 0);
    void *const second = test_memory(16384, 5);
    void *const third = test_memory(5000, 0);

    if (table == NULL || heap == NULL || second == NULL || third == NULL)
        return;
    CHECK(quarry_add_region(heap, second, 16384));
    CHECK(quarry_add_region(heap, third, 5000));
    run_histories(heap, table, HISTORIES);
}

static void run_on_source(size_t chunk_bytes)
{
    struct quarry_options options = test_options();
    struct test_source source;
    struct quarry_heap *heap;
    void **const table = test_memory(TABLE * sizeof *table, 0);

    if (table == NULL || !test_source_init(&source, 6 * chunk_bytes))
        return;
    options.chunk_bytes = chunk_bytes;
    heap = quarry_create_from_source(&source.source, &options);
    REQUIRE(heap != NULL);
    run_histories(heap, table, HISTORIES);
    check_source(&source, heap);
    quarry_destroy(heap);
    CHECK_EQ(source.granted_bytes, 0);
    CHECK_EQ(source.errors, 0);
}

TEST(test_histories_on_source_with_smallest_chunks_free_everything)
{
    run_on_source(SMALLEST_CHUNK_BYTES);
}

TEST(test_histories_on_source_with_larger_chunks_free_everything)
{
    run_on_source(4 * SMALLEST_CHUNK_BYTES);
}

TEST(test_histories_on_source_with_chunks_of_256_kb_free_everything)
{
    run_on_source((size_t)256 << 10);
}

/* A fresh heap for each history: nothing may depend on what a former heap left behind. */
TEST(test_histories_in_fresh_regions_free_everything)
{
    unsigned i;

    for (i = 0; i < HISTORIES && !test_is_over(); i++) {
        const size_t bytes = quarry_min_region_bytes() + i * 29 % 4000;
        void **const table = test_memory(TABLE * sizeof *table, 0);
        struct quarry_heap *const heap = test_heap(bytes, i);

        if (table == NULL || heap == NULL)
            return;
        run_histories(heap, table, 1);
        test_memory_release();
    }
}
