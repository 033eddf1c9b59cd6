/* SPDX-License-Identifier: MIT
 *
 * other_heap.c: a live block of one heap is given to another heap: beside it, around it (a nested heap's block to
 * the parent) and inside it (the parent's block to the nested heap). The block stays live where it is.
 */
#include "misuse.h"

#define BESIDE_BYTES ((size_t)(sizeof(void *) > 4 ? 8192u : 2048u))

static struct quarry_heap *beside(void)
{
    return test_heap(BESIDE_BYTES, 0);
}

MISUSE(test_small_of_other_heap_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    struct quarry_heap *const other = beside();

    keep(m, SMALL_BYTES);
    return other == NULL ? NULL : quarry_malloc(other, SMALL_BYTES);
}

MISUSE(test_large_of_other_heap_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    struct quarry_heap *const other = beside();

    keep(m, LARGE_BYTES);
    return other == NULL ? NULL : quarry_malloc(other, LARGE_BYTES);
}

static struct quarry_heap *nest(struct misuse_case *m)
{
    const struct quarry_source source = quarry_source_from_heap(m->heap);
    struct quarry_options options = test_options();
    struct quarry_heap *nested;

    options.chunk_bytes = SMALLEST_CHUNK_BYTES;
    nested = quarry_create_from_source(&source, &options);
    CHECK(nested != NULL);
    return nested;
}

/* The nested heap's memory is a live block of the parent: it must not be watched for contents, but freed. */
MISUSE_ON_SOURCE(test_block_of_nested_heap_given_to_parent_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    struct quarry_heap *const nested = nest(m);
    void *block;

    if (nested == NULL)
        return NULL;
    block = quarry_malloc(nested, SMALL_BYTES);
    misuse_each_way(m, block, KIND(QUARRY_INVALID_POINTER));
    CHECK(quarry_owns(nested, block));
    check_heap_(nested);
    quarry_destroy(nested);
    return &m->largest_bytes;
}

TEST(test_block_of_parent_given_to_nested_heap_is_reported)
{
    struct misuse_case m;
    struct quarry_heap *nested;
    void *block;

    if (!misuse_begin(&m, true))
        return;
    block = keep(&m, SMALL_BYTES);
    nested = nest(&m);
    if (nested == NULL)
        return;
    quarry_free(nested, block);
    expect_misuse(nested, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_realloc(nested, block, 200), NULL);
    expect_misuse(nested, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_usable_size(nested, block), 0);
    expect_misuse(nested, KIND(QUARRY_INVALID_POINTER));
    CHECK(!quarry_owns(nested, block));
    check_heap(nested);
    quarry_destroy(nested);
    misuse_end(&m);
}
