/* SPDX-License-Identifier: MIT
 *
 * custom.c: custom handlers: every call goes to them and nothing else does, and back to none Quarry serves again. The
 * handlers deal out a piece of static memory upwards, each block with its length in front, and count.
 */
#include "emalloc_test.h"

enum { POOL_WORDS = 96, HEADER_WORDS = 2 };

static struct {
    unsigned mallocs, frees, reallocs, gcs, shutdowns;
    bool full, silent;
    bool refuses;
    size_t bytes; /* of the last request */
    void *block;  /* the last one handled */
    const char *file, *orig_file;
    uint32_t line, orig_line;
    size_t used_words;
    uintptr_t pool[POOL_WORDS] __attribute__((aligned(16)));
} handlers;

static void forget(void)
{
    handlers.mallocs = handlers.frees = handlers.reallocs = handlers.gcs = handlers.shutdowns = 0;
    handlers.refuses = false;
    handlers.used_words = 0;
}

static void *take(size_t bytes)
{
    const size_t words = HEADER_WORDS + (bytes + sizeof(uintptr_t) - 1) / sizeof(uintptr_t);
    uintptr_t *header = handlers.pool + handlers.used_words;

    handlers.bytes = bytes;
    if (handlers.refuses || words > POOL_WORDS - handlers.used_words)
        return NULL;
    handlers.used_words += words;
    header[0] = bytes;
    return handlers.block = header + HEADER_WORDS;
}

static void *my_malloc(size_t bytes)
{
    handlers.mallocs++;
    return take(bytes);
}

static void my_free(void *block)
{
    handlers.frees++;
    handlers.block = block;
}

static void *my_realloc(void *block, size_t bytes)
{
    unsigned char *moved = take(bytes), *from = block;

    handlers.reallocs++;
    for (size_t i = 0; moved != NULL && i < bytes && i < ((uintptr_t *)block)[-HEADER_WORDS]; i++)
        moved[i] = from[i];
    return moved;
}

static size_t my_gc(void)
{
    handlers.gcs++;
    return 1234;
}

static void my_shutdown(bool full, bool silent)
{
    handlers.shutdowns++;
    handlers.full = full;
    handlers.silent = silent;
}

static bool is_in_pool(const void *block)
{
    return (uintptr_t)block - (uintptr_t)handlers.pool < sizeof handlers.pool;
}

static void set_handlers(zend_mm_heap *heap)
{
    forget();
    zend_mm_set_custom_handlers(heap, my_malloc, my_free, my_realloc);
}

ON_REGION(test_custom_handlers_serve_every_call)
{
    unsigned char *block, *other;

    efree(emalloc(16)); /* a slot for the hot path, if it were open */
    set_handlers(s->heap);
    CHECK(zend_mm_is_custom_heap(s->heap));
    CHECK(!is_zend_mm());
    block = emalloc(16);
    CHECK_EQ(block, handlers.block);
    CHECK_EQ(handlers.bytes, 16);
    test_fill(block, 16, 1);
    block = erealloc(block, 30);
    CHECK_EQ(block, handlers.block);
    block = erealloc2(block, 40, 16);
    CHECK(test_is_filled(block, 16, 1));
    CHECK_EQ(handlers.reallocs, 2);
    other = erealloc(NULL, 10);
    CHECK_EQ(handlers.mallocs, 2);
    other = ecalloc(2, 20);
    CHECK_EQ(handlers.bytes, 40);
    CHECK(test_is_zero(other, 40));
    CHECK(texts_are_equal(estrdup("custom"), "custom"));
    CHECK_EQ(handlers.bytes, 7);
    CHECK(is_in_pool(femalloc(20, true)));
    CHECK(is_in_pool(zend_mm_alloc(s->heap, 21)));
    CHECK_EQ(handlers.mallocs, 6);
    efree(block);
    CHECK_EQ(handlers.block, block);
    efree_size(other, 40);
    CHECK_EQ(handlers.block, other);
    zend_mm_free(s->heap, block);
    CHECK_EQ(handlers.frees, 3);
    efree(NULL);
    CHECK_EQ(handlers.frees, 3);
    CHECK_EQ(zend_mem_block_size(other), 0);
    CHECK_EQ(stats_of(s->heap).blocks, 0);
    check_heap(s->heap);
}

ON_REGION(test_custom_handlers_serve_only_their_heap)
{
    void *block;

    set_handlers(s->heap);
    block = pemalloc(20, true);
    CHECK(quarry_owns(s->persistent, block));
    zend_mm_set_heap(s->persistent);
    CHECK(!zend_mm_is_custom_heap(s->persistent));
    efree(emalloc(16));
    CHECK_EQ(handlers.mallocs + handlers.frees, 0);
}

ON_REGION(test_custom_handlers_can_be_asked_for)
{
    void *(*malloc_set)(size_t);
    void (*free_set)(void *);
    void *(*realloc_set)(void *, size_t);
    size_t (*gc_set)(void);
    void (*shutdown_set)(bool, bool);

    zend_mm_get_custom_handlers_ex(s->heap, &malloc_set, &free_set, &realloc_set, &gc_set, &shutdown_set);
    CHECK(malloc_set == NULL && free_set == NULL && realloc_set == NULL && gc_set == NULL && shutdown_set == NULL);
    set_handlers(s->heap);
    zend_mm_get_custom_handlers(s->heap, &malloc_set, &free_set, &realloc_set);
    CHECK(malloc_set == my_malloc && free_set == my_free && realloc_set == my_realloc);
    zend_mm_get_custom_handlers_ex(s->heap, &malloc_set, &free_set, &realloc_set, &gc_set, &shutdown_set);
    CHECK(gc_set == NULL && shutdown_set == NULL);
    zend_mm_set_custom_handlers_ex(s->heap, my_malloc, my_free, my_realloc, my_gc, my_shutdown);
    zend_mm_get_custom_handlers_ex(s->heap, &malloc_set, &free_set, &realloc_set, &gc_set, &shutdown_set);
    CHECK(malloc_set == my_malloc && gc_set == my_gc && shutdown_set == my_shutdown);
}

ON_REGION(test_custom_handlers_gone_let_quarry_serve_again)
{
    unsigned char *before = emalloc(16), *block;

    test_fill(before, 16, 1);
    set_handlers(s->heap);
    zend_mm_set_custom_handlers(s->heap, NULL, NULL, NULL);
    CHECK(!zend_mm_is_custom_heap(s->heap));
    CHECK(is_zend_mm());
    block = emalloc(16);
    CHECK(quarry_owns(s->heap, block));
    CHECK_EQ(handlers.mallocs, 0);
    CHECK(test_is_filled(before, 16, 1));
    efree_size(block, 16);
    efree(before);
    CHECK_EQ(handlers.frees, 0);
    CHECK_EQ(stats_of(s->heap).blocks, 0);
    check_heap(s->heap);
}

ON_REGION(test_custom_handlers_end_of_request_frees_older_blocks)
{
    void *before = emalloc(opaque_size(16));

    set_handlers(s->heap);
    CHECK(quarry_owns(s->heap, before));
    shutdown_memory_manager(true, false);
    CHECK(!quarry_owns(s->heap, before));
    CHECK(zend_mm_is_custom_heap(s->heap)); /* handlers stay */
    CHECK(is_in_pool(emalloc(16)));
    check_heap(s->heap);
}

ON_REGION_OF(test_custom_gc_and_shutdown_are_called, 3)
{
    zend_mm_heap *heap = zend_mm_startup();

    REQUIRE(heap != NULL);
    forget();
    zend_mm_set_custom_handlers_ex(heap, my_malloc, my_free, my_realloc, my_gc, my_shutdown);
    CHECK_EQ(zend_mm_gc(heap), 1234);
    CHECK_EQ(handlers.gcs, 1);
    zend_mm_shutdown(heap, false, true);
    CHECK_EQ(handlers.shutdowns, 1);
    CHECK(!handlers.full && handlers.silent);
    zend_mm_shutdown(heap, true, false);
    CHECK_EQ(handlers.shutdowns, 2);
    CHECK(handlers.full && !handlers.silent);
}

ON_REGION_OF(test_custom_without_gc_and_shutdown_gives_memory_back, 3)
{
    const struct quarry_stats before = stats_of(s->persistent);
    zend_mm_heap *heap = zend_mm_startup();
    struct quarry_stats after;

    REQUIRE(heap != NULL);
    set_handlers(heap);
    CHECK_EQ(zend_mm_gc(heap), 0);
    zend_mm_shutdown(heap, false, true);
    zend_mm_shutdown(heap, true, true);
    after = stats_of(s->persistent);
    CHECK(stats_are_equal(&before, &after));
}

/* --- failing --- */

ON_REGION(test_custom_handler_that_answers_null_runs_out)
{
    void *block;

    set_handlers(s->heap);
    block = emalloc(16);
    handlers.refuses = true;
    EXPECT_OOM(emalloc(16), s->heap, 16);
    EXPECT_OOM(erealloc(block, 30), s->heap, 30);
    EXPECT_OOM(erealloc2(block, 30, 16), s->heap, 30);
    EXPECT_OOM(ecalloc(2, 20), s->heap, 40);
    EXPECT_OOM(estrdup("custom"), s->heap, 7);
    CHECK_EQ(femalloc(16, true), NULL);
    CHECK_EQ(ferealloc(block, 30, true), NULL);
    zend_mm_set_fallible(true);
    CHECK_EQ(emalloc(16), NULL);
    CHECK_EQ(erealloc(block, 30), NULL);
}

/* The same where the heap has, or had, blocks of its own, which QUARRY_TRACK notes. */
ON_REGION(test_custom_handler_that_answers_null_in_used_heap_runs_out)
{
    void *block;

    CHECK(emalloc(16) != NULL);
    set_handlers(s->heap);
    block = emalloc(16);
    handlers.refuses = true;
    EXPECT_OOM(erealloc(block, 30), s->heap, 30);
}

/* A handler that adds a header of its own to such a size would answer a block that is too small. */
ON_REGION(test_custom_handlers_are_not_asked_for_sizes_that_overflow)
{
    const size_t half = opaque_size((size_t)1 << (sizeof(size_t) * 4));
    void *block;

    set_handlers(s->heap);
    block = emalloc(16);
    EXPECT_OOM(ecalloc(half, half), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_emalloc(half, half, 8), s->heap, SIZE_MAX);
    EXPECT_OOM(safe_erealloc(block, half, half, 8), s->heap, SIZE_MAX);
    EXPECT_OOM(estrndup("", opaque_size(SIZE_MAX)), s->heap, SIZE_MAX);
    CHECK_EQ(safe_femalloc(half, half, 8, true), NULL);
    CHECK_EQ(handlers.mallocs, 1);
    CHECK_EQ(handlers.reallocs, 0);
}

ON_REGION(test_custom_handlers_obey_max_allocs)
{
    set_handlers(s->heap);
    zend_mm_set_max_allocs(1);
    CHECK(emalloc(16) != NULL);
    EXPECT_OOM(emalloc(16), s->heap, 16);
    CHECK_EQ(handlers.mallocs, 1);
    zend_mm_set_max_allocs(0);
    CHECK(is_in_pool(emalloc(16)));
}

/* --- handlers that are told the place --- */

static void note(const char *file, uint32_t line, const char *orig_file, uint32_t orig_line)
{
    handlers.file = file;
    handlers.line = line;
    handlers.orig_file = orig_file;
    handlers.orig_line = orig_line;
}

static void *debug_malloc(size_t bytes, const char *file, uint32_t line, const char *orig_file, uint32_t orig_line)
{
    note(file, line, orig_file, orig_line);
    return my_malloc(bytes);
}

static void debug_free(void *block, const char *file, uint32_t line, const char *orig_file, uint32_t orig_line)
{
    note(file, line, orig_file, orig_line);
    my_free(block);
}

static void *debug_realloc(void *block, size_t bytes, const char *file, uint32_t line, const char *orig_file,
                           uint32_t orig_line)
{
    note(file, line, orig_file, orig_line);
    return my_realloc(block, bytes);
}

/* The last call came from this line of this file; through a wrapper in orig_line, 0: directly. */
static void check_place(uint32_t line, uint32_t orig_line)
{
    if (QUARRY_TRACK == 0) {
        CHECK(handlers.file == NULL && handlers.orig_file == NULL);
        CHECK_EQ(handlers.line, 0);
        CHECK_EQ(handlers.orig_line, 0);
        return;
    }
    CHECK(texts_are_equal(handlers.file, __FILE__));
    CHECK_EQ(handlers.line, line);
    CHECK_EQ(handlers.orig_line, orig_line);
    CHECK_EQ(handlers.orig_file != NULL, orig_line != 0);
    CHECK(orig_line == 0 || texts_are_equal(handlers.orig_file, __FILE__));
}

enum { WRAPPER_LINE = __LINE__ + 3 };
static void *wrapper(int unused ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    void *block = emalloc_rel(opaque_size(20));

    (void)unused;
#if QUARRY_TRACK
    (void)__zend_orig_filename, (void)__zend_orig_lineno;
#endif
    return block;
}

ON_REGION(test_custom_debug_handlers_are_told_the_place)
{
    void *(*malloc_set)(size_t) = my_malloc;
    void (*free_set)(void *) = my_free;
    void *(*realloc_set)(void *, size_t) = my_realloc;
    void *block;

    forget();
    zend_mm_set_custom_debug_handlers(s->heap, debug_malloc, debug_free, debug_realloc);
    CHECK(zend_mm_is_custom_heap(s->heap));
    zend_mm_get_custom_handlers(s->heap, &malloc_set, &free_set, &realloc_set);
    CHECK(malloc_set == NULL && free_set == NULL && realloc_set == NULL);
    block = emalloc(16), check_place(__LINE__, 0);
    block = erealloc(block, 30), check_place(__LINE__, 0);
    efree(block), check_place(__LINE__, 0);
    CHECK(ecalloc(3, 10) != NULL), check_place(__LINE__, 0);
    block = wrapper(0 ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC), check_place(__LINE__, WRAPPER_LINE);
    efree_size(block, 20), check_place(__LINE__, 0);
    CHECK_EQ(handlers.mallocs, 3);
    CHECK_EQ(handlers.reallocs, 1);
    CHECK_EQ(handlers.frees, 2);
    zend_mm_set_custom_debug_handlers(s->heap, NULL, NULL, NULL);
    CHECK(!zend_mm_is_custom_heap(s->heap));
    CHECK(quarry_owns(s->heap, emalloc(16)));
}

ON_REGION_OF(test_custom_handlers_for_tracked_heap_are_reported, 4)
{
    NEEDS_CHECKS();
    zend_mm_heap *tracked = zend_mm_startup_tracked();
    void *block;

    REQUIRE(tracked != NULL);
    zend_mm_set_heap(tracked);
    block = emalloc(20);
    zend_mm_set_custom_handlers(tracked, my_malloc, my_free, my_realloc);
    expect_misuse(tracked, KIND(QUARRY_INVALID_POINTER));
    zend_mm_set_custom_handlers(tracked, NULL, NULL, NULL);
    expect_misuse(tracked, KIND(QUARRY_INVALID_POINTER));
    CHECK(zend_mm_is_custom_heap(tracked));
    efree(block); /* as before */
    zend_mm_shutdown(tracked, true, true);
}

ON_REGION(test_custom_handlers_that_are_not_all_there_are_none)
{
    forget();
    zend_mm_set_custom_handlers(s->heap, my_malloc, NULL, my_realloc);
    CHECK(!zend_mm_is_custom_heap(s->heap));
    zend_mm_set_custom_handlers(s->heap, my_malloc, my_free, NULL);
    CHECK(!zend_mm_is_custom_heap(s->heap));
    zend_mm_set_custom_debug_handlers(s->heap, debug_malloc, NULL, debug_realloc);
    CHECK(!zend_mm_is_custom_heap(s->heap));
    zend_mm_set_custom_debug_handlers(s->heap, debug_malloc, debug_free, NULL);
    CHECK(!zend_mm_is_custom_heap(s->heap));
    CHECK(quarry_owns(s->heap, emalloc(16)));
    CHECK_EQ(handlers.mallocs, 0);
}
