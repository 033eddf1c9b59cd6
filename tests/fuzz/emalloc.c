/* SPDX-License-Identifier: MIT
 *
 * emalloc.c: the calls of quarry/emalloc.h beside a model: request heaps that nest, their ends, persistent blocks,
 * limits, custom handlers, observers, fallible and infallible calls, counted allocations, storages, tracked heaps.
 *
 * The model knows for each block who has it, and for each heap what its figures and its observer must say.
 */
#include "emalloc_calls.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 96, HEAPS = 4, CALLS_MOST = 300, PERSISTENT = HEAPS };

enum heap_kind { NO_HEAP, REQUEST, TRACKED, STORAGE, PLAIN };

struct heap_model {
    zend_mm_heap *heap;
    enum heap_kind kind;
    bool has_handlers, is_fallible, counts, has_run_out, is_observed;
    uint64_t left; /* allocations, if it counts them */
    size_t used_bytes, blocks;
    struct quarry_observer observer;
    unsigned events, expected_events; /* of the observer */
};

struct block_model {
    uint8_t *at;
    size_t usable_bytes;
    uint32_t seed;
    unsigned heap;  /* or PERSISTENT */
    bool is_custom; /* of the handlers */
};

static struct {
    struct heap_model heaps[HEAPS];
    struct block_model blocks[BLOCKS];
    struct fuzz_source source, storage_source;
    uint8_t *window;
    size_t window_bytes, next;
    unsigned reports, current; /* HEAPS: none */
    unsigned printed;
    uint32_t seed;
    size_t persistent_bytes;
    bool on_source;
} world;

/* --- what the library calls --- */

void quarry_panic(const struct quarry_misuse *misuse)
{
    FUZZ_TRACE("  report %d\n", misuse->kind);
    world.reports++;
}

void quarry_print(const char *text)
{
    FUZZ_CHECK(text != NULL);
    world.printed++;
}

static void *custom_malloc(size_t bytes)
{
    return bytes > 5000 ? NULL : malloc(bytes + 1);
}

static void custom_free(void *block)
{
    free(block);
}

static void *custom_realloc(void *block, size_t bytes)
{
    return bytes > 5000 ? NULL : realloc(block, bytes + 1);
}

static void on_block(void *context, zend_mm_heap *heap, void *block, size_t bytes)
{
    struct heap_model *h = context;
    (void)bytes;
    FUZZ_CHECK(heap == h->heap && block != NULL);
    h->events++;
}

static void on_freed(void *context, zend_mm_heap *heap, void *block)
{
    on_block(context, heap, block, 0);
}

static void on_resized(void *context, zend_mm_heap *heap, void *old_block, void *block, size_t bytes)
{
    FUZZ_CHECK(old_block != NULL);
    on_block(context, heap, block, bytes);
}

static void on_failed(void *context, zend_mm_heap *heap, size_t bytes)
{
    on_block(context, heap, heap, bytes);
}

static void on_ended(void *context, zend_mm_heap *heap, bool full)
{
    (void)full;
    on_block(context, heap, heap, 0);
}

static void *storage_alloc(zend_mm_storage *storage, size_t size, size_t alignment)
{
    struct fuzz_source *source = *(struct fuzz_source **)storage->data;
    (void)alignment;
    return source->source.acquire(source, size, QUARRY_PAGE_BYTES);
}

static void storage_free(zend_mm_storage *storage, void *chunk, size_t size)
{
    struct fuzz_source *source = *(struct fuzz_source **)storage->data;
    source->source.release(source, chunk, size);
}

static bool storage_truncate(zend_mm_storage *storage, void *chunk, size_t old_size, size_t new_size)
{
    struct fuzz_source *source = *(struct fuzz_source **)storage->data;
    return source->source.truncate(source, chunk, old_size, new_size);
}

static bool storage_extend(zend_mm_storage *storage, void *chunk, size_t old_size, size_t new_size)
{
    struct fuzz_source *source = *(struct fuzz_source **)storage->data;
    return source->source.extend(source, chunk, old_size, new_size);
}

/* --- what must hold --- */

static bool can_observe(const struct heap_model *h)
{
    return h->kind != NO_HEAP && h->kind != PLAIN;
}

static void check_heap(struct heap_model *h)
{
    struct quarry_stats stats;
    if (h->kind == NO_HEAP)
        return;
    quarry_get_stats(h->heap, &stats);
    FUZZ_CHECK(stats.blocks == h->blocks);
    FUZZ_CHECK(h->kind == TRACKED || stats.used_bytes == h->used_bytes);
    FUZZ_CHECK(h->events == h->expected_events);
    FUZZ_CHECK(quarry_check(h->heap));
}

static void check_block(const struct block_model *b)
{
    if (b->at == NULL)
        return;
    FUZZ_CHECK(fuzz_is_filled(b->at, b->usable_bytes, b->usable_bytes, b->seed));
    if (b->is_custom)
        return;
    if (b->heap == PERSISTENT)
        FUZZ_CHECK(quarry_usable_size(quarry_persistent_heap(), b->at) == b->usable_bytes);
    else if (!world.heaps[b->heap].has_handlers)
        FUZZ_CHECK(zend_mm_block_size(world.heaps[b->heap].heap, b->at) == b->usable_bytes);
}

static void check_all(void)
{
    struct heap_model *h = world.current < HEAPS ? &world.heaps[world.current] : NULL;
    struct quarry_stats stats;
    FUZZ_CHECK(world.reports == 0);
    for (unsigned i = 0; i < HEAPS; i++)
        check_heap(&world.heaps[i]);
    for (unsigned i = 0; i < BLOCKS; i++)
        check_block(&world.blocks[i]);
    FUZZ_CHECK(zend_mm_get_heap() == (h == NULL ? NULL : h->heap));
    FUZZ_CHECK(h == NULL || h->kind == TRACKED || zend_memory_usage(false) == h->used_bytes);
    FUZZ_CHECK(zend_memory_usage(false) <= zend_memory_peak_usage(false));
    FUZZ_CHECK(zend_memory_usage(true) <= zend_memory_peak_usage(true));
    FUZZ_CHECK(is_zend_mm() == (h != NULL && h->kind != TRACKED && !h->has_handlers));
    if (h != NULL) {
        quarry_get_stats(h->heap, &stats);
        FUZZ_CHECK(stats.limit_bytes == 0 || zend_memory_usage(true) <= stats.limit_bytes);
        FUZZ_CHECK(zend_memory_usage(true) >= stats.acquired_bytes);
    }
    FUZZ_CHECK(quarry_check(quarry_persistent_heap()));
}

/* --- blocks --- */

static struct block_model *free_entry(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (world.blocks[i].at == NULL)
            return &world.blocks[i];
    }
    return NULL;
}

static void count_in(struct block_model *b)
{
    if (b->heap == PERSISTENT || b->is_custom)
        return;
    world.heaps[b->heap].blocks++;
    world.heaps[b->heap].used_bytes += b->usable_bytes;
}

static void count_out(struct block_model *b)
{
    if (b->heap == PERSISTENT || b->is_custom)
        return;
    world.heaps[b->heap].blocks--;
    world.heaps[b->heap].used_bytes -= b->usable_bytes;
}

/* Would a change or a free of the block reach who has it, when its heap is asked? */
static bool is_reachable(const struct block_model *b)
{
    return b->at != NULL && (b->heap == PERSISTENT || world.heaps[b->heap].has_handlers == b->is_custom);
}

static struct block_model *choose(struct fuzz_input *in)
{
    unsigned start = fuzz_byte(in);
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct block_model *b = &world.blocks[(start + i) % BLOCKS];
        if (is_reachable(b))
            return b;
    }
    return NULL;
}

static void begin_life(struct block_model *b, void *at, unsigned heap, size_t asked_bytes)
{
    b->at = at;
    b->heap = heap;
    b->is_custom = heap != PERSISTENT && world.heaps[heap].has_handlers;
    b->usable_bytes = b->is_custom         ? asked_bytes
                      : heap == PERSISTENT ? quarry_usable_size(quarry_persistent_heap(), at)
                                           : zend_mm_block_size(world.heaps[heap].heap, at);
    FUZZ_CHECK(b->usable_bytes >= asked_bytes);
    count_in(b);
    for (unsigned i = 0; i < BLOCKS; i++) {
        const struct block_model *other = &world.blocks[i];
        FUZZ_CHECK(other == b || other->at == NULL || other->usable_bytes == 0 || b->usable_bytes == 0 ||
                   !(b->at - other->at < (ptrdiff_t)other->usable_bytes &&
                     other->at - b->at < (ptrdiff_t)b->usable_bytes));
    }
    b->seed = world.seed += 77;
    fuzz_fill(b->at, b->usable_bytes, b->seed);
}

/* Does the budget of allocations forbid this one? */
static bool is_over_budget(struct heap_model *h)
{
    if (!h->counts)
        return false;
    if (h->left == 0) {
        h->has_run_out = true;
        return true;
    }
    h->left--;
    return false;
}

/* A call on a heap (or HEAPS: none, or PERSISTENT) was answered with NULL; bytes 0: it shrinks. */
static void check_refusal(unsigned heap, const struct emalloc_kind *kind, bool over_budget, bool ran_out, size_t bytes)
{
    struct heap_model *h = heap < HEAPS ? &world.heaps[heap] : NULL;
    struct quarry_stats stats;
    FUZZ_CHECK(ran_out == !(kind->is_fallible || (h != NULL && h->is_fallible)));
    if (h == NULL || over_budget || bytes > SIZE_MAX / 4)
        return;
    if (h->has_handlers) {
        FUZZ_CHECK(bytes > 5000);
        return;
    }
    quarry_get_stats(h->heap, &stats);
    FUZZ_CHECK(h->kind == TRACKED || stats.largest_free_bytes == 0 || bytes > stats.largest_free_bytes);
    if (h->kind == REQUEST && world.on_source && stats.limit_bytes == 0)
        FUZZ_CHECK(world.source.refused != 0);
}

/* Which heap serves a call of that kind. */
static unsigned served_by(const struct emalloc_kind *kind, struct fuzz_input *in)
{
    if (kind->who == OF_PERSISTENT)
        return PERSISTENT;
    if (kind->who == OF_NAMED) {
        unsigned named = fuzz_byte(in) % HEAPS;
        if (world.heaps[named].kind != NO_HEAP)
            return named;
        return HEAPS + 1; /* no such call */
    }
    return world.current == HEAPS ? HEAPS + 2 : world.current;
}

static void choose_arguments(struct emalloc_call *call, struct fuzz_input *in)
{
    static char text[256];
    call->bytes = fuzz_size(in, 6000);
    call->count = fuzz_byte(in) % 8 != 0 ? 1 : fuzz_word(in);
    call->offset = fuzz_byte(in) % 4 != 0 ? 0 : fuzz_size(in, 6000);
    call->copy_bytes = fuzz_size(in, 300);
    call->text_bytes = fuzz_byte(in) % 200;
    memset(text, 'x', call->text_bytes);
    text[call->text_bytes] = '\0';
    call->text = text;
}

static void take(struct fuzz_input *in)
{
    struct emalloc_call call = {.number = fuzz_byte(in) % emalloc_take_count};
    const struct emalloc_kind *kind = &emalloc_takes[call.number];
    struct block_model *b = free_entry();
    const unsigned heap = served_by(kind, in);
    bool ran_out;
    choose_arguments(&call, in);
    if (b == NULL || heap == HEAPS + 1)
        return;
    size_t wanted = emalloc_wanted(&call, kind);
    struct heap_model *h = heap < HEAPS ? &world.heaps[heap] : NULL;
    bool over_budget = h != NULL && is_over_budget(h);
    call.heap = h == NULL ? NULL : h->heap;
    world.source.refused = 0;
    void *at = emalloc_take_by(&call, &ran_out);
    FUZZ_TRACE("take %u on heap %u: %zu = %p\n", call.number, heap, wanted, at);
    if (h != NULL && h->is_observed)
        h->expected_events++;
    if (at == NULL) {
        check_refusal(heap, kind, over_budget, ran_out, wanted);
        return;
    }
    FUZZ_CHECK(!ran_out && !over_budget && (h != NULL || heap == PERSISTENT));
    FUZZ_CHECK(!kind->is_zero || fuzz_is_zero(at, wanted));
    FUZZ_CHECK(!kind->is_text || memcmp(at, call.text, call.text_bytes + 1) == 0);
    begin_life(b, at, heap, wanted);
}

static void change(struct fuzz_input *in)
{
    struct emalloc_call call = {.number = fuzz_byte(in) % emalloc_change_count};
    const struct emalloc_kind *kind = &emalloc_changes[call.number];
    struct block_model *b = choose(in);
    bool ran_out;
    choose_arguments(&call, in);
    if (b == NULL)
        return;
    if (b->heap == PERSISTENT ? kind->who != OF_PERSISTENT
                              : kind->who == OF_PERSISTENT || (kind->who == OF_CURRENT && b->heap != world.current))
        return; /* another heap's call */
    size_t wanted = emalloc_wanted(&call, kind), old_bytes = b->usable_bytes;
    struct heap_model *h = b->heap < HEAPS ? &world.heaps[b->heap] : NULL;
    bool over_budget = h != NULL && is_over_budget(h);
    call.heap = h == NULL ? NULL : h->heap;
    call.block = b->at;
    world.source.refused = 0;
    void *at = emalloc_change_by(&call, &ran_out);
    FUZZ_TRACE("change %u of %p: %zu = %p\n", call.number, (void *)b->at, wanted, at);
    if (h != NULL && h->is_observed)
        h->expected_events++;
    if (at == NULL) {
        FUZZ_CHECK(over_budget || wanted > old_bytes || b->is_custom || (h != NULL && h->kind == TRACKED));
        check_refusal(b->heap, kind, over_budget, ran_out, wanted);
        check_block(b);
        return;
    }
    size_t kept = wanted < old_bytes ? wanted : old_bytes;
    if (kind->has_copy_bytes && call.copy_bytes < kept)
        kept = call.copy_bytes;
    FUZZ_CHECK(!ran_out && !over_budget && fuzz_is_filled(at, old_bytes, kept, b->seed));
    count_out(b);
    b->at = NULL;
    begin_life(b, at, h == NULL ? PERSISTENT : (unsigned)(h - world.heaps), wanted);
}

static void give(struct fuzz_input *in)
{
    struct block_model *b = choose(in);
    unsigned kind = fuzz_byte(in);
    if (b == NULL)
        return;
    FUZZ_TRACE("give %p\n", (void *)b->at);
    check_block(b);
    void *at = b->at;
    size_t bytes = b->usable_bytes;
    struct heap_model *h = b->heap < HEAPS ? &world.heaps[b->heap] : NULL;
    count_out(b);
    b->at = NULL;
    if (h != NULL && h->is_observed)
        h->expected_events++;
    if (h == NULL)
        pefree(at, true);
    else if (b->heap != world.current || kind < 64)
        zend_mm_free(h->heap, at);
    else if (kind < 128 && (QUARRY_CHECK_LEVEL < 2 || quarry_good_size(h->heap, bytes) == bytes))
        efree_size(at, bytes);
    else
        efree(at);
    FUZZ_CHECK(world.reports == 0);
}

#include "emalloc_heaps.h"

static void one_call(struct fuzz_input *in, unsigned call)
{
    switch (call % 32) {
    case 0 ... 11:
        take(in);
        break;
    case 12 ... 14:
        change(in);
        break;
    case 15 ... 18:
        give(in);
        break;
    case 19:
        check_all();
        break;
    default:
        change_heaps(in, call % 32 - 20);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    memset(&world, 0, sizeof world);
    fuzz_memory_begin();
    if (!begin(&in))
        return 0;
    for (unsigned calls = 0; calls < CALLS_MOST && !fuzz_is_over(&in); calls++)
        one_call(&in, fuzz_byte(&in));
    end(&in);
    return 0;
}
