/* SPDX-License-Identifier: MIT
 *
 * reentry.c: a source's callback calls the heap that called it: every function that could change the heap reports
 * QUARRY_REENTRY and does nothing, and the outer call goes on undisturbed.
 */
#include "misuse.h"

struct reentry {
    struct test_source source; /* first: the callbacks get its address */
    unsigned which;
    unsigned calls;
    void *block;
    bool armed;
};

enum { CALLS = 17 };

static bool see_nothing(void *context, const struct quarry_block *block)
{
    (void)context, (void)block;
    CHECK(false);
    return true;
}

static void call(struct quarry_heap *heap, void *block, unsigned which)
{
    static unsigned char region[4];

    switch (which) {
    case 0:
        CHECK_EQ(quarry_malloc(heap, SMALL_BYTES), NULL); /* there is a slot */
        break;
    case 1:
        CHECK_EQ(quarry_calloc(heap, 2, 10), NULL);
        break;
    case 2:
        CHECK_EQ(quarry_realloc(heap, block, 100), NULL);
        break;
    case 3:
        CHECK_EQ(quarry_aligned_alloc(heap, 32, 10), NULL);
        break;
    case 4:
        CHECK_EQ(quarry_aligned_realloc(heap, block, 32, 10), NULL);
        break;
    case 5:
        quarry_free(heap, block);
        break;
    case 6:
        quarry_free_sized(heap, block, SMALL_BYTES);
        break;
    case 7:
        CHECK(!quarry_resize(heap, block, 5));
        break;
    case 8:
        CHECK_EQ(quarry_usable_size(heap, block), 0);
        break;
    case 9:
        CHECK(!quarry_add_region(heap, region, sizeof region));
        break;
    case 10:
        quarry_reset(heap);
        break;
    case 11:
        quarry_destroy(heap);
        break;
    case 12:
        CHECK(!quarry_set_limit(heap, 0));
        break;
    case 13:
        CHECK(!quarry_check(heap));
        break;
    case 14:
        quarry_walk(heap, see_nothing, NULL);
        break;
    case 15:
        quarry_reset_peaks(heap);
        break;
    default:
        CHECK_EQ(quarry_trim(heap), 0);
        break;
    }
}

static void during(struct test_source *source)
{
    struct reentry *const reentry = (struct reentry *)(void *)source;

    if (!reentry->armed)
        return;
    reentry->calls++;
    call(source->heap, reentry->block, reentry->which);
    if (!expect_misuse_(source->heap, KIND(QUARRY_REENTRY))) {
        test_print("  call ");
        test_print_unsigned(reentry->which);
        test_print("\n");
    }
}

/* A heap on a source of so many chunks, whose callbacks are to call it as soon as the test is armed. NULL: the test has
 * been skipped. */
static struct quarry_heap *begin(struct reentry *reentry, size_t chunks, void (*called)(struct test_source *source))
{
    reentry->which = 0;
    reentry->calls = 0;
    reentry->armed = false;
    if (!test_source_init(&reentry->source, chunks * SMALLEST_CHUNK_BYTES))
        return NULL;
    reentry->source.during = called;
    return test_source_heap(&reentry->source);
}

/* Each call, from each callback: acquire and extend while a huge block comes and grows, truncate and release while
 * it shrinks and goes. */
static void run(struct reentry *reentry, struct quarry_heap *heap)
{
    unsigned char *huge;

    reentry->armed = true;
    huge = quarry_malloc(heap, HUGE_BYTES);
    REQUIRE(huge != NULL);
    test_fill(huge, HUGE_BYTES, 1);
    CHECK_EQ(quarry_realloc(heap, huge, 2 * HUGE_BYTES), huge);
    CHECK_EQ(quarry_realloc(heap, huge, HUGE_BYTES), huge);
    CHECK(test_is_filled(huge, HUGE_BYTES, 1));
    quarry_free(heap, huge);
    reentry->armed = false;
    check_heap_(heap);
    CHECK(quarry_owns(heap, reentry->block));
    CHECK(test_is_filled(reentry->block, SMALL_BYTES, 7));
}

TEST(test_reentry_from_each_callback_is_reported)
{
    struct reentry reentry;
    struct quarry_heap *const heap = begin(&reentry, 6, during);

    if (heap == NULL)
        return;
    if (QUARRY_CACHE != 0)
        SKIP("a cache serves without the lock, also from a callback");
    reentry.block = quarry_malloc(heap, SMALL_BYTES);
    REQUIRE(reentry.block != NULL);
    test_fill(reentry.block, SMALL_BYTES, 7);
    for (reentry.which = 0; reentry.which < CALLS && !test_is_over(); reentry.which++)
        run(&reentry, heap);
    CHECK_EQ(reentry.calls, 4 * CALLS);
    quarry_free(heap, reentry.block);
    quarry_destroy(heap);
    CHECK_EQ(reentry.source.granted_bytes, 0);
    CHECK_EQ(reentry.source.errors, 0);
}

static void during_stats(struct test_source *source)
{
    struct reentry *const reentry = (struct reentry *)(void *)source;
    struct quarry_stats stats;

    if (!reentry->armed)
        return;
    reentry->calls++;
    quarry_get_stats(source->heap, &stats);
    CHECK_EQ(stats.blocks, QUARRY_STATS != 0 ? 1 : 0); /* it is counted until its memory is gone */
}

/* While a run without a used slot waits to be taken from again. */
TEST(test_figures_may_be_asked_for_from_a_callback)
{
    struct reentry reentry;
    struct quarry_heap *const heap = begin(&reentry, 6, during_stats);
    struct quarry_stats fresh, after;

    if (heap == NULL)
        return;
    if (QUARRY_CACHE != 0)
        SKIP("caches are not emptied while a callback runs");
    quarry_get_stats(heap, &fresh);
    void *huge = quarry_malloc(heap, HUGE_BYTES);
    REQUIRE(huge != NULL);
    quarry_free(heap, quarry_malloc(heap, SMALL_BYTES));
    reentry.armed = true;
    quarry_free(heap, huge);
    reentry.armed = false;
    CHECK_EQ(reentry.calls, 1);
    check_heap(heap);
    quarry_get_stats(heap, &after);
    CHECK_EQ(after.free_bytes, fresh.free_bytes);
    CHECK_EQ(after.largest_free_bytes, fresh.largest_free_bytes);
    quarry_destroy(heap);
}

TEST(test_reentry_while_chunk_comes_is_reported)
{
    struct reentry reentry;
    struct quarry_heap *const heap = begin(&reentry, 2, during);

    if (heap == NULL)
        return;
    reentry.block = quarry_malloc(heap, largest_free_bytes(heap));
    reentry.armed = true;
    CHECK(quarry_malloc(heap, LARGE_BYTES) != NULL);
    reentry.armed = false;
    CHECK_EQ(reentry.calls, 1);
    check_heap(heap);
}

/* While the heap ends, and its first chunk, where it lies, is still there. */
static void during_destroy(struct test_source *source)
{
    struct reentry *const reentry = (struct reentry *)(void *)source;

    if (!reentry->armed || source->granted_bytes == SMALLEST_CHUNK_BYTES)
        return;
    reentry->calls++;
    CHECK_EQ(quarry_malloc(source->heap, 10), NULL);
    expect_misuse_(source->heap, KIND(QUARRY_REENTRY));
}

TEST(test_reentry_while_heap_is_destroyed_is_reported)
{
    struct reentry reentry;
    struct quarry_heap *const heap = begin(&reentry, 4, during_destroy);

    if (heap == NULL)
        return;
    CHECK(quarry_malloc(heap, largest_free_bytes(heap)) != NULL);
    CHECK(quarry_malloc(heap, LARGE_BYTES) != NULL);
    CHECK(quarry_malloc(heap, HUGE_BYTES) != NULL);
    reentry.armed = true;
    quarry_destroy(heap);
    CHECK_EQ(reentry.calls, 2);
    CHECK_EQ(reentry.source.granted_bytes, 0);
    CHECK_EQ(reentry.source.errors, 0);
}

/* Another heap may be called from a callback: that is how heaps nest. */
static void use_other(struct test_source *source)
{
    quarry_free(source->heap, quarry_malloc(source->heap, 10));
}

TEST(test_other_heap_called_from_callback_is_no_misuse)
{
    struct test_source source;
    struct quarry_heap *const other = test_heap(sizeof(void *) > 4 ? 4096 : 1024, 0);
    struct quarry_heap *heap;

    if (other == NULL || !test_source_init(&source, 2 * SMALLEST_CHUNK_BYTES))
        return;
    heap = test_source_heap(&source);
    if (heap == NULL)
        return;
    source.heap = other;
    source.during = use_other;
    CHECK(quarry_malloc(heap, largest_free_bytes(heap)) != NULL);
    CHECK(quarry_malloc(heap, LARGE_BYTES) != NULL);
    check_heap(heap);
    check_heap(other);
}
