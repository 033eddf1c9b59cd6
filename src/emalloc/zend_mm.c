/* SPDX-License-Identifier: MIT
 *
 * zend_mm.c: the current heap, its limit and figures: what emalloc.h asks of a heap besides blocks.
 */
#include "serve.h"

/* --- the current heap --- */

zend_mm_heap *zend_mm_get_heap(void)
{
    return current_heap();
}

zend_mm_heap *zend_mm_set_heap(zend_mm_heap *new_heap)
{
    /* A callback of the heap's own source may set it again: the end of the callback opens its hot paths. */
    return qi_current_set(new_heap, qi_request_is_hot(new_heap) && !source_is_busy(heap_source(new_heap)));
}

bool is_zend_mm(void)
{
    const struct quarry_heap *heap = current_heap();
    const struct request *request = qi_request_of(heap);
    return heap != NULL && (request == NULL || request->calls == NULL);
}

/* Does address lie in [start, start + bytes)? */
static bool is_inside(const void *address, const void *start, size_t bytes)
{
    return (uintptr_t)address - (uintptr_t)start < bytes;
}

bool is_zend_ptr(const void *ptr)
{
    struct quarry_heap *heap = current_heap();
    if (heap == NULL)
        return false;
    ptr = memory_address(ptr);
    uintptr_t saved = lock_enter(heap);
    bool found =
            is_inside(ptr, heap, heap_chunks(heap)->first.bytes) || qi_chunk_find_added(heap_chunks(heap), ptr) != NULL;
    lock_leave(heap, saved);
    return found;
}

/* --- limit and figures --- */

zend_result zend_set_memory_limit(size_t memory_limit)
{
    struct quarry_heap *heap = current_heap();
    return heap != NULL && qi_request_set_limit(heap, memory_limit) ? SUCCESS : FAILURE;
}

/* Bytes of the current heap, or their peak, read under the lock; 0: there is no current heap. */
static size_t read_figure(bool is_real, bool is_peak)
{
    const struct quarry_heap *heap = current_heap();
    if (heap == NULL)
        return 0;
    uintptr_t saved = lock_enter(heap);
    size_t bytes = is_peak ? qi_request_real_peak_bytes(heap) : qi_request_real_bytes(heap);
    if (!is_real && QUARRY_STATS != 0)
        bytes = is_peak ? debug_used_peak_bytes(heap) : debug_used_bytes(heap);
    lock_leave(heap, saved);
    return bytes;
}

size_t zend_memory_usage(bool real_usage)
{
    return read_figure(real_usage, false);
}

size_t zend_memory_peak_usage(bool real_usage)
{
    return read_figure(real_usage, true);
}

void zend_memory_reset_peak_usage(void)
{
    struct quarry_heap *heap = current_heap();
    if (heap != NULL)
        qi_request_forget_peaks(heap);
}

size_t zend_mm_gc(zend_mm_heap *heap)
{
    return qi_serve_collect(heap);
}

/* --- what a request heap can do --- */

bool zend_mm_is_fallible(void)
{
    const struct request *request = qi_request_of(current_heap());
    return request != NULL && request->is_fallible;
}

void zend_mm_set_fallible(bool fallible)
{
    struct request *request = qi_request_or_report(current_heap());
    if (request != NULL)
        request->is_fallible = fallible;
}

void zend_mm_set_max_allocs(uint64_t max_allocs)
{
    struct quarry_heap *heap = current_heap();
    struct request *request = qi_request_or_report(heap);
    if (request == NULL)
        return;
    request->allocations_left = max_allocs;
    request->counts_allocations = max_allocs != 0;
    request->ran_out_of_allocations = false;
    request_refresh(heap);
}

bool zend_mm_max_allocs_hit(void)
{
    const struct request *request = qi_request_of(current_heap());
    return request != NULL && request->ran_out_of_allocations;
}
