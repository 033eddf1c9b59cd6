/* SPDX-License-Identifier: MIT
 *
 * request.c: see request.h. The provider of ours first, then figures, then the life of a request heap.
 */
#include "request.h"

#include "bytes.h"

BITS_INLINE struct request *request_in(const struct quarry_heap *heap)
{
    return (struct request *)(void *)(heap_sourced((struct quarry_heap *)(uintptr_t)heap) + 1);
}

/* --- between heap and source --- */

static size_t chunk_bytes_of(struct quarry_heap *heap)
{
    return heap_sourced(heap)->chunk_bytes;
}

static size_t kept_bytes(struct quarry_heap *heap)
{
    return request_in(heap)->kept_chunks * chunk_bytes_of(heap);
}

static void give_kept(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    struct request_kept *chunk = request->kept;
    request->kept = chunk->next;
    request->kept_chunks--;
    request->source.release(request->source.context, chunk, chunk_bytes_of(heap));
}

/* Before and after a call of the source outside of the heap's own functions, which would see to this. */
static void shut(struct quarry_heap *heap, struct source_gate *open)
{
    qi_current_open(heap, false);
    qi_source_shut(heap_source(heap), open);
}

static void reopen(struct quarry_heap *heap, const struct source_gate *open)
{
    qi_source_reopen(heap_source(heap), open);
    qi_request_refresh(heap);
}

static void count_chunk(struct request *request)
{
    if (++request->chunks > request->peak_chunks)
        request->peak_chunks = request->chunks;
}

static void note_real_peak(struct quarry_heap *heap, size_t more_bytes)
{
    struct request *request = request_in(heap);
    size_t bytes = heap_source(heap)->acquired_bytes + kept_bytes(heap) + more_bytes;
    if (bytes > request->real_peak_bytes)
        request->real_peak_bytes = bytes;
}

/* Makes room below the limit; the heap has asked only for its own part of it. */
static void give_kept_above_limit(struct quarry_heap *heap, size_t more_bytes)
{
    size_t limit = heap_source(heap)->limit_bytes;
    while (limit != 0 && request_in(heap)->kept != NULL &&
           kept_bytes(heap) > limit - heap_source(heap)->acquired_bytes - more_bytes)
        give_kept(heap);
}

static void *take_from_source(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const struct quarry_source *source = &request_in(heap)->source;
    give_kept_above_limit(heap, bytes);
    void *memory = source->acquire(source->context, bytes, align_bytes);
    while (memory == NULL && request_in(heap)->kept != NULL) {
        give_kept(heap);
        memory = source->acquire(source->context, bytes, align_bytes);
    }
    return memory;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct quarry_heap *heap = context;
    struct request *request = request_in(heap);
    bool is_chunk = bytes == chunk_bytes_of(heap);
    void *memory = request->kept;
    qi_current_open(heap, false);
    if (is_chunk && memory != NULL && ((uintptr_t)memory & (align_bytes - 1)) == 0) {
        request->kept = request->kept->next;
        request->kept_chunks--;
    } else {
        memory = take_from_source(heap, bytes, align_bytes);
    }
    if (memory != NULL) {
        note_real_peak(heap, bytes);
        if (is_chunk)
            count_chunk(request);
    }
    qi_request_refresh(heap);
    return memory;
}

/* Is a chunk that the heap no longer has to be kept? At a request's end as many as the average rounds to, if a tenth is
 * enough for one more; before that, if the request may need them as its predecessors did. */
static bool should_keep(const struct request *request)
{
    if (request->is_ending)
        return (request->kept_chunks + 1) * REQUEST_ONE + REQUEST_ONE * 9 / 10 <= request->average;
    return (request->chunks + request->kept_chunks) * REQUEST_ONE < request->average + REQUEST_ONE / 10;
}

static void release(void *context, void *memory, size_t bytes)
{
    struct quarry_heap *heap = context;
    struct request *request = request_in(heap);
    qi_current_open(heap, false);
    if (bytes == chunk_bytes_of(heap))
        request->chunks--;
    bool is_aligned = ((uintptr_t)memory & (QUARRY_PAGE_BYTES - 1)) == 0; /* or it was refused, and would be again */
    if (bytes == chunk_bytes_of(heap) && is_aligned && should_keep(request)) {
        struct request_kept *kept = memory;
        kept->next = request->kept;
        request->kept = kept;
        request->kept_chunks++;
    } else {
        request->source.release(request->source.context, memory, bytes);
    }
    qi_request_refresh(heap);
}

/* A huge block that has the length of a chunk counts as one. */
static void count_resized(struct quarry_heap *heap, size_t old_bytes, size_t bytes)
{
    if (old_bytes == chunk_bytes_of(heap))
        request_in(heap)->chunks--;
    if (bytes == chunk_bytes_of(heap))
        count_chunk(request_in(heap));
}

static bool extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct quarry_heap *heap = context;
    const struct quarry_source *source = &request_in(heap)->source;
    qi_current_open(heap, false);
    give_kept_above_limit(heap, bytes - old_bytes);
    bool done = source->extend(source->context, memory, old_bytes, bytes);
    if (done) {
        count_resized(heap, old_bytes, bytes);
        note_real_peak(heap, bytes - old_bytes);
    }
    qi_request_refresh(heap);
    return done;
}

static bool truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct quarry_heap *heap = context;
    const struct quarry_source *source = &request_in(heap)->source;
    qi_current_open(heap, false);
    bool done = source->truncate(source->context, memory, old_bytes, bytes);
    if (done)
        count_resized(heap, old_bytes, bytes);
    qi_request_refresh(heap);
    return done;
}

/* --- figures --- */

struct request *qi_request_of(const struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = heap == NULL ? NULL : heap_sourced_or_null(heap);
    return sourced != NULL && sourced->provider.acquire == acquire ? request_in(heap) : NULL;
}

bool qi_request_is_hot(const struct quarry_heap *heap)
{
    const struct request *request = qi_request_of(heap);
    if (!CURRENT_HAS_HOT || heap == NULL)
        return false;
    if (request == NULL) /* a source's callback of the user's would find the hot paths open */
        return heap_sourced_or_null(heap) == NULL;
    return request->calls == NULL && request->observers == NULL && !request->counts_allocations;
}

void qi_request_refresh(const struct quarry_heap *heap)
{
    qi_current_open(heap, qi_request_is_hot(heap));
}

size_t qi_request_real_bytes(const struct quarry_heap *heap)
{
    size_t bytes = heap->bins.runs.chunks.source.acquired_bytes;
    return qi_request_of(heap) == NULL ? bytes : bytes + kept_bytes((struct quarry_heap *)(uintptr_t)heap);
}

size_t qi_request_real_peak_bytes(const struct quarry_heap *heap)
{
    const struct request *request = qi_request_of(heap);
    return request == NULL ? heap->bins.runs.chunks.source.acquired_peak_bytes : request->real_peak_bytes;
}

void qi_request_forget_peaks(struct quarry_heap *heap)
{
    uintptr_t saved = lock_enter(heap);
    heap->used_peak_bytes = heap_used_bytes(heap);
    heap->below_peak_bytes = 0;
    heap_source(heap)->acquired_peak_bytes = heap_source(heap)->acquired_bytes;
    if (qi_request_of(heap) != NULL)
        request_in(heap)->real_peak_bytes = qi_request_real_bytes(heap);
    lock_leave(heap, saved);
}

/* Gives back kept chunks while there are more than the limit allows, or all; not for a callback, which was reported. */
static void give_kept_above(struct quarry_heap *heap, size_t limit_bytes)
{
    uintptr_t saved = lock_enter(heap);
    if (!source_is_busy(heap_source(heap))) {
        struct source_gate open;
        shut(heap, &open);
        while (request_in(heap)->kept != NULL && qi_request_real_bytes(heap) > limit_bytes)
            give_kept(heap);
        reopen(heap, &open);
    }
    lock_leave(heap, saved);
}

bool qi_request_set_limit(struct quarry_heap *heap, size_t limit_bytes)
{
    if (limit_bytes < qi_request_real_bytes(heap))
        quarry_trim(heap);
    if (limit_bytes == 0 || !quarry_set_limit(heap, limit_bytes)) /* 0 would be no limit */
        return false;
    if (qi_request_of(heap) != NULL)
        give_kept_above(heap, limit_bytes);
    return true;
}

size_t qi_request_collect(struct quarry_heap *heap)
{
    size_t before = qi_request_real_bytes(heap);
    quarry_trim(heap);
    if (qi_request_of(heap) != NULL)
        give_kept_above(heap, 0);
    return before - qi_request_real_bytes(heap);
}

/* --- places --- */

/* Memory for the table, or NULL; *bytes is what is wanted, and then what there is. It comes from the source and is not
 * counted: a heap's limit and figures are the same with a table and without. Where the source has none and the table is
 * full, a kept chunk serves, or what the source has once kept chunks went back. */
static void *table_memory(struct quarry_heap *heap, size_t *bytes)
{
    struct request *request = request_in(heap);
    const struct quarry_source *source = &request->source;
    void *memory = source->acquire(source->context, *bytes, QUARRY_PAGE_BYTES);
    if (memory != NULL || qi_places_have_room(&request->places))
        return memory;
    if (request->kept != NULL && *bytes <= chunk_bytes_of(heap)) {
        memory = request->kept;
        *bytes = chunk_bytes_of(heap);
        request->kept = request->kept->next;
        request->kept_chunks--;
    }
    while (memory == NULL && request->kept != NULL) {
        give_kept(heap);
        memory = source->acquire(source->context, *bytes, QUARRY_PAGE_BYTES);
    }
    return memory;
}

static void give_table(struct quarry_heap *heap, const struct places *places)
{
    const struct quarry_source *source = &request_in(heap)->source;
    if (places->memory_bytes != 0 && source->release != NULL)
        source->release(source->context, places->entries, places->memory_bytes);
}

/* Gives the table more memory if it wants some; without it, the table is filled up. */
static void grow_table(struct quarry_heap *heap)
{
    struct places *places = &request_in(heap)->places, old;
    size_t bytes = qi_places_wanted_bytes(places);
    if (bytes == 0 || bytes == SIZE_MAX)
        return;
    struct source_gate open;
    shut(heap, &open);
    void *memory = table_memory(heap, &bytes);
    if (memory != NULL) {
        qi_places_move(places, memory, bytes, &old);
        give_table(heap, &old);
    }
    reopen(heap, &open);
}

bool qi_request_note_place(struct quarry_heap *heap, const void *block, size_t bytes, const struct place *place)
{
    uintptr_t saved = lock_enter(heap);
    grow_table(heap);
    bool has_room = qi_places_add(&request_in(heap)->places, block, bytes, place);
    lock_leave(heap, saved);
    return has_room;
}

void qi_request_forget_place(struct quarry_heap *heap, const void *block)
{
    uintptr_t saved = lock_enter(heap);
    qi_places_remove(&request_in(heap)->places, block);
    lock_leave(heap, saved);
}

/* --- life --- */

struct quarry_heap *qi_request_create(const struct quarry_source *source, const struct quarry_options *options,
                                      size_t extra_bytes)
{
    if (source->acquire == NULL)
        return NULL;
    struct quarry_heap *heap = qi_heap_create_sourced(source, options, sizeof(struct request) + extra_bytes);
    if (heap == NULL)
        return NULL;
    struct quarry_source *provider = &heap_sourced(heap)->provider;
    struct request *request = request_in(heap);
    qi_bytes_clear(request, sizeof *request);
    qi_bytes_copy(&request->source, provider, sizeof *provider);
    provider->context = heap;
    provider->acquire = acquire;
    provider->release = request->source.release != NULL ? release : NULL;
    provider->extend = request->source.extend != NULL ? extend : NULL;
    provider->truncate = request->source.truncate != NULL ? truncate : NULL;
    qi_source_close(heap_source(heap));
    request->chunks = request->peak_chunks = 1;
    request->average = REQUEST_ONE;
    request->real_peak_bytes = chunk_bytes_of(heap);
    return heap;
}

void qi_request_end(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    request->average = (request->average + request->peak_chunks * REQUEST_ONE) / 2;
    request->is_ending = true;
    quarry_reset(heap);
    uintptr_t saved = lock_enter(heap);
    struct source_gate open;
    shut(heap, &open);
    while (request->kept != NULL && request->kept_chunks * REQUEST_ONE + REQUEST_ONE * 9 / 10 > request->average)
        give_kept(heap);
    reopen(heap, &open);
    request->is_ending = false;
    request->peak_chunks = request->chunks;
    qi_places_clear(&request->places);
    lock_leave(heap, saved);
    qi_request_forget_peaks(heap);
}

/* They may be added to another heap. */
static void forget_observers(struct request *request)
{
    while (request->observers != NULL) {
        struct quarry_observer *observer = request->observers;
        request->observers = observer->next;
        observer->next = NULL;
        observer->heap = NULL;
    }
}

void qi_request_destroy(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    forget_observers(request);
    zend_mm_storage *kept_storage = &request->storage;
    struct request copy; /* the heap's own memory goes last, by a source that may lie in it */
    qi_current_forget(heap);
    give_kept_above(heap, 0);
    struct source_gate open;
    shut(heap, &open);
    give_table(heap, &request->places);
    reopen(heap, &open);
    qi_bytes_copy(&copy, request, sizeof copy);
    if (copy.source.context == kept_storage)
        copy.source.context = &copy.storage;
    qi_bytes_copy(&heap_sourced(heap)->provider, &copy.source, sizeof copy.source);
    qi_source_close(heap_source(heap));
    quarry_destroy(heap);
}
