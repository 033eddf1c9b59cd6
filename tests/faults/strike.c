/* SPDX-License-Identifier: MIT
 *
 * strike.c: where faults strike: sources of the harness and heaps as sources, whose callbacks ask faults_strike()
 * first. And what the harness does differently: a check of a test that may see what it does not expect gives the test
 * up, and memory is taken back only after the heaps in it have been looked at.
 */
#include "faults.h"

/* --- faults --- */

bool faults_strike(enum faults_kind kind, size_t bytes)
{
    const unsigned event = faults.events;

    if (faults.is_over)
        return false;
    faults.events++;
    if (faults.mode == RECORD) {
        if (event < MOST_EVENTS)
            faults_events[event] = (struct faults_event){faults.depth > 0 ? (int32_t)faults.calls : OUTSIDE,
                                                         (uint32_t)bytes, (unsigned char)kind, faults.in_scene};
        return false;
    }
    if ((faults.mode != REFUSE && faults.mode != GIVE_UP) || event != faults.chosen || faults.injected)
        return false;
    CHECK_EQ(faults_events[event].kind, kind);
    faults.injected = true;
    if (faults.depth == 0)
        faults.may_differ = true;
    return true;
}

/* --- sources --- */

/* Of the harness's source, and of heaps as sources: the same functions whatever the context. */
struct originals {
    void *(*acquire)(void *context, size_t bytes, size_t align_bytes);
    bool (*extend)(void *context, void *memory, size_t old_bytes, size_t bytes);
    bool (*truncate)(void *context, void *memory, size_t old_bytes, size_t bytes);
};
static struct originals of_source, of_heap;

static void *source_acquire(void *context, size_t bytes, size_t align_bytes)
{
    return faults_strike(ACQUIRE, bytes) ? NULL : of_source.acquire(context, bytes, align_bytes);
}

static bool source_extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    return !faults_strike(EXTEND, bytes - old_bytes) && of_source.extend(context, memory, old_bytes, bytes);
}

static bool source_truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    return !faults_strike(TRUNCATE, 0) && of_source.truncate(context, memory, old_bytes, bytes);
}

static void *heap_acquire(void *context, size_t bytes, size_t align_bytes)
{
    return faults_strike(ACQUIRE, bytes) ? NULL : of_heap.acquire(context, bytes, align_bytes);
}

static bool heap_extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    return !faults_strike(EXTEND, bytes - old_bytes) && of_heap.extend(context, memory, old_bytes, bytes);
}

static bool heap_truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    return !faults_strike(TRUNCATE, 0) && of_heap.truncate(context, memory, old_bytes, bytes);
}

static void leave_out(struct quarry_source *source)
{
    if (faults.mode == NO_RELEASE)
        source->release = NULL;
    if (faults.mode == NO_EXTEND)
        source->extend = NULL;
    if (faults.mode == NO_TRUNCATE)
        source->truncate = NULL;
}

bool __wrap_test_source_init(struct test_source *source, size_t bytes)
{
    const bool done = __real_test_source_init(source, bytes);

    if (!done)
        return false;
    of_source = (struct originals){source->source.acquire, source->source.extend, source->source.truncate};
    source->source.acquire = source_acquire;
    source->source.extend = source_extend;
    source->source.truncate = source_truncate;
    leave_out(&source->source);
    ledger_add_source(source);
    return true;
}

struct quarry_source __wrap_quarry_source_from_heap(struct quarry_heap *parent)
{
    struct quarry_source source = __real_quarry_source_from_heap(parent);

    of_heap = (struct originals){source.acquire, source.extend, source.truncate};
    source.acquire = heap_acquire;
    source.extend = heap_extend;
    source.truncate = heap_truncate;
    leave_out(&source);
    return source;
}

/* --- the harness --- */

/* A test may not see its expectations met; what the harness looks at (test_*.c, *_test.c) must be sound even then. */
static bool is_of_the_harness(const char *file)
{
    static const char begin[] = "test_", end[] = "_test.c";
    const size_t end_length = sizeof end - 1;
    const char *name = file;
    const char *at;
    unsigned i = 0;

    for (at = file; *at != '\0'; at++)
        if (*at == '/')
            name = at + 1;
    while (begin[i] != '\0' && name[i] == begin[i])
        i++;
    return begin[i] == '\0' || ((size_t)(at - file) > end_length && texts_are_equal(at - end_length, end));
}

static bool is_let_pass(bool held, const char *file)
{
    if (held || !faults.may_differ || faults.is_over || is_of_the_harness(file))
        return false;
    if (faults.depth == 0)
        faults_give_up();
    faults.wants_to_end = true;
    return true;
}

bool __wrap_test_check(bool held, const char *text, const char *file, int line)
{
    return is_let_pass(held, file) ? false : __real_test_check(held, text, file, line);
}

bool __wrap_test_check_equal(uintptr_t a, uintptr_t b, const char *text, const char *file, int line)
{
    return is_let_pass(a == b, file) ? false : __real_test_check_equal(a, b, text, file, line);
}

bool __wrap_expect_all_free_(struct quarry_heap *heap, size_t largest_bytes)
{
    struct quarry_stats stats;

    __real_quarry_get_stats(heap, &stats);
    if (faults.may_differ && (stats.blocks != 0 || stats.largest_free_bytes != largest_bytes)) {
        check_heap_(heap);
        faults_give_up();
    }
    return __real_expect_all_free_(heap, largest_bytes);
}

/* A misuse that did not come about, because the call before it failed already. */
bool __wrap_expect_misuse_(const struct quarry_heap *heap, unsigned kinds)
{
    if (faults.may_differ && !faults.is_over && test_log.count == 0)
        faults_give_up();
    return __real_expect_misuse_(heap, kinds);
}

/* A leak report counts blocks whose place found no room in the table. */
void __wrap_expect_printed_(const char *const *texts)
{
    if (faults.may_differ && !faults.is_over)
        faults_give_up();
    __real_expect_printed_(texts);
}

/* What a test made of this memory ends first. */
void __wrap_test_memory_release(void)
{
    if (!faults.is_over) {
        ledger_end_regions();
        ledger_expect_given_back();
    }
    faults.memory_bytes += faults.left_bytes - test_memory_left();
    __real_test_memory_release();
}
