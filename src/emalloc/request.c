/* SPDX-License-Identifier: MIT
 *
 * request.c: see request.h. The provider of ours first, then figures, then places, and the life of a request heap.
 */
#include "request.h"

#include "../bytes.h"

BITS_INLINE struct request *request_in(const struct quarry_heap *heap)
{
    return (struct request *)(void *)(heap_sourced((struct quarry_heap *)(uintptr_t)heap) + 1);
}

/* --- between heap and source --- */

static size_t chunk_bytes_of(struct quarry_heap *heap)
{
    return heap_sourced(heap)->chunk_bytes;
}

static size_t cached_bytes(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    return qi_group_cached_chunks(request->group, &request->cache) * chunk_bytes_of(heap);
}

static void release_to_source(struct quarry_heap *heap, void *memory, size_t bytes)
{
    const struct quarry_source *source = &request_in(heap)->group->source;
    source->release(source->context, memory, bytes);
}

/* False: no chunk is cached. */
static bool release_cached(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    void *chunk = qi_group_reuse_cached(request->group, &request->cache);
    if (chunk != NULL)
        release_to_source(heap, chunk, chunk_bytes_of(heap));
    return chunk != NULL;
}

/* Before and after a call of the source outside of the heap's own functions, which would see to this. */
static void shut(struct quarry_heap *heap, struct hot_limits *open)
{
    qi_current_open(heap, false);
    qi_source_close_hot(heap_source(heap), open);
}

static void reopen(struct quarry_heap *heap, const struct hot_limits *open)
{
    qi_source_open_hot(heap_source(heap), open);
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
    size_t bytes = heap_source(heap)->acquired_bytes + cached_bytes(heap) + more_bytes;
    if (bytes > request->real_peak_bytes)
        request->real_peak_bytes = bytes;
}

/* Makes room below the limit; the heap has asked only for its own part of it. */
static void release_cached_above_limit(struct quarry_heap *heap, size_t more_bytes)
{
    size_t limit = heap_source(heap)->limit_bytes;
    while (limit != 0 && cached_bytes(heap) > limit - heap_source(heap)->acquired_bytes - more_bytes &&
           release_cached(heap)) {
    }
}

static bool is_aligned(const void *memory)
{
    return ((uintptr_t)memory & (QUARRY_PAGE_BYTES - 1)) == 0;
}

/* Does memory meet what the heap and its group have besides chunks? Those the heap itself looks at. */
static bool meets_other(struct quarry_heap *heap, const void *memory, size_t bytes)
{
    const struct request *request = request_in(heap);
    return QUARRY_CHECK_LEVEL != 0 &&
           (qi_places_meet(&request->places, memory, bytes) || qi_group_has_cached_in(request->group, memory, bytes));
}

static bool meets_chunk(struct quarry_heap *heap, const void *memory, size_t bytes)
{
    return QUARRY_CHECK_LEVEL != 0 && qi_chunk_meets(heap_chunks(heap), memory, bytes);
}

/* NULL, for memory that the source should not have given. It is in use, so it does not go back. */
static void *refuse(struct quarry_heap *heap, const void *memory)
{
    qi_report_damage(&heap_source(heap)->reporter, memory);
    return NULL;
}

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
        release_cached_above_limit(heap, bytes);
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
    qi_request_refresh(heap);
    return memory;
}

/* How many chunks may be cached, when the heap releases one? At a request's end as many as the average rounds to, if a
 * tenth is enough for one more; before that, as many as the request may need as its predecessors did. */
static size_t most_cached_chunks(const struct request *request)
{
    const size_t nine_tenths = REQUEST_ONE * 9 / 10;
    if (request->is_ending)
        return request->average < nine_tenths ? 0 : (request->average - nine_tenths) / REQUEST_ONE;
    const size_t expected = (request->average + REQUEST_ONE / 10 + REQUEST_ONE - 1) / REQUEST_ONE;
    return expected > request->chunks ? expected - request->chunks : 0;
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
        !qi_group_cache(request->group, &request->cache, memory, bytes, most_cached_chunks(request)))
        release_to_source(heap, memory, bytes);
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
    const struct chunk_group *group = request_in(heap)->group;
    qi_current_open(heap, false);
    release_cached_above_limit(heap, bytes - old_bytes);
    /* A source that has answered could not be told that its memory is refused. */
    bool done = !meets_other(heap, (uint8_t *)memory + old_bytes, bytes - old_bytes) &&
                group->source.extend(group->source.context, memory, old_bytes, bytes);
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
    const struct quarry_source *source = &request_in(heap)->group->source;
    qi_current_open(heap, false);
    bool done = source->truncate(source->context, memory, old_bytes, bytes);
    if (done)
        count_resized(heap, old_bytes, bytes);
    qi_request_refresh(heap);
    return done;
}

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
    if (memory != NULL && (meets_other(heap, memory, *bytes) || meets_chunk(heap, memory, *bytes)))
        memory = refuse(heap, memory);
    return memory;
}

static void release_table(struct quarry_heap *heap, const struct places *places)
{
    if (places->memory_bytes != 0 && request_in(heap)->group->source.release != NULL)
        release_to_source(heap, places->entries, places->memory_bytes);
}

/* --- calls of quarry.h that change a heap as a whole; they hold the lock, and no callback is running --- */

static size_t trim(struct quarry_heap *heap)
{
    struct hot_limits open;
    request_in(heap)->caches_nothing = true;
    size_t bytes = qi_heap_growth.trim(heap);
    request_in(heap)->caches_nothing = false;
    shut(heap, &open);
    while (release_cached(heap))
        bytes += chunk_bytes_of(heap);
    reopen(heap, &open);
    return bytes;
}

static void was_reset(struct quarry_heap *heap)
{
    qi_places_clear(&request_in(heap)->places);
}

static void limit_was_set(struct quarry_heap *heap)
{
    struct hot_limits open;
    shut(heap, &open);
    release_cached_above_limit(heap, 0);
    reopen(heap, &open);
}

void qi_request_unlink_observer(struct quarry_observer **link)
{
    struct quarry_observer *observer = *link;
    *link = observer->next;
    observer->next = NULL;
    observer->heap = NULL;
}

/* Releases what the heap has besides its chunks, and forgets its observers, which may be added to another heap. */
static void release_all_else(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    uintptr_t saved = lock_enter(heap);
    struct hot_limits open;
    shut(heap, &open);
    while (release_cached(heap)) {
    }
    release_table(heap, &request->places);
    reopen(heap, &open);
    lock_leave(heap, saved);
    qi_group_remove(request->group, &request->cache);
    while (request->observers != NULL)
        qi_request_unlink_observer(&request->observers);
}

static void destroy(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    struct quarry_source *provider = &heap_sourced(heap)->provider;
    qi_current_forget(heap);
    release_all_else(heap);
    /* From here on chunks go straight to the source. The heap's own memory goes last, and a storage lies in it. */
    struct request copy;
    qi_bytes_copy(&copy, request, sizeof copy);
    qi_bytes_copy(provider, &request->group->source, sizeof *provider);
    if (request->has_storage)
        provider->context = &copy.storage;
    qi_source_seal(heap_source(heap));
    qi_heap_growth.destroy(heap);
}

static const struct heap_growth request_growth = {
        .allocate = qi_heap_allocate_from_source,
        .free_huge = qi_heap_free_huge,
        .resize_huge = qi_heap_resize_huge,
        .emptied = qi_heap_chunk_emptied,
        .trim = trim,
        .add_idle = qi_heap_add_idle,
        .was_reset = was_reset,
        .limit_was_set = limit_was_set,
        .destroy = destroy,
};

/* --- figures --- */

struct request *qi_request_of(const struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = heap == NULL ? NULL : heap_sourced_or_null(heap);
    return sourced != NULL && sourced->growth == &request_growth ? request_in(heap) : NULL;
}

bool qi_request_is_hot(const struct quarry_heap *heap)
{
    if (!CURRENT_HAS_HOT || heap == NULL)
        return false;
    const struct request *request = qi_request_of(heap);
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
    return qi_request_of(heap) == NULL ? bytes : bytes + cached_bytes((struct quarry_heap *)(uintptr_t)heap);
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

bool qi_request_set_limit(struct quarry_heap *heap, size_t limit_bytes)
{
    uintptr_t saved = lock_enter(heap);
    bool has_more = heap_source(heap)->acquired_bytes > limit_bytes;
    lock_leave(heap, saved);
    if (has_more)
        quarry_trim(heap);
    return limit_bytes != 0 && quarry_set_limit(heap, limit_bytes); /* 0 would be no limit */
}

size_t qi_request_collect(struct quarry_heap *heap)
{
    return quarry_trim(heap);
}

/* --- places --- */

/* Gives the table more memory if it wants some; without it, the table is filled up. */
static void grow_table(struct quarry_heap *heap)
{
    struct places *places = &request_in(heap)->places, old;
    size_t bytes = qi_places_wanted_bytes(places);
    if (bytes == 0 || bytes == SIZE_MAX)
        return;
    struct hot_limits open;
    shut(heap, &open);
    void *memory = table_memory(heap, &bytes);
    if (memory != NULL) {
        qi_places_move(places, memory, bytes, &old);
        release_table(heap, &old);
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

/* Is the block of an entry live, and as long as the entry says? A function of quarry.h may have freed or resized it,
 * and knows nothing of places. */
static bool is_live(struct quarry_heap *heap, const struct place_entry *entry)
{
    struct heap_block block;
    uintptr_t saved = lock_enter(heap);
    unsigned wrong = heap_find(heap, entry->block, 1, &block);
    bool live = wrong == QUARRY_OVERRUN || (wrong == 0 && qi_heap_usable_bytes(heap, &block) >= entry->bytes);
    lock_leave(heap, saved);
    return live;
}

void qi_request_report_leaks(struct quarry_heap *heap)
{
    struct places *places = &request_in(heap)->places;
    for (size_t i = 0; i < places->capacity;) {
        const struct place_entry *entry = &places->entries[i];
        if (entry->block != NULL && !is_live(heap, entry))
            qi_places_remove(places, entry->block); /* another entry may move to its place */
        else
            i++;
    }
    qi_places_report(places);
}

/* --- life --- */

/* Makes a request heap of a heap that has just been created. group NULL: its own, on the heap's source. */
static void begin_requests(struct quarry_heap *heap, struct chunk_group *group)
{
    struct heap_sourced *sourced = heap_sourced(heap);
    struct quarry_source *provider = &sourced->provider;
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
    sourced->growth = &request_growth;
    guard_keep(sourced, seal, heap_sourced_sum(sourced));
    qi_group_add(group, &request->cache, heap);
}

struct quarry_heap *qi_request_create(struct chunk_group *group, const struct quarry_options *options)
{
    struct quarry_source source;
    qi_group_get_source(group, &source);
    struct quarry_heap *heap = qi_heap_create_sourced(&source, options, sizeof(struct request));
    if (heap != NULL)
        begin_requests(heap, group);
    return heap;
}

struct quarry_heap *qi_request_create_alone(const struct quarry_source *source, size_t extra_bytes)
{
    struct quarry_heap *heap = qi_heap_create_sourced(source, NULL, sizeof(struct request) + extra_bytes);
    if (heap != NULL)
        begin_requests(heap, NULL);
    return heap;
}

void qi_request_end(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    request->average = (request->average + request->peak_chunks * REQUEST_ONE) / 2;
    request->is_ending = true;
    quarry_reset(heap);
    uintptr_t saved = lock_enter(heap);
    struct hot_limits open;
    shut(heap, &open);
    while (qi_group_cached_chunks(request->group, &request->cache) > most_cached_chunks(request) &&
           release_cached(heap)) {
    }
    reopen(heap, &open);
    request->is_ending = false;
    request->peak_chunks = request->chunks;
    lock_leave(heap, saved);
    qi_request_forget_peaks(heap);
}
