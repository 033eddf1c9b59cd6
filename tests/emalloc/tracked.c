/* SPDX-License-Identifier: MIT
 *
 * tracked.c: the debugging heap: what is written beside a block is seen when the block is freed or moved and when the
 * request ends, freed memory is filled, and all else is as with any request heap.
 */
#include "emalloc_test.h"

/* Starts a tracked heap beside the scene's, as the current one. */
static zend_mm_heap *begin(void)
{
    zend_mm_heap *heap = zend_mm_startup_tracked();

    CHECK(heap != NULL);
    zend_mm_set_heap(heap);
    return heap;
}

static void end(zend_mm_heap *heap)
{
    if (heap == NULL)
        return;
    CHECK(quarry_check(heap));
    zend_mm_shutdown(heap, true, true);
    expect_printed(""); /* silent */
}

#define ON_TRACKED(name)                                                                                               \
    static void name##_on(struct scene *s, zend_mm_heap *heap);                                                        \
    ON_REGION_OF(name, 4)                                                                                              \
    {                                                                                                                  \
        zend_mm_heap *heap = begin();                                                                                  \
        if (heap != NULL)                                                                                              \
            name##_on(s, heap);                                                                                        \
        end(heap);                                                                                                     \
    }                                                                                                                  \
    static void name##_on(__attribute__((unused)) struct scene *s, __attribute__((unused)) zend_mm_heap *heap)

ON_TRACKED(test_tracked_heap_serves_every_call)
{
    unsigned char *block = emalloc(16), *other;

    CHECK(zend_mm_is_custom_heap(heap));
    CHECK(!is_zend_mm());
    CHECK_EQ(zend_mem_block_size(block), 16); /* to the byte */
    CHECK_EQ((uintptr_t)block & (QUARRY_ALIGN_BYTES - 1), 0);
    test_fill(block, 16, 1);
    other = ecalloc(3, 11);
    CHECK(test_is_zero(other, 33));
    CHECK_EQ(zend_mem_block_size(other), 33);
    block = erealloc(block, 200);
    CHECK(test_is_filled(block, 16, 1));
    block = erealloc2(block, 7, 5);
    CHECK(test_is_filled(block, 5, 1));
    CHECK(texts_are_equal(estrdup("tracked"), "tracked"));
    CHECK_EQ(zend_mem_block_size(emalloc(opaque_size(0))), 0);
    CHECK_EQ(zend_mem_block_size(NULL), 0);
    efree_size(other, 33);
    zend_mm_free(heap, block);
    check_heap(heap);
    CHECK_EQ(stats_of(heap).blocks, QUARRY_STATS ? 2 : 0);
}

/* Writes a byte beside a block of so many bytes, and has it found by efree() and erealloc(). */
static void check_overrun(zend_mm_heap *heap, size_t bytes, ptrdiff_t offset)
{
    unsigned char *block = emalloc(bytes), *wrong = opaque_pointer(block) + offset;
    const unsigned char kept = *wrong;

    test_fill(block, bytes, 1);
    *wrong ^= 1;
    efree(block);
    CHECK_EQ(test_log.last.pointer, block);
    CHECK_EQ(test_log.last.bytes, bytes);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK_EQ(erealloc(block, 100), NULL); /* not out of memory */
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK_EQ(erealloc2(block, 100, 10), NULL);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK_EQ(ferealloc(block, 100, true), NULL);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    efree_size(block, bytes);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    CHECK(test_is_filled(block, bytes, 1)); /* it is left as it is */
    *wrong = kept;
    efree(block);
}

ON_TRACKED(test_tracked_block_written_beside_is_reported)
{
    static const uint16_t sizes[] = {0, 1, 7, 8, 16, 17, 100, 400};

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0] && !test_is_over(); i++) {
        check_overrun(heap, sizes[i], sizes[i]);
        check_overrun(heap, sizes[i], sizes[i] + 15);
        check_overrun(heap, sizes[i], -1);
        check_overrun(heap, sizes[i], -16);
    }
    CHECK_EQ(stats_of(heap).blocks, 0);
}

ON_TRACKED(test_tracked_block_written_to_its_ends_is_not_reported)
{
    for (size_t bytes = 0; bytes < 70; bytes++) {
        unsigned char *block = emalloc(bytes);

        test_fill(block, bytes, (uint32_t)bytes);
        block = erealloc(block, bytes / 2);
        test_fill(block, bytes / 2, 9);
        efree(block);
    }
    CHECK_EQ(stats_of(heap).blocks, 0);
}

ON_TRACKED(test_tracked_request_end_reports_written_beside)
{
    NEEDS_CHECKS();
    unsigned char *block = emalloc(opaque_size(20)); /* a constant would be a slot's length */

    CHECK(emalloc(20) != NULL);
    opaque_pointer(block)[20] ^= 0x80;
    zend_mm_shutdown(heap, false, true);
    CHECK_EQ(test_log.last.pointer, block);
    expect_misuse(heap, KIND(QUARRY_OVERRUN));
    zend_mm_shutdown(heap, false, true); /* it is gone */
    CHECK(emalloc(20) != NULL);
    zend_mm_shutdown(heap, false, true);
}

ON_TRACKED(test_tracked_wrong_pointers_are_reported)
{
    NEEDS_CHECKS();
    static unsigned char outside[64];
    unsigned char *kept = emalloc(20), *block = emalloc(20), *persistent_block = pemalloc(20, true);

    efree(block);
    efree(opaque_pointer(block));
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    CHECK_EQ(erealloc(opaque_pointer(block), 30), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    CHECK_EQ(zend_mem_block_size(opaque_pointer(block)), 0);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    efree(kept + 1);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    efree(kept - 16); /* what Quarry would call a block, or free memory */
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER) | KIND(QUARRY_DOUBLE_FREE));
    efree(outside + 32);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    efree(opaque_pointer(persistent_block));
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(erealloc(outside + 32, 30), NULL);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK(quarry_owns(s->persistent, persistent_block));
    efree(kept);
}

ON_TRACKED(test_tracked_freed_memory_is_filled)
{
    unsigned char *kept = emalloc(40), *block = emalloc(40), *freed = opaque_pointer(block);

    test_fill(block, 40, 1);
    efree(block);
    for (unsigned i = 1; i < 40; i++)
        CHECK_EQ(freed[i], freed[0]);
    CHECK(freed[0] != 0);
    efree(kept);
}

ON_TRACKED(test_tracked_erealloc_always_moves)
{
    NEEDS_CHECKS();
    unsigned char *block = emalloc(40), *moved;

    test_fill(block, 40, 1);
    moved = erealloc(block, 40);
    CHECK(moved != opaque_pointer(block));
    CHECK(test_is_filled(moved, 40, 1));
    efree(opaque_pointer(block));
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
    CHECK_EQ(erealloc(NULL, 10) != NULL, true);
    efree(moved);
}

ON_TRACKED(test_tracked_heap_keeps_limit_and_runs_out)
{
    unsigned char *block;
    const size_t bytes = opaque_size(SIZE_MAX);
    struct quarry_stats before, after;

    CHECK_EQ(zend_set_memory_limit(CHUNK), SUCCESS);
    block = emalloc(BIG_BYTES);
    test_fill(block, BIG_BYTES, 1);
    before = stats_of(heap);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    EXPECT_OOM(emalloc(BIG_BYTES), heap, BIG_BYTES);
    EXPECT_OOM(erealloc(block, BIG_BYTES + 1), heap, BIG_BYTES + 1);
    EXPECT_OOM(emalloc(bytes), heap, bytes);
    EXPECT_OOM(emalloc(bytes - 1), heap, bytes - 1);
    EXPECT_OOM(emalloc(bytes - 31), heap, bytes - 31); /* no room for the zones */
    EXPECT_OOM(safe_emalloc(bytes, bytes, 1), heap, bytes);
    EXPECT_OOM(erealloc(block, bytes), heap, bytes);
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    CHECK(test_is_filled(block, BIG_BYTES, 1));
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    efree(block);
}

ON_TRACKED(test_tracked_silent_end_frees_everything)
{
    for (unsigned i = 0; i < 20; i++)
        test_fill(emalloc(20), 20, i);
    zend_mm_shutdown(heap, false, true);
    expect_printed("");
    CHECK_EQ(stats_of(heap).blocks, 0);
    CHECK_EQ(zend_memory_peak_usage(false), zend_memory_usage(false));
    zend_mm_shutdown(heap, false, false); /* nothing is left to report */
    expect_printed("");
    check_heap(heap);
}

ON_TRACKED(test_tracked_end_that_is_not_silent_reports_leaks)
{
    const char *first, *second;

    CHECK(emalloc(opaque_size(20)) != NULL), first = PLACE;
    CHECK(emalloc(opaque_size(50)) != NULL), second = PLACE;
    efree(emalloc(30));
    zend_mm_shutdown(heap, false, false);
    if (QUARRY_TRACK)
        expect_printed(first, ": 1 block, 20 bytes not freed\n", second, ": 1 block, 50 bytes not freed\n",
                       "2 blocks, 70 bytes not freed in all\n");
    else
        expect_printed("unknown place: 2 blocks, 70 bytes not freed\n2 blocks, 70 bytes not freed in all\n");
    CHECK_EQ(stats_of(heap).blocks, 0);
}

ON_SOURCE_OF(test_tracked_table_that_source_refuses_fails_request, 6)
{
    zend_mm_heap *heap = begin();
    unsigned i, taken = 0;

    REQUIRE(heap != NULL);
    s->source.fail_odds = 256;
    CHECK_EQ(femalloc(20, true), NULL);
    EXPECT_OOM(emalloc(16), heap, 16);
    CHECK_EQ(stats_of(heap).blocks, 0);
    s->source.fail_odds = 0;
    CHECK(emalloc(16) != NULL);
    s->source.fail_odds = 256; /* no longer table either */
    for (i = 0; i < 200; i++)
        taken += femalloc(1, true) != NULL;
    CHECK(taken >= 32 && taken < 200);
    CHECK_EQ(stats_of(heap).blocks, QUARRY_STATS ? taken + 1 : 0);
    s->source.fail_odds = 0;
    for (i = 0; i < 10; i++)
        CHECK(emalloc(1) != NULL);
    end(heap);
}

ON_SOURCE_OF(test_tracked_many_blocks_are_each_known, 40)
{
    enum { BLOCKS = 900 };
    void **blocks = test_memory(BLOCKS * sizeof *blocks, 0);
    zend_mm_heap *heap = blocks != NULL ? begin() : NULL;

    if (heap == NULL)
        return;
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = emalloc(i % 30);
        test_fill(blocks[i], i % 30, i);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        const unsigned place = i * 7 % BLOCKS;

        CHECK_EQ(zend_mem_block_size(blocks[place]), place % 30);
        CHECK(test_is_filled(blocks[place], place % 30, place));
        efree(blocks[place]);
    }
    CHECK_EQ(stats_of(heap).blocks, 0);
    end(heap);
}

static void count_freed(void *context, zend_mm_heap *heap, void *block)
{
    (void)heap, (void)block;
    ++*(unsigned *)context;
}

ON_TRACKED(test_tracked_wrong_pointers_are_not_told_to_observers)
{
    static unsigned freed;
    static struct quarry_observer observer;
    unsigned char *block = emalloc(20), *dead = emalloc(20);

    efree(dead);
    freed = 0;
    observer.context = &freed;
    observer.freed = count_freed;
    CHECK(quarry_add_observer(heap, &observer));
    efree(opaque_pointer(dead));
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    efree(opaque_pointer(block + 1));
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(freed, 0);
    efree(block);
    CHECK_EQ(freed, 1);
    CHECK(quarry_remove_observer(heap, &observer));
}

ON_TRACKED(test_tracked_gc_and_max_allocs_work_as_ever)
{
    CHECK_EQ(zend_mm_gc(heap), 0);
    zend_mm_set_max_allocs(1);
    CHECK(emalloc(20) != NULL);
    EXPECT_OOM(emalloc(32), heap, 32);
    CHECK(zend_mm_max_allocs_hit());
    zend_mm_set_max_allocs(0);
    zend_mm_set_fallible(true);
    CHECK_EQ(emalloc(opaque_size(SIZE_MAX / 2)), NULL);
}

ON_TRACKED(test_tracked_efree_size_with_wrong_size_is_reported)
{
    static const size_t sizes[] = {0, 1, 16, 20, 100, 128, 400, LARGE_BYTES};

    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0] && !test_is_over(); i++) {
        void *block = emalloc(opaque_size(sizes[i]));

        if (QUARRY_CHECK_LEVEL >= 2) {
            efree_size(block, opaque_size(sizes[i] + 2500));
            CHECK_EQ(test_log.last.pointer, block);
            CHECK_EQ(test_log.last.bytes, sizes[i] + 2500);
            expect_misuse(heap, KIND(QUARRY_WRONG_SIZE));
            efree_size(block, opaque_size(sizes[i] == LARGE_BYTES ? LARGE_BYTES - 1 : SIZE_MAX));
            expect_misuse(heap, KIND(QUARRY_WRONG_SIZE));
            CHECK_EQ(zend_mem_block_size(block), sizes[i]);
        }
        efree_size(block, sizes[i]);
    }
    CHECK_EQ(stats_of(heap).blocks, 0);
}

/* A constant size names its bin where there are functions for bins. */
ON_TRACKED(test_tracked_efree_size_takes_constant_sizes_for_any_others)
{
    efree_size(emalloc(0), opaque_size(0));
    efree_size(emalloc(opaque_size(0)), 0);
    efree_size(emalloc(20), opaque_size(20));
    efree_size(emalloc(opaque_size(20)), 20);
    efree_size(emalloc(33), 33);
    efree_size(emalloc(100), opaque_size(100));
    efree_size(emalloc(opaque_size(100)), 100);
    CHECK_EQ(stats_of(heap).blocks, 0);
}

/* --- the table's memory --- */

/* Blocks of a byte until there is no memory for one more. */
static unsigned fill_up(unsigned most)
{
    unsigned blocks = 0;

    while (blocks < most && femalloc(opaque_size(1), true) != NULL)
        blocks++;
    return blocks;
}

/* More than the first table has entries. */
enum { MANY_BLOCKS = sizeof(void *) > 4 ? 90 : 160 };

ON_SOURCE_OF(test_tracked_table_grows_into_what_kept_chunks_were, 14)
{
    zend_mm_heap *heap = begin();
    void *frames[64];
    unsigned count = 0;

    REQUIRE(heap != NULL);
    for (unsigned i = 0; i < 6; i++) {
        take_chunks(7);
        zend_mm_shutdown(heap, false, true);
    }
    CHECK(zend_memory_usage(true) >= 5 * CHUNK); /* kept, nearly all of it */
    while (count < 64 &&
           (frames[count] = s->source.source.acquire(&s->source, GRANULE_BYTES, QUARRY_PAGE_BYTES)) != NULL)
        count++;
    CHECK(count < 64);
    CHECK_EQ(fill_up(MANY_BLOCKS), MANY_BLOCKS);
    for (unsigned i = 0; i < count; i++)
        s->source.source.release(&s->source, frames[i], GRANULE_BYTES);
    end(heap);
}

static struct test_source refilled;
static unsigned oom_calls;

static bool refill(void *context, struct quarry_heap *heap, size_t bytes)
{
    const bool is_dry = refilled.fail_odds != 0;

    (void)context, (void)heap, (void)bytes;
    oom_calls++;
    refilled.fail_odds = 0;
    return is_dry;
}

TEST(test_tracked_table_that_cannot_grow_asks_on_oom)
{
    struct quarry_memory memory = {.source = &refilled.source, .options = test_options()};
    zend_mm_heap *heap, *first;

    memory.options.chunk_bytes = CHUNK;
    memory.options.on_oom = refill;
    if (!test_source_init(&refilled, 12 * CHUNK) || !CHECK(start_memory_manager(&memory)))
        return;
    test_print_forget();
    first = zend_mm_get_heap();
    heap = begin();
    REQUIRE(heap != NULL);
    CHECK(emalloc(1) != NULL);
    refilled.fail_odds = 256;
    oom_calls = 0;
    CHECK_EQ(fill_up(MANY_BLOCKS), MANY_BLOCKS);
    CHECK_EQ(oom_calls, 1);
    CHECK_EQ(zend_mem_block_size(emalloc(opaque_size(7))), 7);
    end(heap);
    zend_mm_set_heap(first);
    shutdown_memory_manager(true, true);
    CHECK_EQ(refilled.granted_bytes, 0);
}

/* As the header says. */
ON_SOURCE_OF(test_tracked_table_is_outside_limit_and_usage, 6)
{
    zend_mm_heap *heap = begin();
    size_t granted_bytes;

    REQUIRE(heap != NULL);
    CHECK_EQ(zend_set_memory_limit(CHUNK), SUCCESS);
    granted_bytes = s->source.granted_bytes;
    CHECK(emalloc(opaque_size(1)) != NULL);
    CHECK(s->source.granted_bytes > granted_bytes);
    CHECK_EQ(zend_memory_usage(true), CHUNK);
    CHECK_EQ(zend_memory_peak_usage(true), CHUNK);
    end(heap);
}
