/* SPDX-License-Identifier: MIT
 *
 * observers.c: observers see every call, in the order in which they were added, and replace nothing. What they see is
 * written down as text: a letter for each event, small for the first observer and large for the second.
 */
#include "emalloc_test.h"

enum { EVENTS = 40 };

static struct {
    char text[EVENTS + 1];
    unsigned count;
    zend_mm_heap *heap;
    void *block, *old_block;
    size_t bytes;
    bool full;
} seen;

struct watcher {
    struct quarry_observer observer;
    bool is_second;
    char leaves_at; /* an event at which it removes itself; 0: none */
};

static void note(void *context, zend_mm_heap *heap, char event)
{
    struct watcher *watcher = context;

    if (seen.count < EVENTS)
        seen.text[seen.count++] = watcher->is_second ? (char)(event - 'a' + 'A') : event;
    seen.text[seen.count] = '\0';
    seen.heap = heap;
    if (watcher->leaves_at == event)
        CHECK(quarry_remove_observer(heap, &watcher->observer));
}

static void on_allocated(void *context, zend_mm_heap *heap, void *block, size_t bytes)
{
    seen.block = block;
    seen.bytes = bytes;
    CHECK(zend_mm_is_custom_heap(heap) || quarry_owns(heap, block));
    note(context, heap, 'a');
}

static void on_freed(void *context, zend_mm_heap *heap, void *block)
{
    seen.block = block;
    CHECK(zend_mm_is_custom_heap(heap) || quarry_owns(heap, block));
    note(context, heap, 'f');
}

static void on_resized(void *context, zend_mm_heap *heap, void *old_block, void *block, size_t bytes)
{
    seen.old_block = old_block;
    seen.block = block;
    seen.bytes = bytes;
    note(context, heap, 'r');
}

static void on_failed(void *context, zend_mm_heap *heap, size_t bytes)
{
    seen.bytes = bytes;
    note(context, heap, 'x');
}

static void on_collected(void *context, zend_mm_heap *heap, size_t bytes)
{
    seen.bytes = bytes;
    note(context, heap, 'c');
}

static void on_ended(void *context, zend_mm_heap *heap, bool full)
{
    seen.full = full;
    note(context, heap, 'e');
}

static struct watcher watcher(bool is_second)
{
    const struct watcher made = {.observer = {.allocated = on_allocated,
                                              .freed = on_freed,
                                              .resized = on_resized,
                                              .failed = on_failed,
                                              .collected = on_collected,
                                              .ended = on_ended},
                                 .is_second = is_second};

    return made;
}

/* They outlive a test's body, as the heap does, which tells them of its end. */
static struct watcher first, second;

static void begin_watching(void)
{
    first = watcher(false);
    second = watcher(true);
}

static void add(zend_mm_heap *heap, struct watcher *watcher)
{
    watcher->observer.context = watcher;
    CHECK(quarry_add_observer(heap, &watcher->observer));
    seen.count = 0;
    seen.text[0] = '\0';
}

#define expect_seen(text) (test_called_from(__LINE__), expect_seen_(text))
static void expect_seen_(const char *text)
{
    if (!CHECK(texts_are_equal(seen.text, text))) {
        test_print("seen: ");
        test_print(seen.text);
        test_print(", expected: ");
        test_print(text);
        test_print("\n");
    }
    seen.count = 0;
    seen.text[0] = '\0';
}

ON_REGION(test_observers_see_every_call_in_order)
{
    void *block, *changed;
    const size_t bytes = opaque_size(SIZE_MAX / 2);

    begin_watching();
    efree(emalloc(16));
    add(s->heap, &first);
    add(s->heap, &second);
    block = emalloc(16);
    expect_seen("aA");
    CHECK_EQ(seen.heap, s->heap);
    CHECK_EQ(seen.block, block);
    CHECK_EQ(seen.bytes, 16);
    changed = erealloc(block, 90);
    expect_seen("rR");
    CHECK_EQ(seen.old_block, block);
    CHECK_EQ(seen.block, changed);
    CHECK_EQ(seen.bytes, 90);
    efree_size(changed, 90);
    expect_seen("fF");
    CHECK_EQ(seen.block, changed);
    block = ecalloc(2, 20);
    CHECK_EQ(seen.bytes, 40);
    efree(block);
    block = estrdup("seen");
    zend_mm_free(s->heap, block);
    expect_seen("aAfFaAfF");
    block = erealloc(NULL, 10);
    expect_seen("aA");
    changed = erealloc2(block, 11, 10);
    expect_seen("rR");
    efree(changed);
    efree(NULL);
    expect_seen("fF");
    EXPECT_OOM(emalloc(bytes), s->heap, bytes);
    CHECK_EQ(seen.bytes, bytes);
    CHECK_EQ(femalloc(bytes, true), NULL);
    block = emalloc(32);
    CHECK_EQ(ferealloc(block, bytes, true), NULL);
    expect_seen("xXxXaAxX");
    CHECK_EQ(zend_mm_gc(s->heap), 0);
    expect_seen("cC");
    CHECK_EQ(seen.bytes, 0);
    shutdown_memory_manager(true, false);
    expect_seen("eE");
    CHECK(!seen.full);
    CHECK(emalloc(16) != NULL);
    expect_seen("aA"); /* they stay for the next request */
    zend_mm_shutdown(s->heap, true, true);
    s->heap = NULL;
    expect_seen("eE");
    CHECK(seen.full);
}

ON_REGION(test_observer_added_twice_is_refused)
{
    begin_watching();
    add(s->heap, &first);
    CHECK(!quarry_add_observer(s->heap, &first.observer));
    add(s->heap, &second);
    CHECK(!quarry_add_observer(s->heap, &first.observer));
    CHECK(!quarry_add_observer(s->heap, &second.observer));
    efree(emalloc(16));
    expect_seen("aAfF");
    CHECK(quarry_remove_observer(s->heap, &first.observer));
    CHECK(!quarry_remove_observer(s->heap, &first.observer));
    efree(emalloc(16));
    expect_seen("AF");
    CHECK(quarry_remove_observer(s->heap, &second.observer));
    efree(emalloc(16)); /* the hot paths are open again, and work */
    expect_seen("");
    CHECK(quarry_owns(s->heap, emalloc(16)));
    CHECK(!quarry_add_observer(NULL, &first.observer));
    check_heap(s->heap);
}

/* From inside any of its functions: the other one is still told. */
ON_REGION(test_observer_that_removes_itself_is_told_no_more)
{
    static const char events[] = "afrxce";

    for (unsigned i = 0; events[i] != '\0'; i++) {
        unsigned char *block;
        bool is_there;

        begin_watching();
        add(s->heap, &first);
        add(s->heap, &second);
        first.leaves_at = events[i];
        block = emalloc(16);
        block = erealloc(block, 90);
        efree(block);
        CHECK_EQ(femalloc(opaque_size(SIZE_MAX / 2), true), NULL);
        zend_mm_gc(s->heap);
        shutdown_memory_manager(true, false);
        expect_seen(events[i] == 'a'   ? "aARFXCE"
                    : events[i] == 'r' ? "aArRFXCE"
                    : events[i] == 'f' ? "aArRfFXCE"
                    : events[i] == 'x' ? "aArRfFxXCE"
                    : events[i] == 'c' ? "aArRfFxXcCE"
                                       : "aArRfFxXcCeE");
        is_there = quarry_remove_observer(s->heap, &first.observer);
        CHECK(!is_there);
        CHECK(quarry_remove_observer(s->heap, &second.observer));
    }
    check_heap(s->heap);
}

ON_REGION(test_observer_without_functions_is_passed_over)
{
    static struct quarry_observer nothing;
    begin_watching();
    CHECK(quarry_add_observer(s->heap, &nothing));
    add(s->heap, &second);
    efree(erealloc(emalloc(16), 90));
    CHECK_EQ(femalloc(opaque_size(SIZE_MAX / 2), true), NULL);
    zend_mm_gc(s->heap);
    shutdown_memory_manager(true, false);
    expect_seen("ARFXCE");
}

ON_REGION(test_observer_without_failed_is_passed_over_when_erealloc_fails)
{
    static struct quarry_observer nothing;
    void *block = emalloc(16);

    begin_watching();
    CHECK(quarry_add_observer(s->heap, &nothing));
    add(s->heap, &second);
    CHECK_EQ(ferealloc(block, opaque_size(SIZE_MAX / 2), true), NULL);
    expect_seen("X");
    efree(block);
}

ON_REGION(test_observer_does_not_see_misused_pointer_freed)
{
    NEEDS_CHECKS();
    unsigned char *block = emalloc(opaque_size(16)), *dead = emalloc(opaque_size(16));

    begin_watching();
    efree(dead);
    add(s->heap, &first);
    efree(opaque_pointer(dead));
    expect_misuse(s->heap, KIND(QUARRY_DOUBLE_FREE));
    efree_size(opaque_pointer(dead), 16);
    expect_misuse(s->heap, KIND(QUARRY_DOUBLE_FREE));
    efree(block + 1);
    expect_misuse(s->heap, KIND(QUARRY_INVALID_POINTER));
    expect_seen("");
    efree(block);
    expect_seen("f");
    check_heap(s->heap);
}

/* Neither freed, nor resized, nor failed: each call is refused, and reported. */
ON_REGION(test_observer_sees_nothing_of_block_that_was_written_beyond)
{
    if (QUARRY_CHECK_LEVEL < 3)
        SKIP("blocks have canaries from check level 3 on");
    unsigned char *block = opaque_pointer(emalloc(16));

    begin_watching();
    add(s->heap, &first);
    block[16] ^= 1;
    efree(block);
    expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
    efree_size(block, opaque_size(16));
    expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
    CHECK_EQ(erealloc(block, 200), NULL);
    expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
    CHECK_EQ(ferealloc2(block, 200, 10, true), NULL);
    expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
    expect_seen("");
    block[16] ^= 1;
    efree(block);
    expect_seen("f");
    check_heap(s->heap);
}

ON_REGION(test_observer_does_not_see_failure_where_block_is_dead)
{
    NEEDS_CHECKS();
    unsigned char *block = emalloc(opaque_size(16)), *dead = emalloc(opaque_size(16));

    begin_watching();
    efree(dead);
    add(s->heap, &first);
    CHECK_EQ(erealloc(opaque_pointer(dead), 200), NULL);
    expect_misuse(s->heap, KIND(QUARRY_DOUBLE_FREE));
    CHECK_EQ(ferealloc2(block + 1, 200, 10, true), NULL);
    expect_misuse(s->heap, KIND(QUARRY_INVALID_POINTER));
    expect_seen("");
    efree(block);
}

ON_SOURCE_OF(test_observed_heap_keeps_limit_gives_back_and_ends_as_ever, 10)
{
    void *blocks[4];

    begin_watching();
    add(s->heap, &first);
    CHECK_EQ(zend_set_memory_limit(4 * CHUNK), SUCCESS);
    for (unsigned i = 0; i < 4; i++)
        blocks[i] = emalloc(BIG_BYTES);
    CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
    CHECK_EQ(zend_memory_usage(true), 4 * CHUNK);
    for (unsigned i = 1; i < 4; i++)
        efree(blocks[i]);
    expect_seen("aaaaxfff");
    CHECK_EQ(zend_mm_gc(s->heap), 3 * CHUNK);
    CHECK_EQ(seen.bytes, 3 * CHUNK);
    shutdown_memory_manager(true, false);
    expect_seen("ce");
    CHECK_EQ(stats_of(s->heap).blocks, 0);
    CHECK_EQ(zend_memory_peak_usage(true), zend_memory_usage(true));
    CHECK(is_zend_mm());
    check_heap(s->heap);
}

/* --- beside others that serve the heap --- */

static unsigned char pool[64] __attribute__((aligned(16)));

static void *pool_malloc(size_t bytes)
{
    return bytes <= sizeof pool ? pool : NULL;
}

static void pool_free(void *block)
{
    CHECK_EQ(block, pool);
}

static void *pool_realloc(void *block, size_t bytes)
{
    return bytes <= sizeof pool ? block : NULL;
}

ON_REGION(test_observer_sees_blocks_of_custom_handlers)
{
    begin_watching();
    add(s->heap, &first);
    zend_mm_set_custom_handlers(s->heap, pool_malloc, pool_free, pool_realloc);
    efree(erealloc(emalloc(16), 32));
    CHECK_EQ(seen.block, pool);
    CHECK_EQ(femalloc(100, true), NULL);
    zend_mm_gc(s->heap);
    shutdown_memory_manager(true, false);
    expect_seen("arfxce");
    zend_mm_set_custom_handlers(s->heap, NULL, NULL, NULL);
    efree(emalloc(16));
    expect_seen("af");
    CHECK(seen.block != pool);
}

ON_REGION(test_observer_is_told_of_allocations_made_to_fail)
{
    begin_watching();
    add(s->heap, &first);
    zend_mm_set_max_allocs(1);
    CHECK(emalloc(16) != NULL);
    CHECK_EQ(femalloc(16, true), NULL);
    EXPECT_OOM(emalloc(16), s->heap, 16);
    expect_seen("axx");
}

/* --- adding and removing --- */

ON_REGION(test_observer_that_is_null_is_refused)
{
    CHECK(!quarry_add_observer(s->heap, NULL));
    CHECK(!quarry_remove_observer(s->heap, NULL));
    CHECK(!quarry_add_observer(NULL, NULL));
    efree(emalloc(16)); /* the hot paths are open */
    check_heap(s->heap);
}

/* One struct has one place in one list: what another heap refuses cuts nothing off. */
ON_REGION_OF(test_observer_of_one_heap_is_refused_by_another, 4)
{
    zend_mm_heap *other = zend_mm_startup();

    REQUIRE(other != NULL);
    begin_watching();
    add(s->heap, &first);
    add(s->heap, &second);
    CHECK(!quarry_add_observer(other, &first.observer));
    CHECK(!quarry_remove_observer(other, &first.observer));
    zend_mm_free(other, zend_mm_alloc(other, 16));
    expect_seen("");
    efree(emalloc(16));
    expect_seen("aAfF");
    CHECK(quarry_remove_observer(s->heap, &first.observer));
    CHECK(quarry_add_observer(other, &first.observer));
    zend_mm_free(other, zend_mm_alloc(other, 16));
    expect_seen("af");
    zend_mm_shutdown(other, true, true);
    expect_seen("e");
    CHECK(quarry_add_observer(s->heap, &first.observer)); /* a heap that has ended has none any more */
    efree(emalloc(16));
    expect_seen("AaFf");
}

enum { GOERS = 4 };

/* Of four observers one removes some at an event, and overwrites them, as their owner may. */
struct goer {
    struct quarry_observer observer;
    unsigned told;    /* events */
    unsigned removes; /* bits */
    char at;
};
static struct goer goers[GOERS];

static void go(void *context, zend_mm_heap *heap, char event)
{
    struct goer *goer = context;

    goer->told++;
    if (goer->at != event)
        return;
    goer->at = 0;
    for (unsigned i = 0; i < GOERS; i++) {
        if ((goer->removes >> i & 1) == 0)
            continue;
        CHECK(quarry_remove_observer(heap, &goers[i].observer));
        test_fill((unsigned char *)&goers[i].observer, sizeof goers[i].observer, 1);
    }
}

static void go_allocated(void *context, zend_mm_heap *heap, void *block, size_t bytes)
{
    (void)block, (void)bytes;
    go(context, heap, 'a');
}

static void go_freed(void *context, zend_mm_heap *heap, void *block)
{
    (void)block;
    go(context, heap, 'f');
}

static void go_resized(void *context, zend_mm_heap *heap, void *old_block, void *block, size_t bytes)
{
    (void)old_block, (void)block, (void)bytes;
    go(context, heap, 'r');
}

static void go_failed(void *context, zend_mm_heap *heap, size_t bytes)
{
    (void)bytes;
    go(context, heap, 'x');
}

static void go_collected(void *context, zend_mm_heap *heap, size_t bytes)
{
    (void)bytes;
    go(context, heap, 'c');
}

static void go_ended(void *context, zend_mm_heap *heap, bool full)
{
    (void)full;
    go(context, heap, 'e');
}

/* The observer in place who removes those of the bits at the event, which is the n-th of six. */
static void check_goers(zend_mm_heap *heap, unsigned who, unsigned removes, char event, unsigned n)
{
    static const struct goer none;

    for (unsigned i = 0; i < GOERS; i++) {
        goers[i] = none;
        goers[i].observer = (struct quarry_observer){
                .context = &goers[i],
                .allocated = go_allocated,
                .freed = go_freed,
                .resized = go_resized,
                .failed = go_failed,
                .collected = go_collected,
                .ended = go_ended,
        };
        CHECK(quarry_add_observer(heap, &goers[i].observer));
    }
    goers[who].removes = removes;
    goers[who].at = event;
    efree(erealloc(emalloc(16), 90));
    CHECK_EQ(femalloc(opaque_size(SIZE_MAX / 2), true), NULL);
    zend_mm_gc(heap);
    shutdown_memory_manager(true, false);
    for (unsigned i = 0; i < GOERS; i++) {
        const bool is_gone = (removes >> i & 1) != 0;
        const unsigned told = !is_gone ? 6 : i <= who ? n : n - 1;

        CHECK_EQ(goers[i].told, told);
        if (!is_gone)
            CHECK(quarry_remove_observer(heap, &goers[i].observer));
    }
}

ON_REGION(test_observer_that_removes_any_others_leaves_the_rest_told)
{
    static const char events[] = "arfxce"; /* in the order in which they come */

    for (unsigned n = 1; n <= 6; n++)
        for (unsigned who = 0; who < GOERS; who++)
            for (unsigned removes = 0; removes < 1u << GOERS && !test_is_over(); removes++)
                check_goers(s->heap, who, removes, events[n - 1], n);
    check_heap(s->heap);
}

static struct quarry_observer again;
static unsigned again_told;

static void leave_and_return(void *context, zend_mm_heap *heap, void *block, size_t bytes)
{
    (void)context, (void)block, (void)bytes;
    again_told++;
    CHECK(quarry_remove_observer(heap, &again));
    CHECK(quarry_add_observer(heap, &again));
}

ON_REGION(test_observer_added_meanwhile_is_told_from_the_next_event_on)
{
    again.allocated = leave_and_return;
    again_told = 0;
    begin_watching();
    CHECK(quarry_add_observer(s->heap, &again));
    add(s->heap, &second);
    CHECK(emalloc(16) != NULL);
    expect_seen("A");
    CHECK_EQ(again_told, 1);
    CHECK(emalloc(16) != NULL);
    expect_seen("A");
    CHECK_EQ(again_told, 2);
    CHECK(quarry_remove_observer(s->heap, &again));
}
