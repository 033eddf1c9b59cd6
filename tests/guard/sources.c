/* SPDX-License-Identifier: MIT
 *
 * sources.c: one changed bit in what a heap on a source knows of its memory, before quarry_destroy() or while a
 * callback runs: the source is never told of another length than it gave, no damaged callback is called, and it is
 * reported.
 * tests/table/flips.c does the same with every bit; here each case has a name.
 *
 * From check level 2.
 */
#include "fixture.h"

#include "../../src/heap.h"

#if QUARRY_CHECK_LEVEL >= 2

/* The heap has a huge block, so that its list of chunks has two. */
static void run(void (*damage)(struct quarry_heap *heap), int line)
{
    struct test_source source;
    struct quarry_heap *heap;

    if (!test_source_init(&source, 16 * SMALLEST_CHUNK_BYTES) || (heap = test_source_heap(&source)) == NULL)
        return;
    REQUIRE(quarry_malloc(heap, 3 * SMALLEST_CHUNK_BYTES) != NULL);
    damage(heap);
    quarry_destroy(heap);
    test_called_from(line);
    CHECK_EQ(source.errors, 0); /* another length, or memory that it did not give */
    CHECK(test_log.count != 0);
    test_log.count = 0;
}

/* A test whose body changes a bit before the heap is destroyed. */
#define DESTROYED_AFTER(name) TEST_IN(name, run(name##_body, __LINE__), struct quarry_heap *heap)

DESTROYED_AFTER(test_guard_destroy_reports_changed_length_of_first_chunk)
{
    heap_chunks(heap)->first.bytes ^= SMALLEST_CHUNK_BYTES;
}

DESTROYED_AFTER(test_guard_destroy_reports_changed_length_of_huge_block)
{
    chunk_link(&heap_chunks(heap)->first.next)->chunk.bytes ^= 2 * SMALLEST_CHUNK_BYTES;
}

DESTROYED_AFTER(test_guard_destroy_reports_changed_head_of_the_chunks)
{
    struct added_chunk **head = &heap_chunks(heap)->first.next;
    *head = (struct added_chunk *)((uintptr_t)*head ^ 32);
}

DESTROYED_AFTER(test_guard_destroy_reports_changed_link_between_chunks)
{
    struct added_chunk **link = &chunk_link(&heap_chunks(heap)->first.next)->chunk.next;
    *link = (struct added_chunk *)((uintptr_t)*link ^ 64);
}

DESTROYED_AFTER(test_guard_destroy_reports_changed_pages_of_fresh_chunks)
{
    heap_sourced(heap)->chunk_pages ^= 2;
}

/* --- while a callback runs --- */

static void change_release(struct test_source *source)
{
    struct quarry_source *provider = &heap_sourced(source->heap)->provider;
    const uintptr_t changed = (uintptr_t)provider->release ^ (uintptr_t)1 << 28;
    source->during = NULL;
    provider->release = (void (*)(void *context, void *memory, size_t bytes))changed;
}

/* What seals the provider after the callback must not seal what changed meanwhile. */
TEST(test_guard_callback_that_changes_while_another_one_runs_is_reported_and_not_called)
{
    struct test_source source;
    struct quarry_heap *heap;

    if (!test_source_init(&source, 16 * SMALLEST_CHUNK_BYTES) || (heap = test_source_heap(&source)) == NULL)
        return;
    source.during = change_release;
    void *block = quarry_malloc(heap, 3 * SMALLEST_CHUNK_BYTES);
    CHECK_EQ(source.during, NULL);
    CHECK(test_log.count != 0 || !quarry_check(heap));
    quarry_free(heap, block);
    quarry_destroy(heap);
    CHECK(test_log.count != 0);
    CHECK_EQ(source.releases, 0);
    CHECK_EQ(source.errors, 0);
    test_log.count = 0;
}

#endif
