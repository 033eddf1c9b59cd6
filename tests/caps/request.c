/* SPDX-License-Identifier: MIT
 *
 * request.c: which memory serves a request, how its blocks lie, what is refused, and the figures.
 */
#include "caps_test.h"

ON_SET(test_caps_request_is_served_by_needed_bits_then_preference)
{
    void *any = quarry_caps_malloc(&s->caps, 0, 10), *dma = quarry_caps_malloc(&s->caps, DMA, 10);
    void *external = quarry_caps_malloc(&s->caps, EXTERNAL, 10);

    CHECK_EQ(quarry_caps_owner(&s->caps, any), &s->memory[0]);
    CHECK_EQ(quarry_caps_owner(&s->caps, dma), &s->memory[1]);
    CHECK_EQ(quarry_caps_owner(&s->caps, external), &s->memory[2]);
    CHECK_EQ(quarry_caps_malloc(&s->caps, DMA | FAST, 10), NULL); /* no memory is both */
    CHECK_EQ(quarry_caps_malloc(&s->caps, RETAINED, 10), NULL);
    quarry_caps_free(&s->caps, any);
    quarry_caps_free(&s->caps, dma);
    quarry_caps_free(&s->caps, external);
    check_set(s);
}

ON_SET(test_caps_request_falls_back_in_order)
{
    static const uint8_t order[] = {2, 0, 1}; /* of a request that prefers EXTERNAL */
    const size_t bytes = MEMORY_BYTES / 8;

    s->leaves_blocks = true;
    for (unsigned i = 0; i < MEMORIES && !test_is_over(); i++) {
        void *block = quarry_caps_malloc(&s->caps, QUARRY_CAPS_PREFER(EXTERNAL), bytes);
        CHECK_EQ(quarry_caps_owner(&s->caps, block), &s->memory[order[i]]);
        fill_memory(&s->memory[order[i]], bytes);
    }
    CHECK_EQ(quarry_caps_malloc(&s->caps, QUARRY_CAPS_PREFER(EXTERNAL), bytes), NULL);
    check_set(s);
}

ON_SET(test_caps_preferred_bits_never_replace_needed_ones)
{
    const size_t bytes = MEMORY_BYTES / 8;
    void *block = quarry_caps_malloc(&s->caps, DMA | QUARRY_CAPS_PREFER(FAST), bytes);

    s->leaves_blocks = true;
    CHECK_EQ(quarry_caps_owner(&s->caps, block), &s->memory[1]);
    fill_memory(&s->memory[1], bytes);
    CHECK_EQ(quarry_caps_malloc(&s->caps, DMA | QUARRY_CAPS_PREFER(FAST), bytes), NULL);
    check_set(s);
}

TEST(test_caps_equal_preferences_are_asked_in_the_order_of_adding)
{
    struct quarry_caps caps = {.on_misuse = test_on_misuse};
    struct quarry_caps_memory memories[] = {caps_memory(FAST, 1, MEMORY_BYTES), caps_memory(FAST, 1, MEMORY_BYTES),
                                            caps_memory(FAST, 2, MEMORY_BYTES)};
    static const uint8_t order[] = {2, 1, 0};

    for (unsigned i = 0; i < 3; i++)
        REQUIRE(memories[i].heap != NULL);
    CHECK(quarry_caps_add(&caps, &memories[1]));
    CHECK(quarry_caps_add(&caps, &memories[0]));
    CHECK(quarry_caps_add(&caps, &memories[2]));
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(quarry_caps_owner(&caps, quarry_caps_malloc(&caps, FAST, 200)), &memories[order[i]]);
        fill_memory(&memories[order[i]], 200);
    }
}

ON_SET(test_caps_blocks_of_a_memory_own_whole_lines)
{
    for (size_t bytes = 0; bytes < 5 * LINE_BYTES && !test_is_over(); bytes += bytes < 3 || bytes > 125 ? 1 : 17) {
        unsigned char *block = quarry_caps_malloc(&s->caps, DMA, bytes);
        const size_t line_bytes = (bytes + LINE_BYTES - (bytes != 0)) / LINE_BYTES * LINE_BYTES;

        REQUIRE(block != NULL);
        CHECK_EQ((uintptr_t)block % LINE_BYTES, 0);
        CHECK(quarry_usable_size(s->memory[1].heap, block) >= line_bytes);
        test_fill(block, line_bytes, 1);
        check_set(s);
        quarry_caps_free(&s->caps, block);
    }
}

ON_SET(test_caps_aligned_alloc_has_both_alignments)
{
    static const uint16_t aligns[] = {1, 8, LINE_BYTES, 2 * LINE_BYTES, 512};

    for (unsigned i = 0; i < sizeof aligns / sizeof aligns[0]; i++) {
        void *dma = quarry_caps_aligned_alloc(&s->caps, DMA, aligns[i], 40);
        void *fast = quarry_caps_aligned_alloc(&s->caps, FAST, aligns[i], 40);

        REQUIRE(dma != NULL && fast != NULL);
        CHECK_EQ((uintptr_t)dma % (aligns[i] > LINE_BYTES ? aligns[i] : LINE_BYTES), 0);
        CHECK_EQ((uintptr_t)fast % aligns[i], 0);
        quarry_caps_free(&s->caps, dma);
        quarry_caps_free(&s->caps, fast);
    }
    CHECK_EQ(quarry_caps_aligned_alloc(&s->caps, DMA, 0, 40), NULL);
    CHECK_EQ(quarry_caps_aligned_alloc(&s->caps, DMA, 48, 40), NULL);
    CHECK_EQ(quarry_caps_aligned_alloc(&s->caps, DMA, SIZE_MAX / 2 + 1, 40), NULL);
    check_set(s);
}

TEST(test_caps_alignment_and_multiple_of_a_memory_hold_each_alone)
{
    struct quarry_caps caps = {.on_misuse = test_on_misuse};
    struct quarry_caps_memory aligned = caps_memory(FAST, 0, 2 * MEMORY_BYTES),
                              multiple = caps_memory(DMA, 0, MEMORY_BYTES);

    REQUIRE(aligned.heap != NULL && multiple.heap != NULL);
    aligned.align_bytes = 256;
    multiple.multiple_bytes = 128;
    CHECK(quarry_caps_add(&caps, &aligned) && quarry_caps_add(&caps, &multiple));
    for (size_t bytes = 0; bytes < 400 && !test_is_over(); bytes += 43) {
        void *block = quarry_caps_malloc(&caps, FAST, bytes), *other = quarry_caps_malloc(&caps, DMA, bytes);

        CHECK(block != NULL && (uintptr_t)block % 256 == 0);
        CHECK(other != NULL &&
              quarry_usable_size(multiple.heap, other) >= (bytes == 0 ? 128 : (bytes + 127) / 128 * 128));
        quarry_caps_free(&caps, other);
    }
}

TEST(test_caps_block_that_crosses_the_end_of_the_window_is_never_handed_out)
{
    struct quarry_caps caps = {.on_misuse = test_on_misuse};
    struct quarry_caps_memory memory = caps_memory(FAST, 0, MEMORY_BYTES);
    size_t blocks = 0;

    REQUIRE(memory.heap != NULL);
    memory.bytes = MEMORY_BYTES / 4 * 3 + 8;
    CHECK(quarry_caps_add(&caps, &memory));
    for (unsigned i = 0; i < 100 && !test_is_over(); i++) {
        void *block = quarry_caps_malloc(&caps, FAST, MEMORY_BYTES / 16);
        const size_t offset = TEST_ADDRESS(block) - TEST_ADDRESS(memory.start);

        CHECK(block == NULL || offset + MEMORY_BYTES / 16 <= memory.bytes);
        blocks += block != NULL;
    }
    CHECK_EQ(stats_of(memory.heap).blocks, QUARRY_STATS ? blocks : 0);
    check_heap(memory.heap);
}

ON_SET(test_caps_calloc_clears_dirty_memory)
{
    for (unsigned round = 0; round < 2; round++) {
        unsigned char *block = quarry_caps_calloc(&s->caps, DMA, 7, 100);

        REQUIRE(block != NULL);
        CHECK(test_is_zero(block, 700));
        test_fill(block, 700, 2);
        quarry_caps_free(&s->caps, block);
    }
}

ON_SET(test_caps_sizes_that_overflow_are_refused)
{
    static const uint32_t bits[] = {FAST, DMA, EXTERNAL, 0};

    for (unsigned i = 0; i < 4; i++) {
        for (size_t less = 0; less < 2 * LINE_BYTES; less += 7)
            CHECK_EQ(quarry_caps_malloc(&s->caps, bits[i], SIZE_MAX - less), NULL);
        CHECK_EQ(quarry_caps_calloc(&s->caps, bits[i], SIZE_MAX / 2, 3), NULL);
        CHECK_EQ(quarry_caps_calloc(&s->caps, bits[i], SIZE_MAX / 2 + 1, 2), NULL);
    }
    check_set(s);
}

enum { SMALLEST_BYTES = sizeof(void *) > 4 ? 16384 : 4096 };

/* A source that, once it is told to, gives memory that lies elsewhere. */
struct stray {
    unsigned char *at;
    unsigned char *elsewhere;
};

static void *stray_acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct stray *stray = context;
    unsigned char *memory = stray->at != NULL ? stray->at : stray->elsewhere;

    (void)align_bytes;
    stray->elsewhere = stray->at != NULL ? stray->elsewhere : NULL;
    stray->at = NULL;
    return bytes > SMALLEST_BYTES ? NULL : memory;
}

static void stray_release(void *context, void *memory, size_t bytes)
{
    (void)bytes;
    ((struct stray *)context)->elsewhere = memory;
}

TEST(test_caps_block_outside_of_the_window_is_never_handed_out)
{
    struct quarry_caps caps = {.on_misuse = test_on_misuse};
    struct quarry_options options = test_options();
    struct stray stray = {test_memory_aligned(SMALLEST_BYTES, 4096), test_memory_aligned(SMALLEST_BYTES, 4096)};
    struct quarry_source source = {.context = &stray, .acquire = stray_acquire, .release = stray_release};
    struct quarry_caps_memory memory = {.start = stray.at, .bytes = SMALLEST_BYTES, .bits = FAST};
    struct quarry_caps_memory other = caps_memory(FAST, -1, MEMORY_BYTES);

    REQUIRE(stray.at != NULL && stray.elsewhere != NULL && other.heap != NULL);
    options.chunk_bytes = SMALLEST_BYTES;
    memory.heap = quarry_create_from_source(&source, &options);
    REQUIRE(memory.heap != NULL);
    CHECK(quarry_caps_add(&caps, &memory) && quarry_caps_add(&caps, &other));
    bool fell_back = false;
    for (unsigned i = 0; i < 1000 && !fell_back && !test_is_over(); i++) {
        void *block = quarry_caps_malloc(&caps, FAST, 100);

        REQUIRE(block != NULL);
        fell_back = quarry_caps_owner(&caps, block) == &other;
        CHECK(fell_back || TEST_ADDRESS(block) - TEST_ADDRESS(memory.start) < SMALLEST_BYTES);
    }
    CHECK(fell_back);
    CHECK_EQ(stats_of(other.heap).blocks, QUARRY_STATS);
    check_heap(memory.heap);
}

ON_SET(test_caps_figures_are_sums_of_the_memories_with_the_bits)
{
    struct quarry_stats all, dma, each;
    void *blocks[] = {quarry_caps_malloc(&s->caps, FAST, 500), quarry_caps_malloc(&s->caps, DMA, 500),
                      quarry_caps_malloc(&s->caps, EXTERNAL, 500)};
    size_t used_bytes = 0, free_bytes = 0, capacity_bytes = 0, free_runs = 0, smallest_bytes = SIZE_MAX;

    CHECK_EQ(quarry_caps_malloc(&s->caps, 0, 3 * MEMORY_BYTES), NULL); /* which each of them refuses */
    quarry_caps_get_stats(&s->caps, 0, &all);
    for (unsigned i = 0; i < MEMORIES; i++) {
        quarry_get_stats(s->memory[i].heap, &each);
        used_bytes += each.used_bytes;
        free_bytes += each.free_bytes;
        capacity_bytes += each.capacity_bytes;
        free_runs += each.free_runs;
        smallest_bytes = each.smallest_free_bytes < smallest_bytes ? each.smallest_free_bytes : smallest_bytes;
    }
    CHECK_EQ(all.acquired_bytes, 4 * MEMORY_BYTES);
    CHECK_EQ(all.used_bytes, used_bytes);
    CHECK_EQ(all.free_bytes, free_bytes);
    CHECK_EQ(all.blocks, QUARRY_STATS ? 3 : 0);
    CHECK_EQ(all.failures, QUARRY_STATS ? 3 : 0);
    CHECK_EQ(all.requests - all.frees, all.blocks);
    CHECK_EQ(all.capacity_bytes, capacity_bytes);
    CHECK_EQ(all.free_runs, free_runs);
    CHECK_EQ(all.smallest_free_bytes, smallest_bytes);
    CHECK_EQ(all.limit_bytes, 0);
    CHECK_EQ(all.largest_free_bytes, largest_free_bytes(s->memory[2].heap));
    quarry_caps_get_stats(&s->caps, DMA | INTERNAL, &dma);
    quarry_get_stats(s->memory[1].heap, &each);
    CHECK_EQ(dma.used_bytes, each.used_bytes);
    CHECK_EQ(dma.blocks, each.blocks);
    CHECK(dma.largest_free_bytes <= each.largest_free_bytes && dma.largest_free_bytes % LINE_BYTES == 0);
    quarry_caps_get_stats(&s->caps, DMA | FAST, &dma);
    CHECK(test_is_zero(&dma, sizeof dma));
    for (unsigned i = 0; i < MEMORIES; i++)
        quarry_caps_free(&s->caps, blocks[i]);
}

ON_SET(test_caps_limit_is_the_sum_only_if_each_memory_has_one)
{
    struct quarry_stats stats;

    for (unsigned i = 0; i < MEMORIES; i++)
        CHECK(quarry_set_limit(s->memory[i].heap, 3 * MEMORY_BYTES + i));
    quarry_caps_get_stats(&s->caps, 0, &stats);
    CHECK_EQ(stats.limit_bytes, 9 * MEMORY_BYTES + 3);
    CHECK(quarry_set_limit(s->memory[1].heap, 0));
    quarry_caps_get_stats(&s->caps, 0, &stats);
    CHECK_EQ(stats.limit_bytes, 0);
    CHECK(quarry_set_limit(s->memory[0].heap, SIZE_MAX) && quarry_set_limit(s->memory[1].heap, SIZE_MAX));
    quarry_caps_get_stats(&s->caps, 0, &stats);
    CHECK_EQ(stats.limit_bytes, SIZE_MAX);
}

ON_SET(test_caps_largest_free_bytes_are_served)
{
    void *blocks[12];

    for (unsigned i = 0; i < 12; i++)
        blocks[i] = quarry_caps_malloc(&s->caps, DMA, test_random_below(MEMORY_BYTES / 16));
    for (unsigned round = 0; round < 12 && !test_is_over(); round++) {
        struct quarry_stats stats;
        quarry_caps_get_stats(&s->caps, DMA, &stats);
        void *block = quarry_caps_malloc(&s->caps, DMA, stats.largest_free_bytes);
        CHECK(block != NULL);
        quarry_caps_free(&s->caps, block);
        quarry_caps_free(&s->caps, blocks[(round * 5) % 12]);
    }
}
