/* SPDX-License-Identifier: MIT
 *
 * nested.c: heaps that take their memory from heaps (quarry_source_from_heap()), two levels deep: blocks of a
 * nested heap lie in blocks of its parent, and destroying the nested heap leaves the parent as it was.
 */
#include "fixture.h"

#define CHUNK_BYTES SMALLEST_CHUNK_BYTES

static struct quarry_heap *nest(struct quarry_heap *parent, size_t limit_bytes)
{
    const struct quarry_source source = quarry_source_from_heap(parent);
    struct quarry_options options = test_options();
    struct quarry_heap *heap;

    options.chunk_bytes = CHUNK_BYTES;
    options.limit_bytes = limit_bytes;
    heap = quarry_create_from_source(&source, &options);
    CHECK(heap != NULL);
    return heap;
}

static void run(void (*body)(struct quarry_heap *parent, struct quarry_heap *heap), size_t chunks, size_t limit_bytes,
                int line)
{
    struct quarry_heap *const parent = test_heap(chunks * CHUNK_BYTES, 0);
    struct quarry_heap *heap;
    size_t largest_bytes;

    if (parent == NULL)
        return;
    largest_bytes = largest_free_bytes(parent);
    heap = nest(parent, limit_bytes);
    if (heap == NULL)
        return;
    body(parent, heap);
    test_called_from(line);
    check_heap_(heap);
    quarry_destroy(heap);
    expect_all_free_(parent, largest_bytes);
}

/* A test on a heap in a parent of so many chunks, which has no block afterwards. */
#define ON_NESTED_HEAP(name, chunks, limit_bytes)                                                                      \
    TEST_IN(name, run(name##_body, chunks, limit_bytes, __LINE__), MAYBE_UNUSED struct quarry_heap *parent,            \
            struct quarry_heap *heap)

ON_NESTED_HEAP(test_nested_heap_lives_in_parent_and_leaves_nothing, 6, 0)
{
    unsigned i;

    CHECK_EQ(stats_of(parent).blocks, QUARRY_STATS ? 1 : 0);
    for (i = 0; i < 60 && !test_is_over(); i++) {
        void *const block = t_malloc(heap, test_random_below(i % 10 == 0 ? 2 * CHUNK_BYTES : 200));

        CHECK(block == NULL || !quarry_owns(parent, block));
        check_heap(parent);
        if (i % 3 == 0)
            t_free(heap, block);
    }
}

ON_NESTED_HEAP(test_nested_heap_gets_null_when_parent_is_full, 3, 0)
{
    while (quarry_malloc(heap, 100) != NULL)
        continue;
    CHECK_EQ(quarry_malloc(heap, CHUNK_BYTES), NULL);
    check_heap(heap);
    check_heap(parent);
    quarry_reset(heap);
    CHECK_EQ(stats_of(parent).blocks, QUARRY_STATS ? 1 : 0);
}

ON_NESTED_HEAP(test_nested_huge_block_stays_where_parent_has_no_room_to_extend_it, 6, 0)
{
    unsigned char *block;

    block = quarry_malloc(heap, CHUNK_BYTES + 100);
    REQUIRE(block != NULL);
    test_fill(block, CHUNK_BYTES + 100, 5);
    CHECK(!quarry_resize(heap, block, 7 * CHUNK_BYTES));
    CHECK(test_is_filled(block, CHUNK_BYTES + 100, 5));
}

ON_NESTED_HEAP(test_nested_heap_limit_spares_parent, 4, CHUNK_BYTES)
{
    void *block;

    while (quarry_malloc(heap, 50) != NULL)
        continue;
    block = t_malloc(parent, CHUNK_BYTES);
    CHECK(block != NULL);
    CHECK_EQ(quarry_malloc(heap, 50), NULL);
    t_free(parent, block);
}

ON_NESTED_HEAP(test_two_levels_of_nesting_leave_nothing, 12, 0)
{
    struct quarry_heap *const inner = nest(heap, 0);
    unsigned i;

    if (inner == NULL)
        return;
    for (i = 0; i < 40 && !test_is_over(); i++) {
        void *const block = t_malloc(inner, test_random_below(CHUNK_BYTES / 4));
        void *const beside = t_malloc(heap, test_random_below(100));

        if (block != NULL)
            test_fill(block, quarry_usable_size(inner, block), i);
        check_heap(heap);
        check_heap(parent);
        if (i % 2 == 0)
            t_free(inner, block);
        if (i % 4 == 0)
            t_free(heap, beside);
    }
    quarry_destroy(inner);
    check_heap(heap);
    check_heap(parent);
}

ON_NESTED_HEAP(test_nested_huge_block_resizes_through_parent, 12, 0)
{
    unsigned char *block;

    block = t_malloc(heap, 2 * CHUNK_BYTES);
    REQUIRE(block != NULL);
    test_fill(block, 2 * CHUNK_BYTES, 1);
    CHECK_EQ(t_realloc(heap, block, 4 * CHUNK_BYTES), block); /* free pages follow in the parent */
    CHECK_EQ(t_realloc(heap, block, 2 * CHUNK_BYTES), block);
    CHECK(test_is_filled(block, 2 * CHUNK_BYTES, 1));
    check_heap(parent);
    t_free(heap, block);
    quarry_trim(heap);
    CHECK_EQ(stats_of(heap).acquired_bytes, CHUNK_BYTES);
}

/* A request heap: made, filled and thrown away many times over, also when its parent lies on a source. */
ON_SOURCE_HEAP(test_nested_heap_made_and_destroyed_often_leaks_nothing, 16 * CHUNK_BYTES)
{
    unsigned i;

    for (i = 0; i < 20 && !test_is_over(); i++) {
        struct quarry_heap *const nested = nest(heap, 0);
        unsigned blocks;

        REQUIRE(nested != NULL);
        for (blocks = 0; blocks < i; blocks++)
            quarry_malloc(nested, test_random_below(CHUNK_BYTES / 4));
        check_heap(nested);
        quarry_destroy(nested);
        CHECK_EQ(stats_of(heap).blocks, 0);
        check_heap(heap);
        check_source(source, heap);
    }
}
