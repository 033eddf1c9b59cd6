/* SPDX-License-Identifier: MIT
 *
 * small_chunks.c: heaps on a source that deals out single frames of 4,096 bytes, as many kernels do: chunks of one
 * frame, at every width, check level and lock.
 */
#include "test_source.h"

enum { FRAMES = 24 };

/* Single frames only: whatever is longer is refused. */
static void *acquire_frame(void *context, size_t bytes, size_t align_bytes)
{
    struct test_source *source = context;
    CHECK_EQ(bytes % GRANULE_BYTES, 0);
    return bytes == GRANULE_BYTES ? source->source.acquire(source, bytes, align_bytes) : NULL;
}

static void release_frame(void *context, void *memory, size_t bytes)
{
    struct test_source *source = context;
    CHECK_EQ(bytes, GRANULE_BYTES);
    source->source.release(source, memory, bytes);
}

static struct quarry_heap *begin(struct test_source *source, bool takes_back)
{
    if (QUARRY_PAGE_BYTES > 1024) {
        test_skip("pages are too long for a chunk of a frame, bytes:", QUARRY_PAGE_BYTES);
        return NULL;
    }
    if (!test_source_init(source, FRAMES * (size_t)GRANULE_BYTES))
        return NULL;
    takes_back = takes_back && source->source.release != NULL;
    const struct quarry_source frames = {
            .context = source, .acquire = acquire_frame, .release = takes_back ? release_frame : NULL};
    struct quarry_options options = test_options();
    options.chunk_bytes = LEAST_CHUNK_BYTES;
    struct quarry_heap *heap = quarry_create_from_source(&frames, &options);
    CHECK(heap != NULL);
    return heap;
}

/* As many blocks of one size as the frames hold; they are counted. Blocks are linked. */
static unsigned fill_with(struct quarry_heap *heap, size_t bytes, void **list)
{
    unsigned count = 0;
    void **block;
    for (*list = NULL; (block = quarry_malloc(heap, bytes)) != NULL; count++) {
        *block = *list;
        *list = block;
    }
    return count;
}

static void free_list(struct quarry_heap *heap, void *list)
{
    while (list != NULL) {
        void *next = *(void **)list;
        quarry_free(heap, list);
        list = next;
    }
}

/* Each frame but the first, which has the heap, holds blocks over five eighths of it; fewer where a block has no more
 * bytes than were asked for, from check level 3. */
enum { EIGHTHS = QUARRY_CHECK_LEVEL >= 3 ? 3 : 5 };

static void check_useful(bool takes_back)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source, takes_back);
    if (heap == NULL)
        return;
    static const size_t sizes[] = {24, 40, 100, 200, 500};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *list;
        const unsigned count = fill_with(heap, sizes[i], &list);
        CHECK(count * (quarry_good_size(heap, sizes[i]) + CANARY_BYTES) >
              (FRAMES - 1) * (size_t)GRANULE_BYTES * EIGHTHS / 8);
        CHECK(quarry_check(heap));
        free_list(heap, list);
        CHECK(check_heap(heap));
        void *again;
        /* Runs may have another length now; the first chunk is served by caches in another order. */
        CHECK(fill_with(heap, sizes[i], &again) >= count - count / (QUARRY_CACHE != 0 ? 4 : 8));
        free_list(heap, again);
    }
    const size_t most = stats_of(heap).largest_free_bytes;
    CHECK(most >= GRANULE_BYTES / 2);
    void *block = quarry_malloc(heap, most);
    CHECK(block != NULL);
    quarry_free(heap, block);
    CHECK_EQ(quarry_malloc(heap, GRANULE_BYTES), NULL);
    CHECK(check_heap(heap));
    quarry_reset(heap);
    CHECK(check_heap(heap));
    quarry_destroy(heap);
    CHECK_EQ(source.errors, 0);
    CHECK(!takes_back || source.granted_bytes == 0);
}

TEST(test_chunks_of_one_frame_serve_small_blocks)
{
    check_useful(true);
}

TEST(test_chunks_of_one_frame_of_source_that_takes_nothing_back_serve_small_blocks)
{
    check_useful(false);
}
