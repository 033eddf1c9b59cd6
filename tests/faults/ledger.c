/* SPDX-License-Identifier: MIT
 *
 * ledger.c: the heaps and sources of the running test: what they look like before and after a call, and their end.
 *
 * Sums stand for contents: of the addresses and sizes of all live blocks of each heap, and of each byte in the blocks
 * of the heap that is called. Blocks of other heaps may be the memory of this one.
 */
#include "faults.h"

enum { MOST_HEAPS = 24, MOST_SOURCES = 8, BATCH = 32 };

struct look {
    struct quarry_stats stats;
    uintptr_t blocks_sum;
    uintptr_t bytes_sum;
    bool with_bytes;
};

struct known_heap {
    struct quarry_heap *heap;
    bool on_source;
    bool is_request;
    bool (*on_oom)(void *context, struct quarry_heap *heap, size_t bytes);
    size_t largest_bytes; /* when it was empty; 0: not known */
    unsigned refusals;
    struct look look;
};

static struct {
    struct known_heap heaps[MOST_HEAPS];
    unsigned heap_count;
    struct test_source *sources[MOST_SOURCES];
    struct test_source noted[MOST_SOURCES];
    unsigned source_count;
    struct look target; /* of the heap that is called, which may not be in the ledger */
    unsigned reports;
} ledger;

void ledger_clear(void)
{
    ledger.heap_count = 0;
    ledger.source_count = 0;
}

static struct known_heap *find(const struct quarry_heap *heap)
{
    unsigned i;

    for (i = 0; i < ledger.heap_count; i++)
        if (ledger.heaps[i].heap == heap)
            return &ledger.heaps[i];
    return NULL;
}

static struct quarry_stats real_stats(const struct quarry_heap *heap)
{
    struct quarry_stats stats;

    __real_quarry_get_stats(heap, &stats);
    return stats;
}

void ledger_drop_heap(const struct quarry_heap *heap)
{
    struct known_heap *known = find(heap);

    if (known == NULL)
        return;
    for (ledger.heap_count--; known != &ledger.heaps[ledger.heap_count]; known++)
        *known = known[1];
}

void ledger_add_heap(struct quarry_heap *heap, bool on_source, bool is_request,
                     bool (*on_oom)(void *context, struct quarry_heap *heap, size_t bytes))
{
    struct known_heap *known;

    ledger_drop_heap(heap); /* another one lay there, whose memory the test has used again */
    if (!CHECK(ledger.heap_count < MOST_HEAPS))
        return;
    known = &ledger.heaps[ledger.heap_count++];
    known->heap = heap;
    known->on_source = on_source;
    known->is_request = is_request;
    known->on_oom = on_oom;
    known->largest_bytes = real_stats(heap).largest_free_bytes;
    known->refusals = 0;
}

bool (*ledger_on_oom(const struct quarry_heap *heap))(void *context, struct quarry_heap *heap, size_t bytes)
{
    const struct known_heap *const known = find(heap);

    return known != NULL ? known->on_oom : NULL;
}

void ledger_add_source(struct test_source *source)
{
    if (CHECK(ledger.source_count < MOST_SOURCES))
        ledger.sources[ledger.source_count++] = source;
}

void ledger_forget_largest(const struct quarry_heap *heap)
{
    struct known_heap *const known = find(heap);

    if (known != NULL)
        known->largest_bytes = 0;
}

void ledger_count_refusal(const struct quarry_heap *heap)
{
    struct known_heap *const known = find(heap);

    if (known != NULL)
        known->refusals++;
}

unsigned ledger_refusals(const struct quarry_heap *heap)
{
    const struct known_heap *const known = find(heap);

    return known != NULL ? known->refusals : 0;
}

void ledger_forget_refusals(const struct quarry_heap *heap)
{
    struct known_heap *const known = find(heap);

    if (known != NULL)
        known->refusals = 0;
}

/* --- before and after a call --- */

static uintptr_t add(uintptr_t sum, uintptr_t value)
{
    return (sum ^ value) * 0x01000193u;
}

static bool add_block(void *context, const struct quarry_block *block)
{
    struct look *const look = context;
    const unsigned char *const byte = block->pointer;
    size_t i;

    if (block->free)
        return true;
    look->blocks_sum = add(add(look->blocks_sum, (uintptr_t)block->pointer), block->bytes);
    for (i = 0; look->with_bytes && i < block->bytes; i++)
        look->bytes_sum = add(look->bytes_sum, byte[i]);
    return true;
}

static struct look look_at(struct quarry_heap *heap, bool with_bytes)
{
    struct look look = {.with_bytes = with_bytes};

    look.stats = real_stats(heap);
    quarry_walk(heap, add_block, &look);
    return look;
}

void ledger_note(struct quarry_heap *heap)
{
    unsigned i;

    for (i = 0; i < ledger.heap_count; i++)
        ledger.heaps[i].look = look_at(ledger.heaps[i].heap, false);
    if (heap != NULL)
        ledger.target = look_at(heap, true);
    for (i = 0; i < ledger.source_count; i++)
        ledger.noted[i] = *ledger.sources[i];
    ledger.reports = test_log.count;
}

/* What the sources were asked in vain, a test that counts need not know. */
static void restore_counts(struct test_source *source, const struct test_source *noted)
{
    source->acquires = noted->acquires;
    source->extends = noted->extends;
    source->truncates = noted->truncates;
    source->fail_at = noted->fail_at;
}

/* Chunks that no block needs may have gone back to their source, to make room there. Where that is a heap they were
 * blocks of it: so many bytes are returned in all. */
static void expect_same_look(const struct look *before, const struct look *after, size_t returned_bytes)
{
    struct quarry_stats stats = before->stats;

    if (returned_bytes != 0 && after->stats.used_bytes + returned_bytes == stats.used_bytes) {
        faults.may_differ = true;
        return;
    }
    CHECK_EQ(before->blocks_sum, after->blocks_sum);
    CHECK_EQ(before->bytes_sum, after->bytes_sum);
    if (after->stats.acquired_bytes < stats.acquired_bytes) {
        stats.acquired_bytes = after->stats.acquired_bytes;
        stats.chunks = after->stats.chunks;
        stats.free_bytes = after->stats.free_bytes;
        stats.largest_free_bytes = after->stats.largest_free_bytes;
        faults.may_differ = true;
    }
    CHECK(stats_are_equal(&stats, &after->stats));
}

void ledger_expect_unchanged(struct quarry_heap *heap)
{
    struct look after;
    size_t returned_bytes = 0;
    unsigned i;

    for (i = 0; i < ledger.heap_count; i++) {
        const size_t before = ledger.heaps[i].look.stats.acquired_bytes;
        const size_t now = real_stats(ledger.heaps[i].heap).acquired_bytes;

        returned_bytes += now < before ? before - now : 0;
    }
    for (i = 0; i < ledger.heap_count; i++) {
        after = look_at(ledger.heaps[i].heap, false);
        expect_same_look(&ledger.heaps[i].look, &after, returned_bytes);
        check_heap_(ledger.heaps[i].heap);
    }
    if (heap != NULL) {
        after = look_at(heap, true);
        expect_same_look(&ledger.target, &after, returned_bytes);
        check_heap_(heap);
    }
    for (i = 0; i < ledger.source_count; i++)
        restore_counts(ledger.sources[i], &ledger.noted[i]);
    CHECK_EQ(test_log.count, ledger.reports);
}

/* --- the end --- */

struct batch {
    void *blocks[BATCH];
    unsigned count;
};

static bool add_to_batch(void *context, const struct quarry_block *block)
{
    struct batch *const batch = context;

    if (!block->free)
        batch->blocks[batch->count++] = (void *)(uintptr_t)block->pointer;
    return batch->count < BATCH;
}

static void free_everything(struct quarry_heap *heap)
{
    struct batch batch;
    unsigned i;

    do {
        batch.count = 0;
        quarry_walk(heap, add_to_batch, &batch);
        for (i = 0; i < batch.count; i++)
            __real_quarry_free(heap, batch.blocks[i]);
    } while (batch.count == BATCH && !test_is_over());
}

static void end_heap(const struct known_heap *known)
{
    struct quarry_heap *const heap = known->heap;
    const size_t largest_bytes = known->largest_bytes;

    if (known->is_request) {
        CHECK(quarry_check(heap));
        zend_mm_shutdown(heap, true, true);
        return;
    }
    check_heap_(heap);
    free_everything(heap);
    check_heap_(heap);
    CHECK_EQ(real_stats(heap).used_bytes, 0);
    if (largest_bytes != 0)
        CHECK(real_stats(heap).largest_free_bytes >= largest_bytes);
    __real_quarry_destroy(heap);
}

void ledger_end_heaps(const struct quarry_heap *but, const struct quarry_heap *nor)
{
    unsigned i;

    for (i = 0; i < ledger.source_count; i++)
        ledger.sources[i]->during = NULL; /* the test is over: what it waits for would be called in vain */
    for (i = ledger.heap_count; i-- > 0;) {
        const struct known_heap known = ledger.heaps[i];

        if (known.heap == but || known.heap == nor)
            continue;
        ledger_drop_heap(known.heap);
        end_heap(&known);
    }
}

void ledger_end_regions(void)
{
    unsigned i;

    for (i = ledger.heap_count; i-- > 0;) {
        if (CHECK(!ledger.heaps[i].on_source)) /* a test destroys such a heap, or nobody can see a leak */
            end_heap(&ledger.heaps[i]);
    }
    ledger_clear();
}

void ledger_expect_given_back(void)
{
    unsigned i;

    for (i = 0; i < ledger.source_count; i++) {
        CHECK_EQ(ledger.sources[i]->errors, 0);
        if (ledger.sources[i]->source.release != NULL && faults.mode != NO_RELEASE)
            CHECK_EQ(ledger.sources[i]->granted_bytes, 0);
    }
    ledger.source_count = 0;
}
