/* SPDX-License-Identifier: MIT
 *
 * kmalloc.c: quarry/kmalloc.h, on ports/kernel/frames_source.c: blocks, caches, single frames and runs of frames.
 */
#include <string.h>

#include "check.h"
#include "frames_source.h"
#include "quarry/kmalloc.h"

struct quarry_heap *quarry_kernel_heap;

static struct frames_allocator allocator = {frames_allocate, frames_free, NULL, 0, 0};

static void start(size_t frames_max, size_t chunk_bytes)
{
    struct quarry_options options = {.chunk_bytes = chunk_bytes};
    allocator.frames_max = frames_max;
    quarry_kernel_heap = quarry_create_from_frames(&allocator, &options);
    CHECK(quarry_kernel_heap != NULL);
}

static void end(void)
{
    struct quarry_stats stats;
    quarry_get_stats(quarry_kernel_heap, &stats);
    CHECK(quarry_check(quarry_kernel_heap));
    CHECK(stats.blocks == 0);
    quarry_destroy(quarry_kernel_heap);
    quarry_kernel_heap = NULL;
    CHECK(frames_in_use() == 0);
}

static void test_before_the_heap_is_set_calls_answer_null(void)
{
    CHECK(kmalloc(10) == NULL && kzalloc(10) == NULL && kcalloc(2, 5) == NULL && krealloc(NULL, 10) == NULL);
    CHECK(ksize(NULL) == 0);
    CHECK(kmem_cache_create("early", 10, 0, NULL) == NULL);
    CHECK(kmem_cache_destroy(NULL));
    kfree(NULL);
}

static void test_blocks_come_and_go(void)
{
    static unsigned char *blocks[500];

    start(0, 64 * 1024);
    for (unsigned i = 0; i < 500; i++) {
        blocks[i] = i % 2 == 0 ? kmalloc(i * 37) : kcalloc(i, 11);
        CHECK(frames_have(blocks[i]) && ksize(blocks[i]) >= (i % 2 == 0 ? i * 37 : i * 11));
        if (blocks[i] == NULL)
            continue;
        for (unsigned at = 0; i % 2 == 1 && at < i * 11; at++)
            CHECK(blocks[i][at] == 0);
        memset(blocks[i], (int)i, ksize(blocks[i]));
    }
    for (unsigned i = 0; i < 500; i++) {
        blocks[i] = krealloc(blocks[i], 100 + i);
        CHECK(blocks[i] != NULL && blocks[i][0] == (unsigned char)i);
    }
    unsigned char *zero = kzalloc(3000);
    CHECK(zero != NULL && zero[0] == 0 && memcmp(zero, zero + 1, 2999) == 0);
    kfree(zero);
    CHECK(kcalloc(SIZE_MAX / 2, 3) == NULL);
    for (unsigned i = 0; i < 500; i++)
        kfree(blocks[i]);
    kfree(NULL);
    end();
}

static void test_wrong_pointers_are_reported(void)
{
    start(0, 64 * 1024);
    char *block = kmalloc(100), *neighbour = kmalloc(100); /* so that their run stays */
    kfree(block + 16);
    CHECK_MISUSE(QUARRY_INVALID_POINTER);
    kfree(block);
    kfree(block);
    CHECK_MISUSE(QUARRY_DOUBLE_FREE);
    kfree(neighbour);
    end();
}

static void *block_of_reentry = &block_of_reentry;

static void *reentering_allocate(void *context, size_t frames)
{
    if (quarry_kernel_heap != NULL)
        block_of_reentry = kmalloc(10);
    return frames_allocate(context, frames);
}

static void test_request_of_the_frame_allocator_is_refused_and_reported(void)
{
    const struct frames_allocator reentering = {reentering_allocate, frames_free, NULL, 0, 0};
    const struct quarry_options options = {.chunk_bytes = 64 * 1024};
    quarry_kernel_heap = quarry_create_from_frames(&reentering, &options);
    void *block = kmalloc(100 * 1024);
    CHECK(block != NULL && block_of_reentry == NULL);
    CHECK_MISUSE(QUARRY_REENTRY);
    kfree(block);
    end();
}

static unsigned constructed;

static void construct(void *object)
{
    constructed++;
    memset(object, 0x5A, 200);
}

static void test_cache_constructs_and_aligns_its_objects(void)
{
    unsigned char *objects[300];

    start(0, 64 * 1024);
    struct kmem_cache *cache = kmem_cache_create("tasks", 200, 64, construct);
    CHECK(cache != NULL && kmem_cache_size(cache) == 200);
    constructed = 0;
    for (unsigned i = 0; i < 300; i++) {
        objects[i] = i % 3 == 0 ? kmem_cache_zalloc(cache) : kmem_cache_alloc(cache);
        CHECK(objects[i] != NULL && (uintptr_t)objects[i] % 64 == 0);
        for (unsigned at = 0; objects[i] != NULL && at < 200; at++)
            CHECK(objects[i][at] == (i % 3 == 0 ? 0 : 0x5A));
    }
    CHECK(constructed == 200);
    CHECK(!kmem_cache_destroy(cache));
    for (unsigned i = 0; i < 300; i++)
        kmem_cache_free(cache, objects[i]);
    kmem_cache_free(cache, NULL);
    CHECK(kmem_cache_shrink(cache) % 4096 == 0);
    CHECK(kmem_cache_destroy(cache));
    CHECK(kmem_cache_create("odd", 10, 48, NULL) == NULL);
    end();
}

static void test_object_of_another_cache_is_reported(void)
{
    start(0, 64 * 1024);
    struct kmem_cache *one = kmem_cache_create("one", 40, 0, NULL), *other = kmem_cache_create("other", 40, 0, NULL);
    void *object = kmem_cache_alloc(one), *block = kmalloc(40);

    CHECK(object != NULL && block != NULL);
    kmem_cache_free(other, object);
    CHECK_MISUSE(QUARRY_INVALID_POINTER);
    kmem_cache_free(one, block);
    CHECK_MISUSE(QUARRY_INVALID_POINTER);
    kfree(object);
    CHECK_MISUSE(QUARRY_INVALID_POINTER);
    kmem_cache_free(one, object);
    kfree(block);
    CHECK(kmem_cache_destroy(one) && kmem_cache_destroy(other));
    end();
}

static void test_cache_of_large_objects_takes_longer_chunks(void)
{
    start(0, 1024 * 1024);
    for (size_t bytes = 1; bytes <= 300 * 1024; bytes = bytes * 3 + 1) {
        struct kmem_cache *cache = kmem_cache_create("any", bytes, 0, NULL);
        void *object = cache == NULL ? NULL : kmem_cache_alloc(cache);
        CHECK(object != NULL);
        kmem_cache_free(cache, object);
        CHECK(kmem_cache_destroy(cache));
    }
    end();
}

static void test_memory_that_runs_out_is_null_and_leaves_nothing(void)
{
    start(0, 64 * 1024);
    CHECK(quarry_set_limit(quarry_kernel_heap, 256 * 1024));
    struct kmem_cache *cache = kmem_cache_create("many", 500, 128, construct);
    void **objects = NULL;
    for (void **object; (object = kmem_cache_alloc(cache)) != NULL; objects = object)
        *object = objects;
    CHECK(kmem_cache_zalloc(cache) == NULL);
    CHECK(kmalloc(64 * 1024) == NULL && kmem_cache_create("more", 20 * 1024, 0, NULL) == NULL);
    while (objects != NULL) {
        void **next = *objects;
        kmem_cache_free(cache, objects);
        objects = next;
    }
    CHECK(kmem_cache_destroy(cache));
    end();
}

static void test_single_frames_serve_what_fits_into_one(void)
{
    void **blocks = NULL;

    frames_longest();
    start(1, FRAME_BYTES);
    for (unsigned i = 0; i < 3000; i++) {
        void **block = kmalloc(8 + i % 1500);
        CHECK(block != NULL);
        if (block != NULL) {
            *block = blocks;
            blocks = block;
        }
    }
    CHECK(kmalloc(5000) == NULL);
    CHECK(frames_longest() == 1 && frames_in_use() > 300);
    while (blocks != NULL) {
        void **next = *blocks;
        kfree(blocks);
        blocks = next;
    }
    end();
}

static void test_runs_are_as_long_as_the_allocator_allows(void)
{
    frames_longest();
    start(32, 64 * 1024);
    void *block = kmalloc(100 * 1024);
    CHECK(block != NULL && frames_longest() >= 25);
    CHECK(kmalloc(200 * 1024) == NULL);
    CHECK(frames_longest() <= 32);
    kfree(block);
    end();
}

static size_t asked_frames, freed_frames;

static void *large_allocate(void *context, size_t frames)
{
    asked_frames = frames;
    return frames_allocate(context, 4 * frames);
}

static void large_free(void *context, void *memory, size_t frames)
{
    freed_frames = frames;
    frames_free(context, memory, 4 * frames);
}

static void test_frames_longer_than_a_page_are_counted_whole(void)
{
    const struct frames_allocator large = {large_allocate, large_free, NULL, 14, 0};
    const struct quarry_source source = quarry_frames_source(&large);
    const struct quarry_options options = {.chunk_bytes = 32 * 1024};
    struct quarry_heap *heap = quarry_create_from_source(&source, &options);

    CHECK(heap != NULL && asked_frames == 2);
    void *block = quarry_malloc(heap, 36 * 1024); /* 9 pages of 4,096 bytes, or 10 */
    CHECK(block != NULL && asked_frames == 3);
    quarry_free(heap, block);
    CHECK(freed_frames == 3);
    quarry_destroy(heap);
    CHECK(frames_in_use() == 0);
}

static void test_frames_that_are_never_freed_are_used_again(void)
{
    const struct frames_allocator once = {frames_allocate, NULL, NULL, 12, 0};
    const struct quarry_source source = quarry_frames_source(&once);
    const struct quarry_options options = {.chunk_bytes = 16 * 1024};
    struct quarry_heap *heap = quarry_create_from_source(&source, &options);

    CHECK(heap != NULL);
    for (unsigned i = 0; i < 100; i++) {
        void *block = quarry_malloc(heap, 40 * 1024);
        CHECK(block != NULL);
        quarry_free(heap, block);
    }
    CHECK(frames_in_use() < 30);
}

int main(void)
{
    RUN(test_before_the_heap_is_set_calls_answer_null);
    RUN(test_blocks_come_and_go);
    RUN(test_wrong_pointers_are_reported);
    RUN(test_request_of_the_frame_allocator_is_refused_and_reported);
    RUN(test_cache_constructs_and_aligns_its_objects);
    RUN(test_object_of_another_cache_is_reported);
    RUN(test_cache_of_large_objects_takes_longer_chunks);
    RUN(test_memory_that_runs_out_is_null_and_leaves_nothing);
    RUN(test_single_frames_serve_what_fits_into_one);
    RUN(test_runs_are_as_long_as_the_allocator_allows);
    RUN(test_frames_longer_than_a_page_are_counted_whole);
    RUN(test_frames_that_are_never_freed_are_used_again);
    return check_end();
}
