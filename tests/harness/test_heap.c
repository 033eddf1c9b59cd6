/* SPDX-License-Identifier: MIT
 *
 * test_heap.c: the misuse log, the whole-heap check and the checked calls of test_heap.h. The check does not trust the
 * allocator's own: it adds up what quarry_walk() shows (order, overlap, live and free bytes) and compares that
 * with quarry_get_stats(). quarry_panic() is defined here, so a heap without a hook reports into the log too.
 * Cost: each checked call walks the heap, so these calls suit API tests and small heaps, not long random runs.
 */
#include "test_heap.h"

struct misuse_log test_log;

#if QUARRY_CACHE != 0
unsigned test_core;
#endif

void test_on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    test_log.count++;
    test_log.last = *misuse;
}

void quarry_panic(const struct quarry_misuse *misuse)
{
    test_on_misuse(NULL, misuse);
}

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
static unsigned locks_held;
unsigned test_locks;

/* The word says which heap it was, and how many locks were held before. */
static uintptr_t lock_word(const struct quarry_heap *heap)
{
    return (uintptr_t)heap + locks_held + 1;
}

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    const uintptr_t word = lock_word(heap);

    locks_held++;
    test_locks++;
    return word;
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    CHECK(locks_held-- != 0);
    CHECK_EQ(saved, lock_word(heap));
}
#else
static const unsigned locks_held;
#endif

void test_heap_begin(void)
{
    test_log.count = 0;
}

void test_heap_end(void)
{
    CHECK_EQ(locks_held, 0);
    if (!CHECK_EQ(test_log.count, 0)) {
        test_print("  last unexpected report: kind ");
        test_print_unsigned((uintptr_t)test_log.last.kind);
        test_print(", pointer ");
        test_print_hex((uintptr_t)test_log.last.pointer);
        test_print("\n");
    }
}

struct quarry_options test_options(void)
{
    const struct quarry_options options = {.on_misuse = test_on_misuse};

    return options;
}

bool expect_misuse_(const struct quarry_heap *heap, unsigned kinds)
{
    /* From level 4 the check after the call finds again what the call has reported. */
    bool as_expected = QUARRY_CHECK_LEVEL >= 4 ? CHECK(test_log.count != 0) : CHECK_EQ(test_log.count, 1);

    if (test_log.count > 0) {
        if (!CHECK((kinds & KIND(test_log.last.kind)) != 0)) {
            test_print("  reported kind: ");
            test_print_unsigned((uintptr_t)test_log.last.kind);
            test_print("\n");
            as_expected = false;
        }
        as_expected &= CHECK_EQ(test_log.last.heap, heap);
    }
    test_log.count = 0;
    return as_expected;
}

struct quarry_heap *test_heap(size_t region_bytes, size_t align_offset)
{
    const struct quarry_options options = test_options();
    void *const region = test_memory(region_bytes, align_offset);
    struct quarry_heap *heap;

    if (region == NULL)
        return NULL;
    if (region_bytes < quarry_min_region_bytes()) {
        test_skip("region too short for pages of this size, bytes:", QUARRY_PAGE_BYTES);
        return NULL;
    }
    heap = quarry_create(region, region_bytes, &options);
    CHECK(heap != NULL);
    return heap;
}

size_t test_room(size_t most_bytes)
{
    const size_t bytes = test_memory_left();

    return (bytes < most_bytes ? bytes : most_bytes) / 64 * 64;
}

/* What a walk has shown so far. */
struct tally {
    uintptr_t end;   /* of the last entry */
    size_t backward; /* entries that lay below the one before: each begins another chunk */
    size_t live;
    size_t live_bytes;
    size_t free_bytes;
    size_t largest_bytes;
    size_t smallest_bytes;
    size_t free_runs;
    bool sound;
};

static bool add_to_tally(void *context, const struct quarry_block *block)
{
    struct tally *const tally = context;
    const uintptr_t start = TEST_ADDRESS(block->pointer);

    if (start < tally->end)
        tally->backward++;
    tally->end = start + block->bytes;
    tally->sound &= block->bytes != 0 && tally->end > start;
    tally->sound &= block->kind >= QUARRY_SMALL && block->kind <= QUARRY_HUGE;
    if (!block->free) {
        tally->live++;
        tally->live_bytes += block->bytes;
    } else if (block->kind == QUARRY_LARGE) {
        tally->free_bytes += block->bytes;
        if (block->bytes > tally->largest_bytes)
            tally->largest_bytes = block->bytes;
        if (tally->free_runs++ == 0 || block->bytes < tally->smallest_bytes)
            tally->smallest_bytes = block->bytes;
    }
    return true;
}

bool check_heap_(struct quarry_heap *heap)
{
    struct tally tally = {.sound = true};
    const struct quarry_stats stats = stats_of(heap);
    bool sound = CHECK(quarry_check(heap));

    quarry_walk(heap, add_to_tally, &tally);
    sound &= CHECK(tally.sound);
    sound &= CHECK(tally.backward <= stats.chunks);
    sound &= CHECK_EQ(tally.free_bytes, stats.free_bytes);
    sound &= CHECK(stats.largest_free_bytes <= tally.largest_bytes);
    sound &= CHECK_EQ(tally.free_runs, stats.free_runs);
    sound &= CHECK((stats.smallest_free_bytes != 0) == (stats.free_runs != 0));
    sound &= CHECK(stats.smallest_free_bytes >= tally.smallest_bytes);
    /* Exact for runs shorter than 8 pages. Longer than this are all pieces of idle memory, which are not looked at. */
    if (tally.smallest_bytes < 8 * (size_t)QUARRY_PAGE_BYTES && tally.smallest_bytes < 3584)
        sound &= CHECK_EQ(stats.smallest_free_bytes, tally.smallest_bytes);
    sound &= CHECK(tally.live_bytes + tally.free_bytes <= stats.capacity_bytes);
    sound &= CHECK(stats.capacity_bytes <= stats.acquired_bytes);
    sound &= CHECK_EQ(stats.blocks, stats.requests - stats.frees);
    sound &= CHECK(stats.acquired_bytes <= stats.acquired_peak_bytes);
    sound &= CHECK(tally.live_bytes + tally.free_bytes <= stats.acquired_bytes);
    if (QUARRY_STATS) {
        sound &= CHECK_EQ(tally.live, stats.blocks);
        sound &= CHECK_EQ(tally.live_bytes, stats.used_bytes);
        sound &= CHECK(stats.used_bytes <= stats.used_peak_bytes);
    }
    return sound;
}

bool expect_all_free_(struct quarry_heap *heap, size_t largest_bytes)
{
    const struct quarry_stats stats = stats_of(heap);
    bool as_expected = check_heap_(heap);

    as_expected &= CHECK_EQ(stats.blocks, 0);
    as_expected &= CHECK_EQ(stats.used_bytes, 0);
    as_expected &= CHECK_EQ(stats.largest_free_bytes, largest_bytes);
    return as_expected;
}

struct quarry_stats stats_of(const struct quarry_heap *heap)
{
    struct quarry_stats stats;

    quarry_get_stats(heap, &stats);
    return stats;
}

size_t largest_free_bytes(const struct quarry_heap *heap)
{
    return stats_of(heap).largest_free_bytes;
}

bool stats_are_equal(const struct quarry_stats *a, const struct quarry_stats *b)
{
    return a->acquired_bytes == b->acquired_bytes && a->used_bytes == b->used_bytes && a->free_bytes == b->free_bytes &&
           a->largest_free_bytes == b->largest_free_bytes && a->limit_bytes == b->limit_bytes &&
           a->blocks == b->blocks && a->chunks == b->chunks;
}

size_t alignment_of_size(size_t usable_bytes)
{
    size_t align_bytes = QUARRY_ALIGN_BYTES;

    while (align_bytes > usable_bytes)
        align_bytes /= 2;
    return align_bytes;
}

/* Every block that a call returns, whatever the call. */
static void check_block(struct quarry_heap *heap, const void *block, size_t bytes)
{
    size_t usable_bytes;

    check_heap_(heap);
    if (block == NULL)
        return;
    usable_bytes = quarry_usable_size(heap, block);
    CHECK(usable_bytes >= bytes && usable_bytes != 0);
    CHECK(quarry_owns(heap, block));
    CHECK_EQ((uintptr_t)block & (alignment_of_size(usable_bytes) - 1), 0);
}

void *t_malloc_(struct quarry_heap *heap, size_t bytes)
{
    void *const block = quarry_malloc(heap, bytes);

    check_block(heap, block, bytes);
    return block;
}

void *t_calloc_(struct quarry_heap *heap, size_t count, size_t bytes)
{
    void *const block = quarry_calloc(heap, count, bytes);

    check_block(heap, block, count * bytes);
    if (block != NULL)
        CHECK(test_is_zero(block, count * bytes));
    return block;
}

void *t_realloc_(struct quarry_heap *heap, void *block, size_t bytes)
{
    void *const moved = quarry_realloc(heap, block, bytes);

    check_block(heap, moved, bytes);
    return moved;
}

void *t_aligned_alloc_(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    void *const block = quarry_aligned_alloc(heap, align_bytes, bytes);

    check_block(heap, block, bytes);
    if (block != NULL)
        CHECK_EQ((uintptr_t)block & (align_bytes - 1), 0);
    return block;
}

void *t_aligned_realloc_(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
{
    void *const moved = quarry_aligned_realloc(heap, block, align_bytes, bytes);

    check_block(heap, moved, bytes);
    if (moved != NULL)
        CHECK_EQ((uintptr_t)moved & (align_bytes - 1), 0);
    return moved;
}

void t_free_(struct quarry_heap *heap, void *block)
{
    quarry_free(heap, block);
    check_heap_(heap);
}

void t_free_sized_(struct quarry_heap *heap, void *block, size_t bytes)
{
    quarry_free_sized(heap, block, bytes);
    check_heap_(heap);
}

bool t_resize_(struct quarry_heap *heap, void *block, size_t bytes)
{
    const bool resized = quarry_resize(heap, block, bytes);

    check_heap_(heap);
    if (resized)
        CHECK(quarry_usable_size(heap, block) >= bytes);
    return resized;
}
