/* SPDX-License-Identifier: MIT
 *
 * plain_heap.c: a heap that quarry_create() made as the current heap: blocks, limit and figures work; what only request
 * heaps can do is reported.
 */
#include "emalloc_test.h"

/* No manager is needed. */
static void run(void (*body)(struct quarry_heap *heap), int line)
{
    struct quarry_heap *heap = test_heap(CHUNK, 0);

    if (heap == NULL)
        return;
    zend_mm_set_heap(heap);
    body(heap);
    test_called_from(line);
    check_heap_(heap);
    CHECK_EQ(zend_mm_set_heap(NULL), heap);
}

/* A test whose current heap is such a heap. */
#define ON_PLAIN_HEAP(name) TEST_IN(name, run(name##_body, __LINE__), struct quarry_heap *heap)

ON_PLAIN_HEAP(test_plain_heap_serves_every_call_for_blocks)
{
    unsigned char *block, *other;
    char *text;

    CHECK(is_zend_mm());
    block = emalloc(16);
    CHECK(quarry_owns(heap, block));
    test_fill(block, 16, 1);
    block = erealloc(block, 100);
    CHECK(test_is_filled(block, 16, 1));
    block = erealloc2(block, LARGE_BYTES, 16);
    CHECK(test_is_filled(block, 16, 1));
    block = safe_erealloc(block, 5, 6, 7);
    CHECK_EQ(zend_mem_block_size(block), quarry_good_size(heap, 37));
    other = ecalloc(3, 30);
    CHECK(test_is_zero(other, 90));
    text = estrdup("plain");
    CHECK(texts_are_equal(text, "plain"));
    efree(block);
    efree_size(other, 90);
    efree_size(text, 6);
    block = emalloc(32);
    efree_size(block, 32);
    CHECK_EQ(stats_of(heap).blocks, 0);
}

ON_PLAIN_HEAP(test_plain_heap_that_is_full_runs_out)
{
    const size_t bytes = opaque_size(CHUNK);

    EXPECT_OOM(emalloc(bytes), heap, bytes);
    CHECK_EQ(femalloc(bytes, true), NULL);
    CHECK_EQ(safe_femalloc(bytes, SIZE_MAX, 1, true), NULL);
}

ON_PLAIN_HEAP(test_plain_heap_reports_misuse)
{
    NEEDS_CHECKS();
    void *block;

    block = emalloc(16);
    CHECK(emalloc(16) != NULL);
    efree(block);
    efree(opaque_pointer(block));
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    efree_size(opaque_pointer(block), 16);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    CHECK_EQ(erealloc(opaque_pointer(block), 30), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    CHECK_EQ(erealloc2(opaque_pointer(block), 30, 8), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
}

ON_PLAIN_HEAP(test_plain_heap_has_figures_and_limit)
{
    void *block;

    block = emalloc(LARGE_BYTES);
    CHECK_EQ(zend_memory_usage(true), stats_of(heap).acquired_bytes);
    CHECK_EQ(zend_memory_peak_usage(true), stats_of(heap).acquired_peak_bytes);
    CHECK_EQ(zend_memory_usage(false), QUARRY_STATS ? quarry_good_size(heap, LARGE_BYTES) : zend_memory_usage(true));
    efree(block);
    CHECK(zend_memory_peak_usage(false) >= LARGE_BYTES);
    zend_memory_reset_peak_usage();
    CHECK_EQ(zend_memory_peak_usage(false), zend_memory_usage(false));
    CHECK_EQ(zend_set_memory_limit(CHUNK / 2), FAILURE);
    CHECK_EQ(zend_set_memory_limit(2 * CHUNK), SUCCESS);
    CHECK_EQ(stats_of(heap).limit_bytes, 2 * CHUNK);
    CHECK_EQ(zend_mm_gc(heap), 0);
}

static void *never_malloc(size_t bytes)
{
    (void)bytes;
    CHECK(false);
    return NULL;
}

static void never_free(void *block)
{
    (void)block;
    CHECK(false);
}

static void *never_realloc(void *block, size_t bytes)
{
    (void)block;
    return never_malloc(bytes);
}

ON_PLAIN_HEAP(test_plain_heap_reports_what_it_cannot_have)
{
    NEEDS_CHECKS();
    struct quarry_observer observer = {.context = NULL};
    void *(*malloc_set)(size_t) = never_malloc;
    void (*free_set)(void *) = never_free;
    void *(*realloc_set)(void *, size_t) = never_realloc;

    zend_mm_set_custom_handlers(heap, never_malloc, never_free, never_realloc);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    zend_mm_get_custom_handlers(heap, &malloc_set, &free_set, &realloc_set);
    CHECK(malloc_set == NULL && free_set == NULL && realloc_set == NULL);
    CHECK(!zend_mm_is_custom_heap(heap));
    CHECK(!quarry_add_observer(heap, &observer));
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK(!quarry_remove_observer(heap, &observer));
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    zend_mm_set_fallible(true);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK(!zend_mm_is_fallible());
    zend_mm_set_max_allocs(1);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK(!zend_mm_max_allocs_hit());
    efree(emalloc(16));
}

ON_SOURCE_HEAP(test_plain_heap_on_source_serves_and_gives_back, 5 * CHUNK)
{
    void *blocks[3];
    size_t granted_bytes, given_bytes;

    zend_mm_set_heap(heap);
    for (unsigned i = 0; i < 3; i++)
        blocks[i] = emalloc(BIG_BYTES);
    CHECK_EQ(zend_memory_usage(true), source->granted_bytes);
    efree(blocks[1]);
    efree(blocks[2]);
    granted_bytes = source->granted_bytes;
    given_bytes = zend_mm_gc(heap);
    CHECK_EQ(given_bytes, granted_bytes - source->granted_bytes);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    efree_size(emalloc(16), 16);
    check_heap(heap);
    zend_mm_shutdown(heap, true, true);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    source->heap = NULL;
}
