/* SPDX-License-Identifier: MIT
 *
 * reentry.c: a source's callback that does more than deal out memory: it may serve itself from another heap, which it
 * makes the current one for a while; but it must not call the heap that waits for it, nor end it: QUARRY_REENTRY, and
 * nothing changes.
 */
#include "emalloc_test.h"

static struct {
    zend_mm_heap *heap, *other;
    unsigned calls;
} during;

static void expect_reentry(unsigned reports)
{
    CHECK_EQ(test_log.count, reports + 1);
    CHECK_EQ(test_log.last.kind, QUARRY_REENTRY);
    CHECK_EQ(test_log.last.heap, during.heap);
    test_log.count = reports;
}

static void use_other_heap(struct test_source *source)
{
    const unsigned reports = test_log.count;
    void *block;

    source->during = NULL; /* the other heap's chunks come from here too */
    during.calls++;
    CHECK_EQ(zend_mm_set_heap(during.other), during.heap);
    block = emalloc(16);
    CHECK(quarry_owns(during.other, block));
    efree_size(block, 16);
    CHECK_EQ(zend_mm_set_heap(during.heap), during.other);
    CHECK(RUNS_OUT(emalloc(16))); /* it is not the callback's */
    expect_reentry(reports);
}

static void end_heap(struct test_source *source)
{
    const unsigned reports = test_log.count;

    source->during = NULL;
    during.calls++;
    zend_mm_shutdown(during.heap, false, true);
    expect_reentry(reports);
    zend_mm_shutdown(during.heap, true, true);
    expect_reentry(reports);
    shutdown_memory_manager(true, true);
    expect_reentry(reports);
    CHECK_EQ(zend_mm_get_heap(), during.heap);
    CHECK(quarry_persistent_heap() != NULL);
}

/* A run with free slots, so that a hot path would serve; then a chunk is wanted. */
static void live_through(struct scene *s, void (*callback)(struct test_source *source))
{
    void *block = emalloc(16);
    unsigned char *big;

    CHECK(emalloc(16) != NULL && emalloc(BIG_BYTES) != NULL);
    during.heap = s->heap;
    during.calls = 0;
    s->source.during = callback;
    big = emalloc(BIG_BYTES);
    CHECK_EQ(during.calls, 1);
    test_fill(big, BIG_BYTES, 1);
    CHECK(quarry_owns(s->heap, block));
    check_heap(s->heap);
    efree_size(block, 16);
    efree_size(emalloc(16), 16);
    check_heap(s->heap);
}

ON_SOURCE_OF(test_reentry_into_heap_made_current_again_is_reported, 6)
{
    if (QUARRY_LOCK == QUARRY_LOCK_SMP)
        SKIP("waits for itself");
    during.other = zend_mm_startup();
    REQUIRE(during.other != NULL);
    live_through(s, use_other_heap);
    zend_mm_shutdown(during.other, true, true);
}

ON_SOURCE_OF(test_reentry_to_end_heap_is_reported, 6)
{
    if (QUARRY_LOCK == QUARRY_LOCK_SMP)
        SKIP("waits for itself");
    live_through(s, end_heap);
}
