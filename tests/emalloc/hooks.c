/* SPDX-License-Identifier: MIT
 *
 * hooks.c: what on_oom does while a block is being changed: it may free that very block, resize it, or free others.
 * Every way of changing a block finds the block again afterwards: a dead one is reported, and nothing is copied from
 * it; a live one keeps its contents.
 */
#include "emalloc_test.h"

/* --- every way of changing a block --- */

static void *by_erealloc(void *block, size_t bytes)
{
    return erealloc(block, bytes);
}

static void *by_erealloc2(void *block, size_t bytes)
{
    return erealloc2(block, bytes, bytes);
}

static void *by_safe_erealloc(void *block, size_t bytes)
{
    return safe_erealloc(block, bytes / 4, 4, bytes % 4);
}

static void *by_ferealloc(void *block, size_t bytes)
{
    return ferealloc(block, bytes, true);
}

static void *by_ferealloc2(void *block, size_t bytes)
{
    return ferealloc2(block, bytes, bytes, true);
}

static void *by_safe_ferealloc(void *block, size_t bytes)
{
    return safe_ferealloc(block, bytes / 4, 4, bytes % 4, true);
}

static void *by_zend_mm_realloc(void *block, size_t bytes)
{
    return zend_mm_realloc(zend_mm_get_heap(), block, bytes);
}

static void *by_zend_mm_realloc2(void *block, size_t bytes)
{
    return zend_mm_realloc2(zend_mm_get_heap(), block, bytes, bytes);
}

static void *(*const ways[])(void *block, size_t bytes) = {by_erealloc,        by_erealloc2,       by_safe_erealloc,
                                                           by_ferealloc,       by_ferealloc2,      by_safe_ferealloc,
                                                           by_zend_mm_realloc, by_zend_mm_realloc2};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* --- the hook --- */

/* The block that is changed, and one behind it, which has as many bytes. */
#define BLOCK_BYTES (2 * LARGE_BYTES)

static struct {
    unsigned char *block, *spare;
    bool frees_block, frees_spare;
    size_t resizes_to; /* 0: it does not */
    unsigned calls;
} hook;

/* What it frees the second time it is asked is gone. */
static bool change_something(void *context, struct quarry_heap *heap, size_t bytes)
{
    (void)context, (void)bytes;
    bool helps = hook.frees_block || hook.frees_spare || hook.resizes_to != 0;
    hook.calls++;
    if (hook.resizes_to != 0)
        CHECK(quarry_resize(heap, hook.block, hook.resizes_to));
    if (hook.frees_block)
        zend_mm_free(heap, hook.block);
    if (hook.frees_spare)
        zend_mm_free(heap, hook.spare);
    hook.frees_block = hook.frees_spare = false;
    hook.resizes_to = 0;
    return helps;
}

/* A full heap, with the two blocks in it. */
static void begin(void)
{
    hook.frees_block = hook.frees_spare = false;
    hook.resizes_to = 0;
    hook.block = emalloc(BLOCK_BYTES);
    hook.spare = emalloc(BLOCK_BYTES);
    test_fill(hook.block, BLOCK_BYTES, 7);
    test_fill(hook.spare, BLOCK_BYTES, 8);
    while (femalloc(LARGE_BYTES, true) != NULL)
        continue;
    while (femalloc(opaque_size(8), true) != NULL)
        continue;
    hook.calls = 0;
}

/* --- on every kind of heap --- */

typedef void (*change_body)(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes));

static void run_on_current(change_body body)
{
    zend_mm_heap *heap = zend_mm_get_heap();

    for (unsigned i = 0; i < WAYS && !test_is_over(); i++) {
        begin();
        body(heap, ways[i]);
        CHECK(quarry_check(heap));
        zend_mm_shutdown(heap, false, true);
    }
}

static void run_on_plain(change_body body, const struct quarry_options *options)
{
    void *region = test_memory(CHUNK, 0);
    struct quarry_heap *heap = region != NULL ? quarry_create(region, CHUNK, options) : NULL;

    if (heap == NULL)
        return;
    zend_mm_set_heap(heap);
    run_on_current(body);
    zend_mm_set_heap(NULL);
    quarry_destroy(heap);
}

static void run_on_managed(change_body body, const struct quarry_options *options)
{
    struct quarry_memory memory = {.region_bytes = 8 * CHUNK, .options = *options};

    memory.region = test_memory(memory.region_bytes, 0);
    memory.options.chunk_bytes = CHUNK;
    memory.options.limit_bytes = CHUNK;
    if (memory.region == NULL || !CHECK(start_memory_manager(&memory)))
        return;
    run_on_current(body);
    zend_mm_heap *heap = zend_mm_get_heap(), *tracked = zend_mm_startup_tracked();
    if (CHECK(tracked != NULL)) {
        zend_mm_set_heap(tracked);
        run_on_current(body);
        zend_mm_shutdown(tracked, true, true);
    }
    zend_mm_set_heap(heap);
    shutdown_memory_manager(true, true);
}

static void run(change_body body)
{
    struct quarry_options options = test_options();

    test_print_forget();
    options.on_oom = change_something;
    run_on_plain(body, &options);
    run_on_managed(body, &options);
}

/* --- what the hook does --- */

static void block_goes(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes))
{
    const size_t blocks = stats_of(heap).blocks;

    hook.frees_block = true;
    hook.frees_spare = true; /* so that the new block finds room where the old one was */
    CHECK_EQ(change(hook.block, BLOCK_BYTES + LARGE_BYTES), NULL);
    CHECK_EQ(test_log.last.pointer, hook.block);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(hook.calls, 1);
    CHECK_EQ(stats_of(heap).blocks, QUARRY_STATS ? blocks - 2 : 0);
    CHECK(!quarry_owns(heap, hook.block));
}

TEST(test_block_that_on_oom_frees_is_reported_and_not_copied)
{
    NEEDS_CHECKS();
    run(block_goes);
}

static void spare_goes(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes))
{
    const size_t blocks = stats_of(heap).blocks;
    unsigned char *changed;

    hook.frees_spare = true;
    changed = change(hook.block, BLOCK_BYTES + LARGE_BYTES);
    REQUIRE(changed != NULL);
    CHECK_EQ(hook.calls, 1);
    CHECK(test_is_filled(changed, BLOCK_BYTES, 7));
    CHECK(zend_mem_block_size(changed) >= BLOCK_BYTES + LARGE_BYTES);
    CHECK_EQ(stats_of(heap).blocks, QUARRY_STATS ? blocks - 1 : 0);
    test_fill(changed, BLOCK_BYTES + LARGE_BYTES, 9);
}

/* On a tracked heap, where every change moves, the room has to be elsewhere. */
static void spare_goes_for_less(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes))
{
    unsigned char *changed;

    hook.frees_spare = true;
    changed = change(hook.block, BLOCK_BYTES - 1);
    REQUIRE(changed != NULL);
    CHECK_EQ(hook.calls, zend_mm_is_custom_heap(heap) ? 1 : 0);
    CHECK(test_is_filled(changed, BLOCK_BYTES - 1, 7));
}

static void spare_goes_if_not_tracked(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes))
{
    if (!zend_mm_is_custom_heap(heap))
        spare_goes(heap, change);
}

TEST(test_block_keeps_contents_when_on_oom_makes_room)
{
    run(spare_goes_if_not_tracked);
    run(spare_goes_for_less);
}

static void block_shrinks(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes))
{
    unsigned char *changed;

    if (zend_mm_is_custom_heap(heap)) /* there quarry_resize() would be misuse */
        return;
    hook.resizes_to = LARGE_BYTES;
    hook.frees_spare = true;
    changed = change(hook.block, BLOCK_BYTES + LARGE_BYTES);
    REQUIRE(changed != NULL);
    CHECK(test_is_filled(changed, LARGE_BYTES, 7));
    test_fill(changed, BLOCK_BYTES + LARGE_BYTES, 9);
}

TEST(test_block_that_on_oom_resizes_is_changed_from_its_new_size)
{
    run(block_shrinks);
}

static void nothing_helps(zend_mm_heap *heap, void *(*change)(void *block, size_t bytes))
{
    const size_t failures = stats_of(heap).failures;
    unsigned char *changed = NULL;

    if (!RUNS_OUT(changed = change(hook.block, BLOCK_BYTES + LARGE_BYTES)))
        CHECK_EQ(changed, NULL);
    CHECK_EQ(hook.calls, 1);
    CHECK(test_is_filled(hook.block, BLOCK_BYTES, 7));
    CHECK_EQ(stats_of(heap).failures, QUARRY_STATS ? failures + 1 : 0);
}

TEST(test_block_is_left_when_on_oom_does_not_help)
{
    run(nothing_helps);
}
