/* SPDX-License-Identifier: MIT
 *
 * sizes.c: the arithmetic of public calls: what a size becomes, on a heap on a region and on one on a source;
 * products, alignments and limits at the edges of a word; the smallest region. Sizes are asked of the API alone,
 * so the tests hold at every check level. All 2^32 sizes of a 32-bit build with default options; of others every
 * so many, and edges.
 */
#include <string.h>

#include "test_heap.h"
#include "units.h"

#include "arithmetic.h"

static uintptr_t edges[EDGES_MOST];

enum {
    IS_SMALLEST = sizeof(void *) == 4 && QUARRY_PAGE_BYTES == 64 && QUARRY_CHECK_LEVEL == 1,
    REGION_BYTES = 32 * QUARRY_PAGE_BYTES > 65536 ? 32 * QUARRY_PAGE_BYTES : 65536,
    CHUNK_BYTES = 16 * QUARRY_PAGE_BYTES > 16384 ? 16 * QUARRY_PAGE_BYTES : 16384,
};

/* --- a source that notes what it is asked for, and has a few megabytes at most --- */

enum { SOURCE_MOST_BYTES = 1 << 23 };

static size_t wanted_bytes;

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context;
    wanted_bytes = bytes;
    return bytes > SOURCE_MOST_BYTES ? NULL : aligned_alloc(align_bytes, bits_round_up(bytes, align_bytes));
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context, (void)bytes;
    free(memory);
}

static struct quarry_heap *source_heap(void)
{
    const struct quarry_source source = {.acquire = acquire, .release = release};
    struct quarry_options options = test_options();
    options.chunk_bytes = CHUNK_BYTES;
    struct quarry_heap *heap = quarry_create_from_source(&source, &options);
    CHECK(heap != NULL);
    return heap;
}

/* --- quarry_good_size() --- */

/* At least what was asked for, and no more than a step of its kind; what it answers is its own good size. */
static bool good_size_holds(const struct quarry_heap *heap, size_t bytes)
{
    const size_t good = quarry_good_size(heap, bytes);
    if (bytes > UNITS_REQUEST_MAX_BYTES)
        return good == 0;
    size_t step = QUARRY_PAGE_BYTES > UNITS_SOURCE_BYTES ? QUARRY_PAGE_BYTES : UNITS_SOURCE_BYTES;
    if (step < bytes / 4 && bytes < 4096)
        step = bytes / 4;
    return good >= bytes && good != 0 && good - bytes <= step &&
           (good > UNITS_REQUEST_MAX_BYTES || quarry_good_size(heap, good) == good);
}

static void check_good_sizes(const struct quarry_heap *heap)
{
    const uint32_t step = IS_SMALLEST ? step_or_all(509) : step_or_all(1021) * (is_full() ? 127u : 1u);
    size_t before = 0;
    for (uint64_t bytes = 0; bytes <= UINT32_MAX; bytes += bytes < 70000 ? 1 : step) {
        const size_t good = quarry_good_size(heap, (size_t)bytes);
        if (!good_size_holds(heap, (size_t)bytes) || (good < before && bytes <= UNITS_REQUEST_MAX_BYTES)) {
            CHECK_EQ(good, before);
            CHECK_EQ(bytes, 0);
            return;
        }
        before = good;
    }
    const size_t count = edge_words(edges, 3);
    for (size_t i = 0; i < count && !test_is_over(); i++)
        if (!good_size_holds(heap, edges[i]))
            CHECK_EQ(edges[i], 0);
}

TEST(test_good_size_of_all_sizes_on_a_region_holds_them_and_rises)
{
    const struct quarry_heap *heap = test_heap(REGION_BYTES, 0);
    if (heap != NULL)
        check_good_sizes(heap);
}

TEST(test_good_size_of_all_sizes_on_a_source_holds_them_and_rises)
{
    struct quarry_heap *heap = source_heap();
    REQUIRE(heap != NULL);
    check_good_sizes(heap);
    quarry_destroy(heap);
}

/* A block has what its good size says, and is aligned as the contract says of what it has. */
static void check_usable(struct quarry_heap *heap, size_t most, size_t step)
{
    for (size_t bytes = 0; bytes <= most && !test_is_over(); bytes += bytes < 300 ? 1 : step) {
        void *block = quarry_malloc(heap, bytes);
        REQUIRE(block != NULL);
        const size_t usable = quarry_usable_size(heap, block);
        CHECK_EQ(usable, quarry_good_size(heap, bytes));
        CHECK_EQ((uintptr_t)block & (alignment_of_size(usable) - 1), 0);
        memset(block, 0x5A, bytes);
        quarry_free(heap, block);
    }
}

TEST(test_usable_size_of_fresh_blocks_on_a_region_is_the_good_size)
{
    struct quarry_heap *heap = test_heap(REGION_BYTES, 0);
    if (heap != NULL)
        check_usable(heap, REGION_BYTES / 4, is_full() ? 1 : 89);
    if (heap != NULL)
        CHECK(quarry_check(heap));
}

TEST(test_usable_size_of_fresh_blocks_on_a_source_is_the_good_size)
{
    struct quarry_heap *heap = source_heap();
    REQUIRE(heap != NULL);
    check_usable(heap, 3 * CHUNK_BYTES, is_full() ? 1 + CHUNK_BYTES / 65536 : CHUNK_BYTES / 61);
    CHECK(quarry_check(heap));
    quarry_destroy(heap);
}

/* --- sums and products at the edges of a word --- */

TEST(test_calloc_of_edges_is_refused_iff_the_product_does_not_fit)
{
    struct quarry_heap *heap = test_heap(REGION_BYTES, 0);
    const size_t count = edge_words(edges, 1), step = is_full() ? 1 : 29;
    if (heap == NULL)
        return;
    for (size_t i = 0; i < count && !test_is_over(); i++)
        for (size_t j = i % step; j < count; j += step) {
            const wide_t product = (wide_t)edges[i] * edges[j];
            if (product > 1024 && product < REGION_BYTES)
                continue; /* as memory allows */
            void *block = quarry_calloc(heap, edges[i], edges[j]);
            if ((block != NULL) != (product <= 1024)) {
                CHECK_EQ(edges[i], edges[j]);
                return;
            }
            if (block != NULL && !CHECK(test_is_zero(block, (size_t)product)))
                return;
            quarry_free(heap, block);
        }
}

/* What the source is asked for holds the block wherever its memory lies, or is a chunk. */
static bool wanted_holds(size_t bytes, size_t align_bytes)
{
    const wide_t slack = align_bytes > QUARRY_PAGE_BYTES ? align_bytes - QUARRY_PAGE_BYTES : 0;
    return wanted_bytes == 0 || wanted_bytes == CHUNK_BYTES || wanted_bytes >= bytes + slack;
}

static bool aligned_holds(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    wanted_bytes = 0;
    void *block = quarry_aligned_alloc(heap, align_bytes, bytes);
    if (!wanted_holds(bytes, align_bytes))
        return false;
    if (block == NULL) /* whatever is small enough must be served */
        return !bits_is_power_of_two(align_bytes) || align_bytes > SOURCE_MOST_BYTES / 4 ||
               bytes > SOURCE_MOST_BYTES / 4;
    const bool held = bits_is_power_of_two(align_bytes) && ((uintptr_t)block & (align_bytes - 1)) == 0 &&
                      quarry_usable_size(heap, block) >= bytes;
    quarry_free(heap, block);
    return held;
}

TEST(test_aligned_alloc_of_edges_at_every_alignment_overflows_nowhere)
{
    struct quarry_heap *heap = source_heap();
    REQUIRE(heap != NULL);
    const size_t count = edge_words(edges, 1), step = is_full() ? 1 : 5;
    for (unsigned power = 0; power < BITS_WORD; power++)
        for (size_t i = power % step; i < count && !test_is_over(); i += step)
            for (int more = -1; more <= 1; more++) {
                const size_t align_bytes = ((size_t)1 << power) + (size_t)more;
                if (!aligned_holds(heap, align_bytes, edges[i]))
                    CHECK_EQ(align_bytes, edges[i]);
            }
    CHECK(quarry_check(heap));
    quarry_destroy(heap);
}

TEST(test_realloc_to_edges_is_refused_or_holds_them)
{
    struct quarry_heap *heap = source_heap();
    REQUIRE(heap != NULL);
    const size_t count = edge_words(edges, 3);
    const size_t first_sizes[] = {1, 1000, CHUNK_BYTES / 2, 2 * CHUNK_BYTES};
    for (unsigned kind = 0; kind < 4; kind++)
        for (size_t i = 0; i < count && !test_is_over(); i += is_full() ? 1 : 11) {
            void *block = quarry_malloc(heap, first_sizes[kind]);
            REQUIRE(block != NULL);
            wanted_bytes = 0;
            void *changed = quarry_realloc(heap, block, edges[i]);
            CHECK(wanted_holds(edges[i], 1));
            if (changed == NULL)
                CHECK(edges[i] > SOURCE_MOST_BYTES / 4);
            else
                CHECK(quarry_usable_size(heap, changed) >= edges[i]);
            quarry_free(heap, changed != NULL ? changed : block);
        }
    CHECK(quarry_check(heap));
    quarry_destroy(heap);
}

/* A limit is taken iff it is 0 or not below what was acquired, and then nothing is acquired beyond it. */
TEST(test_limit_at_edges_is_kept)
{
    struct quarry_heap *heap = source_heap();
    REQUIRE(heap != NULL);
    const size_t count = edge_words(edges, 3);
    for (size_t i = 0; i < count && !test_is_over(); i++) {
        const size_t acquired = stats_of(heap).acquired_bytes, limit = edges[i];
        const bool taken = quarry_set_limit(heap, limit);
        CHECK_EQ(taken, limit == 0 || limit >= acquired);
        if (!taken)
            continue;
        void *block = quarry_malloc(heap, 3 * CHUNK_BYTES);
        CHECK(limit == 0 || stats_of(heap).acquired_bytes <= limit);
        CHECK(block != NULL || (limit != 0 && limit - acquired < 4 * (size_t)CHUNK_BYTES + UNITS_SOURCE_BYTES));
        quarry_free(heap, block);
    }
    quarry_destroy(heap);
}

/* --- regions --- */

/* The fewest pages of a region of so many bytes, over all its starts; 0: one is refused. */
static size_t fewest_pages(uint8_t *memory, size_t bytes, size_t step)
{
    size_t fewest = SIZE_MAX;
    const struct quarry_options options = test_options();
    for (size_t offset = 0; offset < QUARRY_PAGE_BYTES && fewest != 0; offset += step) {
        struct quarry_heap *heap = quarry_create(memory + offset, bytes, &options);
        const size_t pages = heap != NULL ? stats_of(heap).free_bytes / QUARRY_PAGE_BYTES : 0;
        if (pages < fewest)
            fewest = pages;
        if (heap != NULL && quarry_malloc(heap, 1) == NULL)
            return 0;
    }
    return fewest;
}

static size_t start_step(void)
{
    return QUARRY_PAGE_BYTES <= 512 || is_full() ? 1 + QUARRY_PAGE_BYTES / 4096 : 1 + QUARRY_PAGE_BYTES / 256;
}

TEST(test_min_region_is_accepted_at_every_start_and_a_byte_less_at_none)
{
    const size_t most = quarry_min_region_bytes();
    uint8_t *memory = test_memory_aligned(most + QUARRY_PAGE_BYTES, QUARRY_PAGE_BYTES);
    if (memory == NULL)
        return;
    CHECK(fewest_pages(memory, most, start_step()) != 0);
    for (size_t offset = 0; offset < QUARRY_PAGE_BYTES && !test_is_over(); offset += start_step())
        CHECK_EQ(quarry_create(memory + offset, most - 1, NULL), NULL);
}

/* Its length is no longer than its pages need at the worst start: a page more needs a page more, and its control data,
 * but for what alignment takes. */
TEST(test_min_region_has_no_byte_that_the_worst_start_does_not_need)
{
    if (QUARRY_PAGE_BYTES > 4096)
        SKIP("creating heaps at every start takes too long with such pages");
    const size_t least = quarry_min_region_bytes(), more_most = 2 * (size_t)QUARRY_PAGE_BYTES;
    uint8_t *memory = test_memory_aligned(least + more_most + QUARRY_PAGE_BYTES, QUARRY_PAGE_BYTES);
    if (memory == NULL)
        return;
    const size_t step = QUARRY_PAGE_BYTES <= 512 || is_full() ? 1 : 7;
    const size_t pages = fewest_pages(memory, least, step);
    size_t low = 0, high = more_most; /* so many bytes more: no page more; a page more at every start */
    CHECK(fewest_pages(memory, least + high, step) > pages);
    while (high - low > 1) {
        const size_t middle = (low + high) / 2;
        if (fewest_pages(memory, least + middle, step) > pages)
            high = middle;
        else
            low = middle;
    }
    CHECK(high + QUARRY_ALIGN_BYTES > QUARRY_PAGE_BYTES);
}
