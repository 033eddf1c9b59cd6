/* SPDX-License-Identifier: MIT
 *
 * request.c: see request.h. Calls of quarry.h on a heap as a whole first, then any heap, then the life of a request
 * heap.
 */
#include "request.h"

#include "../bytes.h"

/* --- calls of quarry.h that change a heap as a whole; they hold the lock, and no callback is running --- */

static size_t trim(struct quarry_heap *heap)
{
    request_in(heap)->caches_nothing = true;
    size_t bytes = qi_heap_growth.trim(heap);
    request_in(heap)->caches_nothing = false;
    return bytes + qi_request_release_cached(heap, 0);
}

static void was_reset(struct quarry_heap *heap)
{
    qi_places_clear(&request_in(heap)->places);
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
    qi_request_release_cached(heap, 0);
    qi_request_release_table(heap);
    lock_leave(heap, saved);
    qi_group_remove(request->group, &request->cache);
    while (request->observers != NULL)
        qi_request_unlink_observer(&request->observers);
}

/* The heap's own memory is released last, and a storage lies in it: so the storage is copied. */
static void destroy(struct quarry_heap *heap)
{
    struct request copy;
    qi_current_forget(heap);
    release_all_else(heap);
    qi_bytes_copy(&copy, request_in(heap), sizeof copy);
    qi_request_remove_provider(heap, &copy.storage);
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
        .limit_was_set = qi_request_release_above_limit,
        .destroy = destroy,
};

/* --- of any heap --- */

struct request *qi_request_of(const struct quarry_heap *heap)
{
    const struct heap_sourced *sourced = heap == NULL ? NULL : heap_sourced_or_null(heap);
    return sourced != NULL && sourced->growth == &request_growth ? request_in(heap) : NULL;
}

struct request *qi_request_or_report(struct quarry_heap *heap)
{
    struct request *request = qi_request_of(heap);
    if (request == NULL && heap != NULL)
        report_unlocked(&heap_source(heap)->reporter, QUARRY_INVALID_POINTER, heap, 0);
    return request;
}

bool qi_request_is_hot(const struct quarry_heap *heap)
{
    const struct request *request = qi_request_of(heap);
    if (request != NULL)
        return request_is_hot(request);
    /* The callback of a source of the user's would find the hot paths open. */
    return CURRENT_HAS_HOT && heap != NULL && heap_sourced_or_null(heap) == NULL;
}

unsigned qi_request_find_wrong(const struct quarry_heap *heap, const void *block)
{
    struct heap_block located;
    uintptr_t saved = lock_enter(heap);
    unsigned wrong = debug_find(heap, block, 1, &located);
    if (wrong != 0)
        wrong = qi_heap_wrong_with(heap, memory_address(block), wrong);
    lock_leave(heap, saved);
    return wrong;
}

size_t qi_request_real_bytes(const struct quarry_heap *heap)
{
    size_t bytes = heap->bins.runs.chunks.source.acquired_bytes;
    return qi_request_of(heap) == NULL ? bytes : bytes + qi_request_cached_bytes(heap);
}

size_t qi_request_real_peak_bytes(const struct quarry_heap *heap)
{
    const struct request *request = qi_request_of(heap);
    return request == NULL ? heap->bins.runs.chunks.source.acquired_peak_bytes : request->real_peak_bytes;
}

void qi_request_forget_peaks(struct quarry_heap *heap)
{
    uintptr_t saved = lock_enter(heap);
    heap_forget_peaks(heap);
    debug_forget_peak(heap);
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

/* --- life --- */

/* A heap with a struct request in front of extra_bytes. source is what the heap is created from; group NULL: the heap
 * is a group of its own on that source. */
static struct quarry_heap *create(const struct quarry_source *source, const struct quarry_options *options,
                                  struct chunk_group *group, size_t extra_bytes)
{
    struct quarry_heap *heap = qi_heap_create_sourced(source, options, sizeof(struct request) + extra_bytes);
    if (heap == NULL)
        return NULL;
    struct heap_sourced *sourced = heap_sourced(heap);
    sourced->growth = &request_growth;
    control_keep(sourced, seal, heap_sourced_sum(sourced));
    qi_request_begin(heap, group);
    debug_begin(heap);
    return heap;
}

struct quarry_heap *qi_request_create(struct chunk_group *group, const struct quarry_options *options)
{
    struct quarry_source source;
    qi_group_get_source(group, &source);
    return create(&source, options, group, 0);
}

struct quarry_heap *qi_request_create_alone(const struct quarry_source *source, size_t extra_bytes)
{
    return create(source, NULL, NULL, extra_bytes);
}

void qi_request_end(struct quarry_heap *heap)
{
    struct request *request = request_in(heap);
    request->average = (request->average + request->peak_chunks * REQUEST_ONE) / 2;
    request->is_ending = true;
    quarry_reset(heap);
    uintptr_t saved = lock_enter(heap);
    qi_request_release_cached(heap, qi_request_most_cached_chunks(request));
    request->is_ending = false;
    request->peak_chunks = request->chunks;
    lock_leave(heap, saved);
    qi_request_forget_peaks(heap);
}
