/* SPDX-License-Identifier: MIT
 *
 * request_source.c: see request_source.h. Cached chunks, then the provider's four functions, then the table of places.
 *
 * While the source is called, emalloc() on this core may not serve from the heap's hot paths. The heap's own functions
 * see to that for their calls of the provider; call_begins() and call_ends() do where the source is called apart from
 * them.
 */
#include "request_source.h"

#include "../bytes.h"

static size_t chunk_bytes_of(const struct quarry_heap *heap)
{
    return heap_sourced((struct quarry_heap *)(uintptr_t)heap)->chunk_bytes;
}

static void release_to_source(struct quarry_heap *heap, void *memory, size_t bytes)
{
    const struct quarry_source *source = &request_in(heap)->group->source;
    source->release(source->context, memory, bytes);
}

static void call_begins(struct quarry_heap *heap, struct hot_limits *open)
{
    qi_current_open(heap, false);
    qi_source_close_hot(heap_source(heap), open);
}

static void call_ends(struct quarry_heap *heap, const struct hot_limits *open)
{
    qi_source_open_hot(heap_source(heap), open);
    request_refresh(heap);
}

/* --- cached chunks --- */

size_t qi_request_cached_bytes(const struct quarry_heap *heap)
{
    const struct request *request = request_in(heap);
    return qi_group_cached_chunks(request->group, &request->cache) * chunk_bytes_of(heap);
}

/* False: no chunk is cached. */
static bool release_one_cached(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    void *chunk = qi_group_reuse_cached(request->group, &request->cache);
    if (chunk != NULL)
        release_to_source(heap, chunk, chunk_bytes_of(heap));
    return chunk != NULL;
}

size_t qi_request_release_cached(struct quarry_heap *heap, size_t chunks_left)
{
    struct request *request = request_in(heap);
    struct hot_limits open;
    size_t bytes = 0;
    call_begins(heap, &open);
    while (qi_group_cached_chunks(request->group, &request->cache) > chunks_left && release_one_cached(heap))
        bytes += chunk_bytes_of(heap);
    call_ends(heap, &open);
    return bytes;
}

/* Makes room below the limit for more_bytes. The heap has asked only for its own part of the limit. */
static void release_cached_for(struct quarry_heap *heap, size_t more_bytes)
{
    size_t limit = heap_source(heap)->limit_bytes;
    while (limit != 0 && qi_request_cached_bytes(heap) > limit - heap_source(heap)->acquired_bytes - more_bytes &&
           release_one_cached(heap)) {
    }
}

void qi_request_release_above_limit(struct quarry_heap *heap)
{
    struct hot_limits open;
    call_begins(heap, &open);
    release_cached_for(heap, 0);
    call_ends(heap, &open);
}

/* At a request's end as many chunks stay cached as the average rounds to, where a tenth is enough for one more. Before
 * that it is as many as the request may still need if it is like the requests before. */
size_t qi_request_most_cached_chunks(const struct request *request)
{
    const size_t nine_tenths = REQUEST_ONE * 9 / 10;
    if (request->is_ending)
        return request->average < nine_tenths ? 0 : (request->average - nine_tenths) / REQUEST_ONE;
    const size_t expected = (request->average + REQUEST_ONE / 10 + REQUEST_ONE - 1) / REQUEST_ONE;
    return expected > request->chunks ? expected - request->chunks : 0;
}

/* --- memory that the source should not give --- */

static bool is_aligned(const void *memory)
{
    return ((uintptr_t)memory & (QUARRY_PAGE_BYTES - 1)) == 0;
}

/* Does memory meet the table, or a cached chunk of the group? Level 0 trusts the source. */
static bool meets_other(struct quarry_heap *heap, const void *memory, size_t bytes)
{
    const struct request *request = request_in(heap);
    return !caller_valid(!qi_places_meet(&request->places, memory, bytes) &&
                         !qi_group_has_cached_in(request->group, memory, bytes));
}

/* Reports the memory. It is in use, so it does not go back. NULL. */
static void *refuse(struct quarry_heap *heap, const void *memory)
{
    qi_report_damage(&heap_source(heap)->reporter, memory);
    return NULL;
}

/* --- what is counted --- */

static void count_chunk(struct request *request)
{
    if (++request->chunks > request->peak_chunks)
        request->peak_chunks = request->chunks;
}

/* A huge block that has the length of a chunk counts as one. */
static void count_resized(struct quarry_heap *heap, size_t old_bytes, size_t bytes)
{
    if (old_bytes == chunk_bytes_of(heap))
        request_in(heap)->chunks--;
    if (bytes == chunk_bytes_of(heap))
        count_chunk(request_in(heap));
}

static void note_real_peak(struct quarry_heap *heap, size_t more_bytes)
{
    struct request *request = request_in(heap);
    size_t bytes = heap_source(heap)->acquired_bytes + qi_request_cached_bytes(heap) + more_bytes;
    if (bytes > request->real_peak_bytes)
        request->real_peak_bytes = bytes;
}

/* --- the provider --- */

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct quarry_heap *heap = context;
    struct request *request = request_in(heap);
    bool is_chunk = bytes == chunk_bytes_of(heap);
    void *memory = NULL;
    qi_current_open(heap, false);
    if (is_chunk && align_bytes <= QUARRY_PAGE_BYTES)
        memory = qi_group_reuse_cached(request->group, &request->cache);
    if (memory == NULL) {
        release_cached_for(heap, bytes);
        memory = qi_group_acquire(request->group, bytes, align_bytes);
        if (memory != NULL && meets_other(heap, memory, bytes))
            memory = refuse(heap, memory);
    }
    /* The heap refuses what is misaligned, or what it has already. */
    if (memory != NULL && is_aligned(memory) && !qi_chunk_meets(heap_chunks(heap), memory, bytes)) {
        note_real_peak(heap, bytes);
        if (is_chunk)
            count_chunk(request);
    }
    request_refresh(heap);
    return memory;
}

static void release(void *context, void *memory, size_t bytes)
{
    struct quarry_heap *heap = context;
    struct request *request = request_in(heap);
    bool is_chunk = bytes == chunk_bytes_of(heap) && is_aligned(memory); /* or it was refused, and would be again */
    qi_current_open(heap, false);
    if (is_chunk)
        request->chunks--;
    if (!is_chunk || request->caches_nothing ||
        !qi_group_cache(request->group, &request->cache, memory, bytes, qi_request_most_cached_chunks(request)))
        release_to_source(heap, memory, bytes);
    request_refresh(heap);
}

static bool extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct quarry_heap *heap = context;
    const struct quarry_source *source = &request_in(heap)->group->source;
    qi_current_open(heap, false);
    release_cached_for(heap, bytes - old_bytes);
    /* A source that has answered could not be told that its memory is refused. */
    bool done = !meets_other(heap, (uint8_t *)memory + old_bytes, bytes - old_bytes) &&
                source->extend(source->context, memory, old_bytes, bytes);
    if (done) {
        count_resized(heap, old_bytes, bytes);
        note_real_peak(heap, bytes - old_bytes);
    }
    request_refresh(heap);
    return done;
}

static bool truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct quarry_heap *heap = context;
    const struct quarry_source *source = &request_in(heap)->group->source;
    qi_current_open(heap, false);
    bool done = source->truncate(source->context, memory, old_bytes, bytes);
    if (done)
        count_resized(heap, old_bytes, bytes);
    request_refresh(heap);
    return done;
}

void qi_request_begin(struct quarry_heap *heap, struct chunk_group *group)
{
    struct quarry_source *provider = &heap_sourced(heap)->provider;
    struct request *request = request_in(heap);
    qi_bytes_clear(request, sizeof *request);
    if (group == NULL) {
        group = &request->own_group;
        qi_bytes_copy(&group->source, provider, sizeof *provider);
    }
    request->group = group;
    request->chunks = request->peak_chunks = 1;
    request->average = REQUEST_ONE;
    request->real_peak_bytes = chunk_bytes_of(heap);
    provider->context = heap;
    provider->acquire = acquire;
    provider->release = group->source.release != NULL ? release : NULL;
    provider->extend = group->source.extend != NULL ? extend : NULL;
    provider->truncate = group->source.truncate != NULL ? truncate : NULL;
    qi_source_seal(heap_source(heap));
    qi_group_add(group, &request->cache, heap);
}

void qi_request_remove_provider(struct quarry_heap *heap, zend_mm_storage *storage)
{
    const struct request *request = request_in(heap);
    struct quarry_source *provider = &heap_sourced(heap)->provider;
    qi_bytes_copy(provider, &request->group->source, sizeof *provider);
    if (request->has_storage)
        provider->context = storage;
    qi_source_seal(heap_source(heap));
}

/* --- the table of places --- */

/* Memory for the table, or NULL; *bytes is what is wanted, and then what there is. It comes from the source and is not
 * counted: a heap's limit and figures are the same with a table and without. Where the source has none and the table is
 * full, a cached chunk serves, or what the source has once cached chunks were released. */
static void *table_memory(struct quarry_heap *heap, size_t *bytes)
{
    struct request *request = request_in(heap);
    const struct quarry_source *source = &request->group->source;
    void *memory = source->acquire(source->context, *bytes, QUARRY_PAGE_BYTES);
    if (memory == NULL && qi_places_have_room(&request->places))
        return NULL;
    if (memory == NULL && *bytes <= chunk_bytes_of(heap)) {
        memory = qi_group_reuse_cached(request->group, &request->cache);
        if (memory != NULL)
            *bytes = chunk_bytes_of(heap);
    }
    if (memory == NULL)
        memory = qi_group_acquire(request->group, *bytes, QUARRY_PAGE_BYTES);
    if (memory != NULL && (meets_other(heap, memory, *bytes) || qi_chunk_meets(heap_chunks(heap), memory, *bytes)))
        memory = refuse(heap, memory);
    return memory;
}

static void release_memory_of(struct quarry_heap *heap, const struct places *places)
{
    if (places->memory_bytes != 0 && request_in(heap)->group->source.release != NULL)
        release_to_source(heap, places->entries, places->memory_bytes);
}

void qi_request_grow_table(struct quarry_heap *heap)
{
    struct places *places = &request_in(heap)->places, old;
    size_t bytes = qi_places_wanted_bytes(places);
    if (bytes == 0 || bytes == SIZE_MAX)
        return;
    struct hot_limits open;
    call_begins(heap, &open);
    void *memory = table_memory(heap, &bytes);
    if (memory != NULL) {
        qi_places_move(places, memory, bytes, &old);
        release_memory_of(heap, &old);
    }
    call_ends(heap, &open);
}

void qi_request_release_table(struct quarry_heap *heap)
{
    struct hot_limits open;
    call_begins(heap, &open);
    release_memory_of(heap, &request_in(heap)->places);
    call_ends(heap, &open);
}
