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
        faults_refusals[index / 8] =
                (unsigned char)(refused ? faults_refusals[index / 8] | bit : faults_refusals[index / 8] & ~bit);
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

/* At once, so that it is ended if the test is given up before it has its answer. */
static struct quarry_heap *known(struct quarry_heap *heap, bool on_source, bool is_request,
                                 const struct quarry_options *options)
{
    if (heap != NULL)
        ledger_add_heap(heap, on_source, is_request, options != NULL ? options->on_oom : NULL);
    return heap;
}

struct quarry_heap *__wrap_quarry_create(void *region, size_t region_bytes, const struct quarry_options *options)
{
    const struct quarry_options ours = with_our_hook(options);

    return known(__real_quarry_create(region, region_bytes, options != NULL ? &ours : NULL), false, false, options);
}

struct quarry_heap *__wrap_quarry_create_from_source(const struct quarry_source *source,
                                                     const struct quarry_options *options)
{
    const struct quarry_options ours = with_our_hook(options);
    struct quarry_heap *heap;

    MADE(NULL,
         heap = known(__real_quarry_create_from_source(source, options != NULL ? &ours : NULL), true, false, options),
         heap == NULL);
    return heap;
}

struct quarry_heap *__wrap_qi_request_create(struct chunk_group *group, const struct quarry_options *options)
{
    const struct quarry_options ours = with_our_hook(options);
    struct quarry_heap *heap;

    MADE(NULL, heap = known(__real_qi_request_create(group, options != NULL ? &ours : NULL), true, true, options),
         heap == NULL);
    return heap;
}

struct quarry_heap *__wrap_qi_request_create_alone(const struct quarry_source *source, size_t extra_bytes)
{
    struct quarry_heap *heap;

    MADE(NULL, heap = known(__real_qi_request_create_alone(source, extra_bytes), true, true, NULL), heap == NULL);
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

/* Tests need not know of calls that were refused and made again. */
void __wrap_quarry_get_stats(const struct quarry_heap *heap, struct quarry_stats *stats)
{
    __real_quarry_get_stats(heap, stats);
    if (QUARRY_STATS)
        stats->failures -= ledger_refusals(heap);
}

void __wrap_quarry_reset_peaks(struct quarry_heap *heap)
{
    ledger_forget_refusals(heap);
    __real_quarry_reset_peaks(heap);
}
