/* SPDX-License-Identifier: MIT
 *
 * takes_nothing_back.c: heaps on sources without release. What is freed there is used again, whatever its size: once a
 * sequence of calls was served and all its blocks are freed, the same sequence acquires nothing more. The source here
 * gives memory from a pool, in frames, upwards, downwards or scattered, so that what it gives touches or does not.
 */
#include "fixture.h"

#define FRAME_BYTES 4096u
#define CHUNK_BYTES SMALLEST_CHUNK_BYTES

enum order { UPWARDS, DOWNWARDS, SCATTERED, ORDERS };

struct pool {
    unsigned char *memory;
    size_t bytes, low, high; /* what is left lies between */
    enum order order;
    unsigned acquires, releases;
    size_t held_bytes, most_bytes;
    bool high_turn;
};

static void *pool_acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct pool *pool = context;
    size_t *const at = &pool->low;
    pool->acquires++;
    pool->high_turn = pool->order == DOWNWARDS || (pool->order == SCATTERED && !pool->high_turn);
    if (bytes > pool->high - pool->low)
        return NULL;
    if (pool->high_turn) {
        size_t start = ((uintptr_t)pool->memory + pool->high - bytes) & (align_bytes - 1);
        if (start > pool->high - pool->low - bytes)
            return NULL;
        pool->high -= bytes + start;
        pool->held_bytes += bytes;
        return pool->memory + pool->high;
    }
    size_t pad = (0 - ((uintptr_t)pool->memory + *at)) & (align_bytes - 1);
    if (pad > pool->high - pool->low - bytes)
        return NULL;
    pool->low += pad + bytes;
    pool->held_bytes += bytes;
    return pool->memory + pool->low - bytes;
}

/* NULL: skipped. */
static struct quarry_heap *pool_heap(struct pool *pool, size_t bytes, enum order order, size_t align_max_bytes)
{
    static const struct pool none;
    *pool = none;
    pool->memory = test_memory_aligned(bytes, QUARRY_PAGE_BYTES > FRAME_BYTES ? QUARRY_PAGE_BYTES : FRAME_BYTES);
    if (pool->memory == NULL)
        return NULL;
    pool->bytes = pool->high = bytes;
    pool->order = order;
    const struct quarry_source source = {.context = pool, .acquire = pool_acquire, .align_max_bytes = align_max_bytes};
    struct quarry_options options = test_options();
    options.chunk_bytes = CHUNK_BYTES;
    struct quarry_heap *heap = quarry_create_from_source(&source, &options);
    CHECK(heap != NULL);
    return heap;
}

static void run(void (*body)(struct quarry_heap *heap, struct pool *pool), size_t chunks, size_t align_max_bytes,
                int line)
{
    struct pool pool;
    struct quarry_heap *heap = pool_heap(&pool, chunks * CHUNK_BYTES, UPWARDS, align_max_bytes);
    if (heap == NULL)
        return;
    body(heap, &pool);
    test_called_from(line);
    check_heap_(heap);
    quarry_destroy(heap);
}

/* A test on a heap whose source has so many chunks and gives them upwards. */
#define ON_POOL_HEAP(name, chunks, align_max_bytes)                                                                    \
    TEST_IN(name, run(name##_body, chunks, align_max_bytes, __LINE__), struct quarry_heap *heap,                       \
            MAYBE_UNUSED struct pool *pool)

ON_POOL_HEAP(test_huge_block_on_source_that_takes_nothing_back_is_served_for_ever, 5, 0)
{
    void *first = NULL;
    for (unsigned round = 0; round < 100; round++) {
        void *block = quarry_malloc(heap, 2 * CHUNK_BYTES);
        REQUIRE(block != NULL && (first == NULL || TEST_ADDRESS(block) == TEST_ADDRESS(first)));
        first = block;
        test_fill(block, 2 * CHUNK_BYTES, round);
        quarry_free(heap, block);
        CHECK(check_heap(heap));
    }
    CHECK_EQ(pool->acquires, 2);
}

/* What one freed huge block leaves serves another size, chunks for small blocks, and then itself again. */
ON_POOL_HEAP(test_idle_memory_serves_other_sizes_and_chunks_and_merges, 12, 0)
{
    const size_t most = 8 * CHUNK_BYTES;
    void *block = quarry_malloc(heap, most);
    REQUIRE(block != NULL);
    quarry_free(heap, block);
    const unsigned acquires = pool->acquires;
    const struct quarry_stats empty = stats_of(heap);
    CHECK(empty.largest_free_bytes >= most);
    CHECK_EQ(empty.acquired_bytes, pool->held_bytes);
    for (unsigned round = 0; round < 3; round++) {
        void *parts[4];
        for (unsigned i = 0; i < 4; i++) {
            parts[i] = quarry_malloc(heap, CHUNK_BYTES + 1000 * i);
            CHECK(parts[i] != NULL && check_heap(heap));
        }
        for (unsigned i = 0; i < 4; i++) {
            quarry_free(heap, parts[(i + round) & 3]);
            CHECK(check_heap(heap));
        }
        void *list = NULL;
        for (size_t bytes = 0; bytes < 4 * CHUNK_BYTES; bytes += 256) {
            void **small = quarry_malloc(heap, 256);
            REQUIRE(small != NULL);
            *small = list;
            list = small;
        }
        CHECK(check_heap(heap));
        while (list != NULL) {
            void *next = *(void **)list;
            quarry_free(heap, list);
            list = next;
        }
        CHECK(check_heap(heap));
        CHECK_EQ(stats_of(heap).largest_free_bytes, empty.largest_free_bytes);
        CHECK_EQ(stats_of(heap).free_bytes, empty.free_bytes);
        block = quarry_malloc(heap, most);
        CHECK(block != NULL);
        CHECK_EQ(pool->acquires, acquires);
        quarry_free(heap, block);
        quarry_reset(heap);
        CHECK(check_heap(heap));
        CHECK_EQ(stats_of(heap).largest_free_bytes, empty.largest_free_bytes);
        CHECK_EQ(quarry_trim(heap), 0); /* given back to the source */
    }
}

/* Grows into the idle memory behind, and leaves there what it does not need, without the source. */
ON_POOL_HEAP(test_huge_block_grows_into_idle_memory_and_shrinks, 10, 0)
{
    void *whole = quarry_malloc(heap, 8 * CHUNK_BYTES);
    REQUIRE(whole != NULL);
    quarry_free(heap, whole);
    uint8_t *block = quarry_malloc(heap, 2 * CHUNK_BYTES);
    CHECK_EQ(TEST_ADDRESS(block), TEST_ADDRESS(whole));
    test_fill(block, 2 * CHUNK_BYTES, 1);
    for (size_t chunks = 3; chunks <= 8; chunks++)
        CHECK(quarry_resize(heap, block, chunks * CHUNK_BYTES) && check_heap(heap));
    CHECK(!quarry_resize(heap, block, 9 * CHUNK_BYTES));
    CHECK(quarry_resize(heap, block, 2 * CHUNK_BYTES) && check_heap(heap));
    CHECK_EQ(quarry_usable_size(heap, block), quarry_good_size(heap, 2 * CHUNK_BYTES));
    void *other = quarry_malloc(heap, 5 * CHUNK_BYTES);
    CHECK(other != NULL && !quarry_resize(heap, block, 4 * CHUNK_BYTES));
    quarry_free(heap, other);
    CHECK(quarry_resize(heap, block, 4 * CHUNK_BYTES));
    CHECK(test_is_filled(block, 2 * CHUNK_BYTES, 1));
    quarry_free(heap, block);
    CHECK(check_heap(heap));
    CHECK_EQ(pool->acquires, 2);
}

ON_POOL_HEAP(test_second_free_of_idle_huge_block_is_reported, 5, 0)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("check level 0 trusts its caller");
    void *block = quarry_malloc(heap, 2 * CHUNK_BYTES);
    REQUIRE(block != NULL);
    quarry_free(heap, block);
    quarry_free(heap, block);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    quarry_free(heap, (uint8_t *)block + 64);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK(!quarry_owns(heap, block));
}

/* --- the same sequence again --- */

enum { CALLS = 60, LIVE = 8 };

struct sequence {
    uint32_t seed;
    void *blocks[LIVE];
    size_t bytes[LIVE];
};

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* From one chunk to five, or, in one sequence of four, a few frames apart. */
static size_t huge_bytes(uint32_t *seed, uint32_t kind)
{
    const uint32_t random = next_random(seed) >> 4;
    return (kind & 3) == 0 ? CHUNK_BYTES + random % 5 * FRAME_BYTES : CHUNK_BYTES + random % (4 * CHUNK_BYTES);
}

/* False: a request was not served. */
static bool run_sequence(struct quarry_heap *heap, struct sequence *sequence)
{
    uint32_t seed = sequence->seed;
    for (unsigned i = 0; i < LIVE; i++)
        sequence->blocks[i] = NULL;
    bool served = true;
    for (unsigned call = 0; call < CALLS && served; call++) {
        const unsigned slot = (next_random(&seed) >> 8) % LIVE, what = (next_random(&seed) >> 8) % 8;
        void **block = &sequence->blocks[slot];
        const size_t bytes = huge_bytes(&seed, sequence->seed);
        if (*block != NULL && what < 5) {
            quarry_free(heap, *block);
            *block = NULL;
        } else if (*block != NULL) {
            void *changed =
                    what == 5 && quarry_resize(heap, *block, bytes) ? *block : quarry_realloc(heap, *block, bytes);
            served = changed != NULL;
            *block = served ? changed : *block;
        } else {
            *block = quarry_malloc(heap, bytes);
            served = *block != NULL;
        }
    }
    for (unsigned i = 0; i < LIVE; i++)
        quarry_free(heap, sequence->blocks[i]);
    return served;
}

/* Runs a sequence on a fresh heap; what it acquired is enough for ever. */
static void check_repeats(uint32_t seed, enum order order)
{
    struct pool pool;
    struct sequence sequence = {.seed = seed};
    struct quarry_heap *heap = pool_heap(&pool, 100 * CHUNK_BYTES, order, 0);
    if (heap == NULL)
        return;
    const bool served = run_sequence(heap, &sequence);
    CHECK(quarry_check(heap));
    const unsigned acquires = pool.acquires;
    for (unsigned again = 0; again < 3 && served; again++) {
        CHECK(run_sequence(heap, &sequence));
        CHECK_EQ(pool.acquires, acquires);
        CHECK(quarry_check(heap));
    }
    CHECK_EQ(pool.held_bytes, stats_of(heap).acquired_bytes);
    CHECK_EQ(stats_of(heap).blocks, 0);
    quarry_reset(heap);
    if (served) {
        CHECK(run_sequence(heap, &sequence));
        CHECK_EQ(pool.acquires, acquires);
    }
    quarry_destroy(heap);
}

TEST(test_sequence_of_huge_blocks_that_was_served_acquires_nothing_more)
{
    const unsigned rounds = 50 * TEST_SCALE;
    for (unsigned round = 1; round <= rounds && !test_is_over(); round++) {
        check_repeats(round * 2654435761u, (enum order)(round % ORDERS));
        test_memory_release();
    }
}

TEST(test_sequence_of_huge_blocks_on_source_that_takes_back_acquires_nothing_more)
{
    for (unsigned round = 1; round <= 15 * TEST_SCALE && !test_is_over(); round++) {
        struct test_source source;
        struct sequence sequence = {.seed = round * 2654435761u};
        if (!test_source_init(&source, 64 * CHUNK_BYTES))
            return;
        struct quarry_heap *heap = test_source_heap(&source);
        if (heap == NULL)
            return;
        CHECK(run_sequence(heap, &sequence));
        const size_t peak_bytes = stats_of(heap).acquired_peak_bytes;
        CHECK(run_sequence(heap, &sequence));
        CHECK_EQ(stats_of(heap).acquired_peak_bytes, peak_bytes);
        quarry_destroy(heap);
        CHECK_EQ(source.granted_bytes, 0);
        test_memory_release();
    }
}

/* --- alignment --- */

ON_POOL_HEAP(test_aligned_blocks_of_source_that_can_align_cost_a_frame_each, 24, CHUNK_BYTES)
{
    void *blocks[8];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 8; i++) {
            blocks[i] = quarry_aligned_alloc(heap, CHUNK_BYTES, CHUNK_BYTES);
            REQUIRE(blocks[i] != NULL && (uintptr_t)blocks[i] % CHUNK_BYTES == 0);
            test_fill(blocks[i], quarry_usable_size(heap, blocks[i]), i);
        }
        CHECK(check_heap(heap));
        CHECK(stats_of(heap).acquired_bytes <= CHUNK_BYTES + 8 * (CHUNK_BYTES + FRAME_BYTES));
        CHECK_EQ(pool->acquires, 9);
        for (unsigned i = 0; i < 8; i++) {
            CHECK(test_is_filled(blocks[i], CHUNK_BYTES, i));
            quarry_free(heap, blocks[i]);
            CHECK(check_heap(heap));
        }
    }
}

/* Of every source, each block that is freed can be had again, with the same size and alignment. */
TEST(test_aligned_block_that_was_freed_can_be_had_again)
{
    for (unsigned order = 0; order < 2 * ORDERS; order++) {
        struct pool pool;
        struct quarry_heap *heap = pool_heap(&pool, 40 * CHUNK_BYTES, (enum order)(order / 2),
                                             (order & 1) != 0 ? (size_t)4 * CHUNK_BYTES : 0);
        if (heap == NULL)
            return;
        for (size_t align_bytes = QUARRY_PAGE_BYTES / 2; align_bytes <= 4 * CHUNK_BYTES; align_bytes *= 2) {
            void *block = quarry_aligned_alloc(heap, align_bytes, CHUNK_BYTES + 1);
            REQUIRE(block != NULL && (uintptr_t)block % align_bytes == 0);
            const unsigned acquires = pool.acquires;
            for (unsigned round = 0; round < 3; round++) {
                quarry_free(heap, block);
                block = quarry_aligned_alloc(heap, align_bytes, CHUNK_BYTES + 1);
                CHECK(block != NULL && (uintptr_t)block % align_bytes == 0 && check_heap(heap));
            }
            CHECK_EQ(pool.acquires, acquires);
            CHECK(quarry_resize(heap, block, CHUNK_BYTES / 2) && check_heap(heap));
            quarry_free(heap, block);
        }
        quarry_destroy(heap);
        test_memory_release();
    }
}
