/* SPDX-License-Identifier: MIT
 *
 * storage.c: heaps on storage handlers: what the handlers are called with, whose data they find, and that all they gave
 * comes back. The handlers stand in front of the harness's provider and its ledger. Chunks are of the default size, so
 * that small machines skip most of this.
 */
#include "emalloc_test.h"

#define STORAGE_CHUNK ZEND_MM_CHUNK_SIZE

struct counted {
    struct test_source *source;
    unsigned allocs, frees, truncates, extends, bad_calls;
    zend_mm_storage *storage; /* that the handlers were called with last */
};

static struct counted counted;

static struct test_source *source_of(zend_mm_storage *storage, size_t size)
{
    counted.storage = storage;
    counted.bad_calls += size == 0 || size % 4096 != 0;
    return counted.source;
}

static void *chunk_alloc(zend_mm_storage *storage, size_t size, size_t alignment)
{
    struct test_source *source = source_of(storage, size);
    void *chunk = source->source.acquire(source, size, QUARRY_PAGE_BYTES);

    counted.allocs += chunk != NULL;
    counted.bad_calls += alignment != ZEND_MM_CHUNK_SIZE;
    return chunk;
}

static void chunk_free(zend_mm_storage *storage, void *chunk, size_t size)
{
    struct test_source *source = source_of(storage, size);

    counted.frees++;
    if (source->source.release != NULL)
        source->source.release(source, chunk, size);
    test_fill(chunk, size - 64, 0xdd); /* the storage must not lie in what has been given back */
    counted.bad_calls += storage->handlers.chunk_alloc == NULL || storage->handlers.chunk_free == NULL ||
                         (uintptr_t)storage - (uintptr_t)chunk < size;
}

static bool chunk_truncate(zend_mm_storage *storage, void *chunk, size_t old_size, size_t new_size)
{
    struct test_source *source = source_of(storage, new_size);
    const bool done = source->source.truncate != NULL && source->source.truncate(source, chunk, old_size, new_size);

    counted.truncates += done;
    counted.bad_calls += old_size % 4096 != 0 || new_size >= old_size;
    return done;
}

static bool chunk_extend(zend_mm_storage *storage, void *chunk, size_t old_size, size_t new_size)
{
    struct test_source *source = source_of(storage, new_size);
    const bool done = source->source.extend != NULL && source->source.extend(source, chunk, old_size, new_size);

    counted.extends += done;
    counted.bad_calls += old_size % 4096 != 0 || new_size <= old_size;
    return done;
}

static const zend_mm_handlers all_handlers = {chunk_alloc, chunk_free, chunk_truncate, chunk_extend};
static const zend_mm_handlers needed_handlers = {chunk_alloc, chunk_free, NULL, NULL};
static const zend_mm_handlers keeping_handlers = {chunk_alloc, NULL, chunk_truncate, chunk_extend};
static const zend_mm_handlers giving_handlers = {chunk_alloc, NULL, NULL, NULL};

/* A provider of so many chunks behind the handlers. */
static bool begin(struct test_source *source, unsigned chunks)
{
    static const struct counted none;

    counted = none;
    counted.source = source;
    return test_source_init(source, chunks * STORAGE_CHUNK + (QUARRY_TRACK ? 16 * GRANULE_BYTES : 0));
}

static void end(zend_mm_heap *heap)
{
    CHECK(quarry_check(heap));
    zend_mm_shutdown(heap, true, true);
    CHECK_EQ(zend_mm_get_heap(), NULL);
}

/* handlers NULL: the body makes heaps itself, and ends them. */
static void run(void (*body)(zend_mm_heap *heap, struct test_source *source), const zend_mm_handlers *handlers,
                unsigned chunks)
{
    struct test_source source;
    zend_mm_heap *heap = NULL;

    if (!begin(&source, chunks))
        return;
    if (handlers != NULL) {
        heap = zend_mm_startup_ex(handlers, NULL, 0);
        REQUIRE(heap != NULL);
        zend_mm_set_heap(heap);
    }
    body(heap, &source);
    if (heap != NULL)
        end(heap);
    CHECK_EQ(counted.bad_calls, 0);
    CHECK_EQ(source.errors, 0);
    if (handlers == NULL || handlers->chunk_free != NULL)
        CHECK_EQ(source.granted_bytes, 0);
}

/* A test on handlers in front of so many chunks. The body gets the current heap, which they serve. */
#define ON_STORAGE(name, handlers, chunks)                                                                             \
    TEST_IN(name, run(name##_body, handlers, chunks), MAYBE_UNUSED zend_mm_heap *heap,                                 \
            MAYBE_UNUSED struct test_source *source)

ON_STORAGE(test_storage_heap_works_without_manager_and_gives_all_back, NULL, 3)
{
    unsigned char *block;

    heap = zend_mm_startup_ex(&all_handlers, NULL, 0);
    REQUIRE(heap != NULL);
    CHECK_EQ(counted.allocs, 1);
    CHECK_EQ(source->granted_bytes, STORAGE_CHUNK);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    zend_mm_set_heap(heap);
    block = emalloc(100);
    test_fill(block, 100, 1);
    CHECK(emalloc(STORAGE_CHUNK / 8 * 7) != NULL);
    CHECK(emalloc(STORAGE_CHUNK / 8 * 7) != NULL);
    CHECK(counted.allocs >= 2);
    CHECK(test_is_filled(block, 100, 1));
    CHECK(is_zend_mm());
    end(heap);
    CHECK_EQ(counted.allocs, counted.frees);
}

ON_STORAGE(test_storage_data_is_copied, NULL, 3)
{
    zend_mm_storage *storage;
    unsigned char data[100];

    test_fill(data, sizeof data, 5);
    heap = zend_mm_startup_ex(&all_handlers, data, sizeof data);
    REQUIRE(heap != NULL);
    test_fill(data, sizeof data, 6);
    storage = zend_mm_get_storage(heap);
    REQUIRE(storage != NULL);
    CHECK(storage->data != data);
    CHECK_EQ((uintptr_t)storage->data & (QUARRY_ALIGN_BYTES - 1), 0);
    CHECK(test_is_filled(storage->data, sizeof data, 5));
    CHECK(storage->handlers.chunk_alloc == chunk_alloc && storage->handlers.chunk_free == chunk_free);
    CHECK(storage->handlers.chunk_truncate == chunk_truncate && storage->handlers.chunk_extend == chunk_extend);
    zend_mm_set_heap(heap);
    for (unsigned i = 0; i < 2; i++)
        test_fill(emalloc(STORAGE_CHUNK / 8 * 5), STORAGE_CHUNK / 8 * 5, 7);
    CHECK_EQ(counted.storage, storage);
    CHECK(test_is_filled(storage->data, sizeof data, 5));
    zend_mm_shutdown(heap, false, true);
    CHECK(test_is_filled(storage->data, sizeof data, 5));
    end(heap);
}

ON_STORAGE(test_storage_data_without_size_is_the_pointer_itself, NULL, 1)
{
    unsigned char data[4] = {1, 2, 3, 4};

    heap = zend_mm_startup_ex(&all_handlers, data, 0);
    REQUIRE(heap != NULL);
    CHECK_EQ(zend_mm_get_storage(heap)->data, data);
    end(heap);
    heap = zend_mm_startup_ex(&all_handlers, NULL, 100);
    REQUIRE(heap != NULL);
    CHECK_EQ(zend_mm_get_storage(heap)->data, NULL);
    end(heap);
}

ON_STORAGE(test_storage_data_that_does_not_fit_is_refused_and_nothing_kept, NULL, 1)
{
    static const unsigned char byte;

    /* The copy is made once the heap is there, so what is refused is never read. */
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, opaque_pointer(&byte), STORAGE_CHUNK), NULL);
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, opaque_pointer(&byte), STORAGE_CHUNK - 64), NULL);
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, opaque_pointer(&byte), SIZE_MAX), NULL);
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, opaque_pointer(&byte), SIZE_MAX - 8), NULL);
}

ON_STORAGE(test_storage_without_handlers_or_first_chunk_is_refused, NULL, 1)
{
    static const zend_mm_handlers none;

    CHECK_EQ(zend_mm_startup_ex(NULL, NULL, 0), NULL);
    CHECK_EQ(zend_mm_startup_ex(&none, NULL, 0), NULL);
    source->fail_at = 1;
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, NULL, 0), NULL);
    source->misalign_bytes = 8;
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, NULL, 0), NULL);
}

ON_REGION(test_storage_of_other_heaps_is_null)
{
    CHECK_EQ(zend_mm_get_storage(s->heap), NULL);
    CHECK_EQ(zend_mm_get_storage(s->persistent), NULL);
    CHECK_EQ(zend_mm_get_storage(NULL), NULL);
}

ON_STORAGE(test_storage_huge_blocks_are_extended_and_truncated_in_place, &all_handlers, 6)
{
    unsigned char *block;

    efree(emalloc(16)); /* with QUARRY_TRACK the table is there before the block, not behind it */
    block = emalloc(2 * STORAGE_CHUNK);
    test_fill(block, 2 * STORAGE_CHUNK, 3);
    CHECK_EQ(erealloc(block, 3 * STORAGE_CHUNK), block);
    CHECK_EQ(counted.extends, 1);
    CHECK_EQ(erealloc(block, 2 * STORAGE_CHUNK), block);
    CHECK_EQ(counted.truncates, 1);
    CHECK(test_is_filled(block, 2 * STORAGE_CHUNK, 3));
    CHECK_EQ(counted.frees, 0);
    efree(block);
    CHECK_EQ(counted.frees, 1);
}

ON_STORAGE(test_storage_without_optional_handlers_works, &needed_handlers, 6)
{
    unsigned char *block;

    block = emalloc(STORAGE_CHUNK + 1000);
    test_fill(block, STORAGE_CHUNK, 3);
    block = erealloc(block, 2 * STORAGE_CHUNK);
    CHECK(test_is_filled(block, STORAGE_CHUNK, 3));
}

/* What is never given back stays the heap's, and must serve the next request. */
ON_STORAGE(test_storage_without_chunk_free_keeps_memory_and_does_not_grow, &keeping_handlers, 4)
{
    unsigned allocs = 0;

    for (unsigned request = 0; request < 6; request++) {
        CHECK(emalloc(STORAGE_CHUNK / 8 * 5) != NULL);
        CHECK(emalloc(STORAGE_CHUNK / 8 * 5) != NULL);
        zend_mm_shutdown(heap, false, true);
        if (request == 0)
            allocs = counted.allocs;
        CHECK_EQ(counted.allocs, allocs);
    }
    CHECK_EQ(zend_mm_gc(heap), 0);
    CHECK_EQ(counted.frees, 0);
    CHECK(source->granted_bytes >= 2 * STORAGE_CHUNK);
}

/* --- handlers that call their own heap --- */

enum when { DURING_ALLOC = 1, DURING_FREE = 2 };

static struct {
    zend_mm_heap *heap;
    void *block;
    unsigned when, calls;
} own;

static void call_own_heap(unsigned when)
{
    unsigned reports = test_log.count;

    if ((own.when & when) == 0 || zend_mm_get_heap() != own.heap) /* a test that was given up: nobody's call */
        return;
    own.calls++;
    CHECK_EQ(femalloc(opaque_size(16), true), NULL);
    efree(own.block);
    CHECK_EQ(ferealloc(own.block, 20, true), NULL);
    CHECK_EQ(zend_mm_gc(own.heap), 0);
    CHECK_EQ(test_log.count, reports + 4);
    CHECK_EQ(test_log.last.kind, QUARRY_REENTRY);
    CHECK_EQ(test_log.last.heap, own.heap);
    test_log.count = reports;
}

static void *calling_alloc(zend_mm_storage *storage, size_t size, size_t alignment)
{
    call_own_heap(DURING_ALLOC);
    return chunk_alloc(storage, size, alignment);
}

static void calling_free(zend_mm_storage *storage, void *chunk, size_t size)
{
    call_own_heap(DURING_FREE);
    chunk_free(storage, chunk, size);
}

static const zend_mm_handlers calling_handlers = {calling_alloc, calling_free, NULL, NULL};

static void begin_own(zend_mm_heap *heap)
{
    own.when = 0;
    own.calls = 0;
    own.heap = heap;
    own.block = emalloc(opaque_size(16));
    CHECK(emalloc(opaque_size(16)) != NULL); /* the run lives on, with free slots: a hot path would serve */
}

ON_STORAGE(test_storage_handler_that_calls_its_heap_is_reported, &calling_handlers, 6)
{
    void *huge;

    if (QUARRY_LOCK == QUARRY_LOCK_SMP)
        SKIP("waits for itself");
    begin_own(heap);
    own.when = DURING_ALLOC | DURING_FREE;
    CHECK(emalloc(STORAGE_CHUNK / 8 * 7) != NULL);
    CHECK(emalloc(STORAGE_CHUNK / 8 * 7) != NULL); /* another chunk */
    huge = emalloc(2 * STORAGE_CHUNK);
    efree(huge);
    CHECK(own.calls >= 3);
    own.when = 0;
    CHECK(quarry_owns(heap, own.block));
}

#if QUARRY_TRACK
/* So is the table of places. */
ON_STORAGE(test_storage_handler_that_calls_its_heap_while_table_grows_is_reported, &calling_handlers, 6)
{
    if (QUARRY_LOCK == QUARRY_LOCK_SMP)
        SKIP("waits for itself");
    begin_own(heap);
    own.when = DURING_ALLOC | DURING_FREE;
    for (unsigned i = 0; i < 200; i++)
        CHECK(emalloc(20) != NULL);
    CHECK(own.calls >= 4); /* two longer tables, and two that are no longer needed */
    own.when = 0;
    CHECK(quarry_owns(heap, own.block));
}
#endif

/* Kept chunks are given back too while the heap is not to be called. */
ON_STORAGE(test_storage_handler_that_calls_its_heap_while_kept_chunks_go_is_reported, &calling_handlers, 6)
{
    if (QUARRY_LOCK == QUARRY_LOCK_SMP)
        SKIP("waits for itself");
    begin_own(heap);
    for (unsigned request = 0; request < 6; request++) {
        for (unsigned i = 0; i < 4; i++)
            CHECK(emalloc(STORAGE_CHUNK / 8 * 5) != NULL);
        zend_mm_shutdown(heap, false, true);
    }
    CHECK_EQ(zend_memory_usage(true), 4 * STORAGE_CHUNK);
    own.block = emalloc(opaque_size(16));
    CHECK(emalloc(opaque_size(16)) != NULL);
    own.when = DURING_FREE;
    CHECK_EQ(zend_mm_gc(heap), 3 * STORAGE_CHUNK);
    CHECK_EQ(own.calls, 3);
    own.when = 0;
    CHECK(quarry_owns(heap, own.block));
}

/* A storage that takes nothing back: what a request frees, and what its end frees, serves any size again. */
ON_STORAGE(test_storage_that_takes_nothing_back_serves_huge_blocks_for_ever, &giving_handlers, 6)
{
    const size_t sizes[] = {2 * STORAGE_CHUNK, STORAGE_CHUNK + 5000, STORAGE_CHUNK};
    for (unsigned round = 0; round < 30; round++) {
        void *block = femalloc(sizes[round % 3], true);
        CHECK(block != NULL);
        if (round % 5 != 4) /* else the end of the request frees it */
            efree(block);
        void *large = femalloc(STORAGE_CHUNK / 4 * 3, true);
        CHECK(large != NULL && quarry_check(heap));
        efree(large);
        if (round % 5 == 4)
            zend_mm_shutdown(heap, false, true);
    }
    CHECK(counted.allocs <= 4);
    CHECK_EQ(zend_memory_usage(false), 0);
}

/* However much data there is: either it fits into the first chunk beside a page, or there is no heap. */
ON_STORAGE(test_storage_data_of_every_size_fits_or_is_refused, NULL, 2)
{
    size_t largest = 0, smallest_refused = SIZE_MAX;
    unsigned char *data = test_memory(STORAGE_CHUNK, 0);

    if (data == NULL)
        return;
    test_fill(data, STORAGE_CHUNK, 7);
    for (size_t size = STORAGE_CHUNK / 8 * 3; size <= STORAGE_CHUNK && !test_is_over();) {
        zend_mm_heap *with_data = zend_mm_startup_ex(&all_handlers, data, size);
        if (with_data != NULL) {
            largest = size;
            zend_mm_set_heap(with_data);
            CHECK(emalloc(STORAGE_CHUNK / 2) != NULL); /* in a second chunk, if need be */
            CHECK(test_is_filled(zend_mm_get_storage(with_data)->data, size, 7));
            check_heap(with_data);
            zend_mm_shutdown(with_data, true, true);
        } else if (smallest_refused == SIZE_MAX) {
            smallest_refused = size;
        }
        CHECK_EQ(source->granted_bytes, 0);
        size += size < STORAGE_CHUNK / 16 * 15 ? STORAGE_CHUNK / 16 : 999; /* finer near the end */
    }
    CHECK(largest > STORAGE_CHUNK / 8 * 7);
    CHECK(largest < smallest_refused && smallest_refused < STORAGE_CHUNK);
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, data, SIZE_MAX), NULL);
    CHECK_EQ(zend_mm_startup_ex(&all_handlers, data, SIZE_MAX - STORAGE_CHUNK), NULL);
}
