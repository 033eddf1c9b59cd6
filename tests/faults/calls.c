/* SPDX-License-Identifier: MIT
 *
 * calls.c: between tests and library. The image is linked with --wrap for each function here, so that what calls
 * quarry_malloc() gets __wrap_quarry_malloc(), and __real_quarry_malloc() is the library's own. Where the library's own
 * parts call each other across files they come here too.
 */
#include "faults.h"

struct faults faults;
struct faults_event faults_events[MOST_EVENTS];
unsigned char faults_refusals[MOST_CALLS / 8];

/* --- one call --- */

struct call {
    struct quarry_heap *heap; /* NULL: none yet */
    unsigned index;           /* of the outermost call */
    size_t limit_bytes;       /* to be set again */
    bool is_outermost;
    bool is_chosen;
    bool is_limited;
};

static bool was_refused(unsigned index)
{
    return index < MOST_CALLS && (faults_refusals[index / 8] >> index % 8 & 1) != 0;
}

static void note_answer(unsigned index, bool refused)
{
    const unsigned char bit = (unsigned char)(1u << index % 8);

    if (index < MOST_CALLS)
        faults_refusals[index / 8] = (unsigned char)(refused ? faults_refusals[index / 8] | bit
                                                             : faults_refusals[index / 8] & ~bit);
}

static struct quarry_stats stats_now(const struct quarry_heap *heap)
{
    struct quarry_stats stats;

    __real_quarry_get_stats(heap, &stats);
    return stats;
}

static void limit(struct call *call)
{
    const struct quarry_stats stats = stats_now(call->heap);
    const size_t more_bytes = faults.mode == NO_ROOM ? 0 : faults_events[faults.chosen].bytes - 1;

    call->limit_bytes = stats.limit_bytes;
    if (stats.limit_bytes != 0 && stats.limit_bytes - stats.acquired_bytes <= more_bytes)
        return;
    call->is_limited = __real_quarry_set_limit(call->heap, stats.acquired_bytes + more_bytes);
    faults.injected = CHECK(call->is_limited);
}

static struct call enter(struct quarry_heap *heap)
{
    struct call call = {.heap = heap};

    call.is_outermost = faults.depth++ == 0 && !faults.is_over;
    if (!call.is_outermost)
        return call;
    call.index = faults.calls;
    call.is_chosen = faults.mode > RECORD && faults.mode <= LITTLE_ROOM && !faults.injected &&
                     faults_events[faults.chosen].call == (int32_t)call.index;
    if (!call.is_chosen)
        return call;
    faults.hook_ran = false;
    ledger_note(heap);
    if (faults.mode >= NO_ROOM && heap != NULL)
        limit(&call);
    return call;
}

/* True: the call is to be made again. */
static bool compare(const struct call *call, bool refused)
{
    const bool for_fault = refused && !was_refused(call->index) && faults.injected && call->is_chosen;

    if (for_fault) {
        faults.refused++;
        if (!faults.hook_ran)
            ledger_expect_unchanged(call->heap);
        if (call->heap != NULL)
            ledger_count_refusal(call->heap);
        if (faults.mode == GIVE_UP || faults.hook_ran)
            faults.may_differ = true;
        return faults.mode != GIVE_UP;
    }
    if (faults.injected && call->is_chosen)
        faults.may_differ = true;
    if (refused != was_refused(call->index) && call->index < MOST_CALLS && faults.may_differ)
        faults_give_up();
    return false;
}

static bool leave(struct call *call, bool refused)
{
    faults.depth--;
    if (!call->is_outermost || faults.is_over)
        return false;
    if (call->is_limited)
        CHECK(__real_quarry_set_limit(call->heap, call->limit_bytes));
    if (faults.wants_to_end)
        faults_give_up();
    if (faults.mode == RECORD)
        note_answer(call->index, refused);
    else if (compare(call, refused)) {
        call->is_limited = false;
        return true;
    }
    faults.calls = call->index + 1;
    return false;
}

/* Once more from the library, with nothing injected: faults strike once. */
#define MADE(of_heap, expression, is_refused)                                                                          \
    do {                                                                                                               \
        struct call call = enter(of_heap);                                                                             \
                                                                                                                       \
        expression;                                                                                                    \
        if (leave(&call, is_refused)) {                                                                                \
            faults.depth++;                                                                                            \
            call.is_chosen = false;                                                                                    \
            expression;                                                                                                \
            CHECK(!(is_refused) || faults.may_differ);                                                                 \
            leave(&call, is_refused);                                                                                  \
        }                                                                                                              \
    } while (0)

/* --- blocks --- */

void *__wrap_quarry_malloc(struct quarry_heap *heap, size_t bytes)
{
    void *block;

    MADE(heap, block = __real_quarry_malloc(heap, bytes), block == NULL);
    return block;
}

void *__wrap_quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes)
{
    void *block;

    MADE(heap, block = __real_quarry_calloc(heap, count, bytes), block == NULL);
    return block;
}

void *__wrap_quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes)
{
    void *moved;

    MADE(heap, moved = __real_quarry_realloc(heap, block, bytes), moved == NULL);
    return moved;
}

void *__wrap_quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    void *block;

    MADE(heap, block = __real_quarry_aligned_alloc(heap, align_bytes, bytes), block == NULL);
    return block;
}

void *__wrap_quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
{
    void *moved;

    MADE(heap, moved = __real_quarry_aligned_realloc(heap, block, align_bytes, bytes), moved == NULL);
    return moved;
}

bool __wrap_quarry_resize(struct quarry_heap *heap, void *block, size_t bytes)
{
    bool done;

    MADE(heap, done = __real_quarry_resize(heap, block, bytes), !done);
    return done;
}

void __wrap_quarry_free(struct quarry_heap *heap, void *block)
{
    MADE(heap, __real_quarry_free(heap, block), false);
}

void __wrap_quarry_free_sized(struct quarry_heap *heap, void *block, size_t bytes)
{
    MADE(heap, __real_quarry_free_sized(heap, block, bytes), false);
}

/* --- heaps --- */

static bool on_oom(void *context, struct quarry_heap *heap, size_t bytes)
{
    if (faults_strike(ON_OOM, bytes))
        return false;
    faults.hook_ran = true;
    return ledger_on_oom(heap)(context, heap, bytes);
}

static struct quarry_options with_our_hook(const struct quarry_options *options)
{
    static const struct quarry_options none;
    struct quarry_options ours = options != NULL ? *options : none;

    if (ours.on_oom != NULL)
        ours.on_oom = on_oom;
    return ours;
}

static struct quarry_heap *known(struct quarry_heap *heap, bool on_source, const struct quarry_options *options)
{
    if (heap != NULL)
        ledger_add_heap(heap, on_source, false, options != NULL ? options->on_oom : NULL);
    return heap;
}

struct quarry_heap *__wrap_quarry_create(void *region, size_t region_bytes, const struct quarry_options *options)
{
    const struct quarry_options ours = with_our_hook(options);

    return known(__real_quarry_create(region, region_bytes, options != NULL ? &ours : NULL), false, options);
}

struct quarry_heap *__wrap_quarry_create_from_source(const struct quarry_source *source,
                                                     const struct quarry_options *options)
{
    const struct quarry_options ours = with_our_hook(options);
    struct quarry_heap *heap;

    MADE(NULL, heap = __real_quarry_create_from_source(source, options != NULL ? &ours : NULL), heap == NULL);
    return known(heap, true, options);
}

struct quarry_heap *__wrap_qi_request_create(const struct quarry_source *source, const struct quarry_options *options,
                                             size_t extra_bytes)
{
    const struct quarry_options ours = with_our_hook(options);
    struct quarry_heap *heap;

    MADE(NULL, heap = __real_qi_request_create(source, options != NULL ? &ours : NULL, extra_bytes), heap == NULL);
    if (heap != NULL)
        ledger_add_heap(heap, true, true, options != NULL ? options->on_oom : NULL);
    return heap;
}

bool __wrap_quarry_add_region(struct quarry_heap *heap, void *region, size_t region_bytes)
{
    ledger_forget_largest(heap);
    return __real_quarry_add_region(heap, region, region_bytes);
}

bool __wrap_quarry_set_limit(struct quarry_heap *heap, size_t limit_bytes)
{
    ledger_forget_largest(heap);
    return __real_quarry_set_limit(heap, limit_bytes);
}

void __wrap_quarry_destroy(struct quarry_heap *heap)
{
    ledger_drop_heap(heap);
    __real_quarry_destroy(heap);
}

void __wrap_qi_request_destroy(struct quarry_heap *heap)
{
    ledger_drop_heap(heap);
    __real_qi_request_destroy(heap);
}

/* Tests need not know of calls that were refused and made again. */
void __wrap_quarry_get_stats(const struct quarry_heap *heap, struct quarry_stats *stats)
{
    __real_quarry_get_stats(heap, stats);
    if (QUARRY_STATS)
        stats->failures -= ledger_refusals(heap);
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

/* --- faults --- */

bool faults_strike(enum faults_kind kind, size_t bytes)
{
    const unsigned event = faults.events;

    if (faults.is_over)
        return false;
    faults.events++;
    if (faults.mode == RECORD) {
        if (event < MOST_EVENTS)
            faults_events[event] =
                    (struct faults_event){faults.depth > 0 ? (int32_t)faults.calls : OUTSIDE, (uint32_t)bytes,
                                          (unsigned char)kind, faults.in_scene};
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

/* --- the harness --- */

/* A test may not see its expectations met; what the harness looks at (test_*.c, *_test.c) must be sound all the same. */
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
    const struct quarry_stats stats = stats_now(heap);

    if (faults.may_differ && (stats.blocks != 0 || stats.largest_free_bytes != largest_bytes)) {
        check_heap_(heap);
        faults_give_up();
    }
    return __real_expect_all_free_(heap, largest_bytes);
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
    __real_test_memory_release();
}
