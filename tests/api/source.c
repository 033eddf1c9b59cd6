/* SPDX-License-Identifier: MIT
 *
 * source.c: heaps on a page provider: what they ask it for, with and without the optional callbacks, and that
 * memory refused at any call leaves a sound heap. The provider of the harness keeps a ledger, so a wrong size or a
 * second release is an error of its own. When memory goes back is in chunks.c, huge blocks are in huge.c.
 */
#include "fixture.h"

#define CHUNK_BYTES SMALLEST_CHUNK_BYTES

TEST(test_source_without_acquire_is_refused)
{
    const struct quarry_options options = test_options();
    static const struct quarry_source none;

    CHECK_EQ(quarry_create_from_source(NULL, &options), NULL);
    CHECK_EQ(quarry_create_from_source(&none, &options), NULL);
    CHECK_EQ(quarry_create_from_source(&none, NULL), NULL);
}

TEST(test_source_chunk_bytes_out_of_range_is_refused)
{
    struct quarry_options options = test_options();
    struct test_source source;
    size_t bytes;

    if (!test_source_init(&source, CHUNK_BYTES))
        return;
    for (bytes = 1; bytes != 0; bytes *= 2) {
        options.chunk_bytes = bytes + 1;
        CHECK_EQ(quarry_create_from_source(&source.source, &options), NULL);
        options.chunk_bytes = bytes;
        if (bytes < LEAST_CHUNK_BYTES || bytes > LARGEST_CHUNK_BYTES)
            CHECK_EQ(quarry_create_from_source(&source.source, &options), NULL);
    }
    CHECK_EQ(source.acquires, 0);
}

TEST(test_source_every_chunk_size_gives_working_heap)
{
    struct quarry_options options = test_options();
    struct test_source source;

    for (options.chunk_bytes = CHUNK_BYTES; options.chunk_bytes <= LARGEST_CHUNK_BYTES; options.chunk_bytes *= 2) {
        struct quarry_heap *heap;
        size_t largest_bytes;
        void *block;

        if (test_memory_left() < options.chunk_bytes * 2 || options.chunk_bytes > (size_t)8 << 20)
            break;
        CHECK(test_source_init(&source, options.chunk_bytes));
        heap = quarry_create_from_source(&source.source, &options);
        REQUIRE(heap != NULL);
        CHECK_EQ(stats_of(heap).acquired_bytes, options.chunk_bytes);
        CHECK_EQ(stats_of(heap).chunks, 1);
        check_source(&source, heap);
        largest_bytes = largest_free_bytes(heap);
        CHECK(largest_bytes * 10 > options.chunk_bytes * (QUARRY_CHECK_LEVEL < 2 ? 8 : 7));
        block = t_malloc(heap, largest_bytes);
        CHECK(block != NULL);
        t_free(heap, block);
        expect_all_free(heap, largest_bytes);
        quarry_destroy(heap);
        expect_given_back(&source);
        test_memory_release();
    }
}

TEST(test_source_default_chunk_is_acquired_at_once)
{
    const size_t default_bytes = sizeof(void *) > 4 ? (size_t)2 << 20 : 65536;
    struct test_source source;
    struct quarry_heap *heap;

    if (!test_source_init(&source, default_bytes))
        return;
    heap = quarry_create_from_source(&source.source, NULL);
    REQUIRE(heap != NULL);
    CHECK_EQ(source.acquires, 1);
    CHECK_EQ(source.granted_bytes, default_bytes);
    CHECK(quarry_malloc(heap, 10) != NULL);
    CHECK_EQ(source.acquires, 1);
    quarry_destroy(heap);
    expect_given_back(&source);
}

TEST(test_source_chunk_bytes_zero_among_options_is_the_default)
{
    const struct quarry_options options = test_options();
    struct test_source source;
    struct quarry_heap *heap;

    if (!test_source_init(&source, QUARRY_CHUNK_BYTES))
        return;
    heap = quarry_create_from_source(&source.source, &options);
    REQUIRE(heap != NULL);
    CHECK_EQ(stats_of(heap).acquired_bytes, QUARRY_CHUNK_BYTES);
    quarry_destroy(heap);
    expect_given_back(&source);
}

TEST(test_source_limit_below_chunk_is_refused)
{
    struct quarry_options options = test_options();
    struct test_source source;
    struct quarry_heap *heap;

    if (!test_source_init(&source, CHUNK_BYTES))
        return;
    options.chunk_bytes = CHUNK_BYTES;
    options.limit_bytes = CHUNK_BYTES - 1;
    CHECK_EQ(quarry_create_from_source(&source.source, &options), NULL);
    options.limit_bytes = CHUNK_BYTES;
    heap = quarry_create_from_source(&source.source, &options);
    REQUIRE(heap != NULL);
    CHECK_EQ(stats_of(heap).limit_bytes, CHUNK_BYTES);
    quarry_destroy(heap);
    expect_given_back(&source);
}

TEST(test_source_that_gives_nothing_makes_no_heap)
{
    struct quarry_options options = test_options();
    struct test_source source;

    if (!test_source_init(&source, CHUNK_BYTES))
        return;
    options.chunk_bytes = CHUNK_BYTES;
    source.fail_at = 1;
    CHECK_EQ(quarry_create_from_source(&source.source, &options), NULL);
    CHECK_EQ(source.releases, 0);
    expect_given_back(&source);
}

TEST(test_source_misaligned_first_chunk_is_given_back)
{
    struct quarry_options options = test_options();
    struct test_source source;

    if (!test_source_init(&source, CHUNK_BYTES))
        return;
    options.chunk_bytes = CHUNK_BYTES;
    source.misalign_bytes = 1;
    CHECK_EQ(quarry_create_from_source(&source.source, &options), NULL);
    CHECK_EQ(source.releases, 1);
    expect_given_back(&source);
    source.source.release = NULL; /* then it cannot be given back, but nothing may crash */
    source.misalign_bytes = 4;
    CHECK_EQ(quarry_create_from_source(&source.source, &options), NULL);
}

ON_SOURCE_HEAP(test_source_misaligned_later_memory_is_refused_and_given_back, 4 * CHUNK_BYTES)
{
    struct quarry_stats before;
    struct quarry_stats after;
    unsigned releases;

    CHECK(t_malloc(heap, largest_free_bytes(heap)) != NULL);
    before = stats_of(heap);
    releases = source->releases;
    source->misalign_bytes = 1;
    CHECK_EQ(t_malloc(heap, CHUNK_BYTES / 2), NULL); /* needs another chunk */
    CHECK_EQ(source->releases, releases + 1);
    source->misalign_bytes = 2;
    CHECK_EQ(t_malloc(heap, CHUNK_BYTES * 2), NULL); /* huge */
    CHECK_EQ(source->releases, releases + 2);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    check_source(source, heap);
    CHECK(t_malloc(heap, CHUNK_BYTES / 2) != NULL);
}

/* A history that makes chunks and huge blocks come, grow, shrink and go; any call of the source may fail. */
static void run_history(struct quarry_heap *heap)
{
    static const unsigned char sixteenths[] = {20, 6, 40, 8, 8, 1, 17, 30, 3, 12};
    const unsigned count = sizeof sixteenths;
    void *blocks[sizeof sixteenths];
    unsigned i;

    for (i = 0; i < count; i++) {
        const size_t bytes = CHUNK_BYTES / 16 * sixteenths[i];

        blocks[i] = t_malloc(heap, bytes);
        if (blocks[i] != NULL)
            test_fill(blocks[i], bytes, i);
    }
    for (i = 0; i < count; i++) {
        const size_t bytes = CHUNK_BYTES / 16 * sixteenths[i];
        const size_t new_bytes = CHUNK_BYTES / 16 * sixteenths[count - 1 - i];
        void *moved;

        if (blocks[i] == NULL)
            continue;
        moved = t_realloc(heap, blocks[i], new_bytes);
        CHECK(moved != NULL || new_bytes > bytes);
        if (moved != NULL)
            blocks[i] = moved;
        CHECK(test_is_filled(blocks[i], moved == NULL || bytes < new_bytes ? bytes : new_bytes, i));
    }
    for (i = 0; i < count; i++)
        t_free(heap, blocks[i * 3 % count]);
}

TEST(test_source_failing_at_each_call_leaves_sound_heap)
{
    struct test_source source;
    unsigned fail_at;
    unsigned calls = 1;

    if (!test_source_init(&source, 24 * CHUNK_BYTES))
        return;
    for (fail_at = 1; fail_at <= calls && !test_is_over(); fail_at++) {
        struct quarry_heap *const heap = test_source_heap(&source);
        const unsigned calls_before = source.acquires + source.extends + source.truncates;

        REQUIRE(heap != NULL);
        source.fail_at = fail_at;
        run_history(heap);
        source.fail_at = 0;
        calls = source.acquires + source.extends + source.truncates - calls_before;
        CHECK_EQ(stats_of(heap).blocks, 0);
        check_source(&source, heap);
        quarry_destroy(heap);
        expect_given_back(&source);
    }
    CHECK(calls > 4);
}

/* The same history with each of the eight sets of optional callbacks. */
TEST(test_source_with_any_set_of_callbacks_works)
{
    struct test_source source;
    unsigned set;

    for (set = 0; set < 8 && !test_is_over(); set++) {
        struct quarry_heap *heap;

        if (!test_source_init(&source, 60 * CHUNK_BYTES))
            return;
        source.source.release = (set & 1) != 0 ? source.source.release : NULL;
        source.source.extend = (set & 2) != 0 ? source.source.extend : NULL;
        source.source.truncate = (set & 4) != 0 ? source.source.truncate : NULL;
        heap = test_source_heap(&source);
        REQUIRE(heap != NULL);
        run_history(heap);
        check_source(&source, heap);
        CHECK_EQ(stats_of(heap).blocks, 0);
        quarry_destroy(heap);
        CHECK_EQ(source.errors, 0);
        CHECK_EQ(source.granted_bytes != 0, (set & 1) == 0);
        test_memory_release();
    }
}

/* Without release the heap keeps what it has, so freed memory must serve the next request: or it is lost. */
TEST(test_source_without_release_uses_freed_memory_again)
{
    struct test_source source;
    struct quarry_heap *heap;
    size_t acquired_bytes;
    unsigned i;

    if (!test_source_init(&source, 8 * CHUNK_BYTES))
        return;
    source.source.release = NULL;
    heap = test_source_heap(&source);
    if (heap == NULL)
        return;
    t_free(heap, t_malloc(heap, 2 * CHUNK_BYTES));
    acquired_bytes = stats_of(heap).acquired_bytes;
    for (i = 0; i < 10 && !test_is_over(); i++) {
        void *const block = t_malloc(heap, 2 * CHUNK_BYTES);

        CHECK(block != NULL);
        t_free(heap, block);
        CHECK_EQ(stats_of(heap).acquired_bytes, acquired_bytes);
    }
    CHECK_EQ(quarry_trim(heap), 0);
    quarry_destroy(heap);
}
