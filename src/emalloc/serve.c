/* SPDX-License-Identifier: MIT
 *
 * serve.c: see serve.h. Allocating comes first, then freeing, changing, collecting and ending.
 */
#include "serve.h"

#include "leaks.h"
#include "observers.h"

#include "../bytes.h"
#include "../retry.h"

/* Are the places of the heap's blocks noted here? A tracked heap notes them itself. */
static bool notes_places(const struct request *request)
{
    return QUARRY_TRACK != 0 && request->calls == NULL;
}

/* --- allocating --- */

/* Stands for a size that overflowed. No heap serves it. */
#define OVERFLOWED SIZE_MAX

/* Custom handlers may add to a size, so they are not asked for one that overflowed. A tracked heap is asked: it
 * reports a dead block, whatever the size. */
static bool is_refused(const struct request *request, size_t bytes)
{
    return bytes == OVERFLOWED && request->calls->owns == NULL;
}

/* Counts an allocation, if the heap counts them, and answers the bytes to ask for. Once the allocations are used up,
 * that is a size that no heap serves: so the call fails on the way on which others are served, and reports the same
 * misuses. */
static size_t count_allocation(struct request *request, size_t bytes)
{
    if (!request->counts_allocations)
        return bytes;
    if (request->allocations_left == 0) {
        request->ran_out_of_allocations = true;
        return OVERFLOWED;
    }
    request->allocations_left--;
    return bytes;
}

static void *allocate_noted(struct quarry_heap *heap, struct request *request, size_t bytes, const struct place *place)
{
    if (request->calls != NULL)
        return is_refused(request, bytes) ? NULL : request->calls->allocate(heap, bytes, place);
    void *block = quarry_malloc(heap, bytes);
    if (block != NULL && notes_places(request))
        qi_leaks_note(heap, block, bytes, place);
    return block;
}

void *qi_serve_allocate(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    struct request *request = qi_request_of(heap);
    if (heap == NULL)
        return NULL;
    if (request == NULL)
        return quarry_malloc(heap, bytes);
    void *block = allocate_noted(heap, request, count_allocation(request, bytes), place);
    const enum event_kind kind = block != NULL ? EVENT_ALLOCATED : EVENT_FAILED;
    const struct event event = {.kind = kind, .block = block, .old_block = NULL, .bytes = bytes};
    qi_observers_tell(heap, request, &event);
    return block;
}

/* --- freeing --- */

/* Is it a live block of the heap's own? A block that was written beyond is not: the call that frees it reports that. */
static bool is_live(const struct quarry_heap *heap, const void *block)
{
    return qi_request_find_wrong(heap, block) == 0;
}

/* Is freeing the block a misuse, which is about to be reported? */
static bool is_misuse(struct quarry_heap *heap, const struct request *request, const void *block)
{
    if (request->calls != NULL)
        return request->calls->owns != NULL && !request->calls->owns(heap, block);
    return source_is_busy(heap_source(heap)) || !is_live(heap, block);
}

/* To be called before a block is freed: tells the observers, and forgets its place. */
static void note_freed(struct quarry_heap *heap, struct request *request, void *block)
{
    const bool notes = notes_places(request);
    if ((request->observers == NULL && !notes) || is_misuse(heap, request, block))
        return;
    const struct event event = {.kind = EVENT_FREED, .block = block, .old_block = NULL, .bytes = 0};
    qi_observers_tell(heap, request, &event);
    if (notes)
        qi_leaks_forget(heap, block);
}

void qi_serve_free(struct quarry_heap *heap, void *block, const struct place *place)
{
    struct request *request = qi_request_of(heap);
    if (block == NULL)
        return;
    if (heap == NULL) {
        qi_report_without_heap(QUARRY_INVALID_POINTER, block);
        return;
    }
    if (request != NULL)
        note_freed(heap, request, block);
    if (request != NULL && request->calls != NULL)
        request->calls->free(heap, block, place);
    else
        quarry_free(heap, block);
}

/* Has a live block of the heap's own another size? The call that frees the block finds out whether it is live. */
static bool has_other_size(struct quarry_heap *heap, const void *block, size_t bytes)
{
    struct heap_block located;
    uintptr_t saved = lock_enter(heap);
    bool is_other = debug_find(heap, block, 1, &located) == 0 && !debug_size_fits(heap, &located, bytes);
    lock_leave(heap, saved);
    return is_other;
}

/* The same; another size is reported. */
static bool reports_other_size(struct quarry_heap *heap, void *block, size_t bytes)
{
    const struct request *request = qi_request_of(heap);
    if (request != NULL && request->calls != NULL)
        return request->calls->reports_other_size != NULL && request->calls->reports_other_size(heap, block, bytes);
    if (!has_other_size(heap, block, bytes))
        return false;
    quarry_free_sized(heap, block, bytes); /* which reports it */
    return true;
}

void qi_serve_free_sized(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place)
{
    if (block == NULL || heap == NULL || control_valid(!reports_other_size(heap, block, bytes)))
        qi_serve_free(heap, block, place);
}

/* --- changing --- */

/* Copies the contents, and frees the old block. */
static void *move(struct quarry_heap *heap, void *block, void *moved, size_t copy_bytes)
{
    qi_bytes_copy(moved, block, copy_bytes);
    quarry_free(heap, block);
    return moved;
}

/* quarry_realloc() that copies copy_bytes at most. The block is found again after each time that on_oom was asked, as
 * the hook may have resized it, or freed it, which is reported. */
static void *change_and_copy(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes)
{
    do {
        size_t old_bytes = quarry_usable_size(heap, block);
        if (old_bytes == 0) /* dead, which was reported */
            return NULL;
        if (debug_stays_in_place(heap, block, old_bytes, bytes))
            return block;
        if (old_bytes > BIN_MAX_BYTES && bytes > BIN_MAX_BYTES && quarry_resize(heap, block, bytes))
            return block;
        size_t most = old_bytes < bytes ? old_bytes : bytes;
        void *moved = qi_retry_malloc(heap, bytes);
        if (moved != NULL)
            return move(heap, block, moved, copy_bytes < most ? copy_bytes : most);
        if (bytes <= old_bytes) /* shrinking never fails */
            return quarry_realloc(heap, block, bytes);
    } while (qi_retry_ask(heap, bytes));
    return NULL;
}

static void *change_in_heap(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes)
{
    return copy_bytes == SIZE_MAX ? quarry_realloc(heap, block, bytes)
                                  : change_and_copy(heap, block, bytes, copy_bytes);
}

static void *change_noted(struct quarry_heap *heap, struct request *request, void *block, size_t bytes,
                          size_t copy_bytes, const struct place *place)
{
    if (request->calls != NULL)
        return is_refused(request, bytes) ? NULL : request->calls->change(heap, block, bytes, place);
    void *changed = change_in_heap(heap, block, bytes, copy_bytes);
    if (changed != NULL && notes_places(request)) {
        qi_leaks_forget(heap, block);
        qi_leaks_note(heap, changed, bytes, place);
    }
    return changed;
}

bool qi_serve_lacks_memory(const struct quarry_heap *heap, const void *block)
{
    const struct request *request = qi_request_of(heap);
    if (heap == NULL || block == NULL)
        return true;
    if (request == NULL || request->calls == NULL)
        return is_live(heap, block);
    return request->calls->owns == NULL || request->calls->owns(heap, block);
}

void *qi_serve_change(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes, const struct place *place)
{
    struct request *request = qi_request_of(heap);
    if (block == NULL || heap == NULL)
        return qi_serve_allocate(heap, bytes, place);
    if (request == NULL)
        return change_in_heap(heap, block, bytes, copy_bytes);
    void *changed = change_noted(heap, request, block, count_allocation(request, bytes), copy_bytes, place);
    if (changed == NULL && !qi_serve_lacks_memory(heap, block)) /* a misuse was reported, and is no failure */
        return NULL;
    const enum event_kind kind = changed != NULL ? EVENT_RESIZED : EVENT_FAILED;
    const struct event event = {.kind = kind, .block = changed, .old_block = block, .bytes = bytes};
    qi_observers_tell(heap, request, &event);
    return changed;
}

size_t qi_serve_usable(struct quarry_heap *heap, void *block)
{
    const struct request *request = qi_request_of(heap);
    if (heap == NULL)
        return 0;
    return request != NULL && request->calls != NULL ? request->calls->usable(heap, block)
                                                     : quarry_usable_size(heap, block);
}

/* --- collecting and ending --- */

size_t qi_serve_collect(struct quarry_heap *heap)
{
    const struct request *request = qi_request_of(heap);
    if (heap == NULL)
        return 0;
    size_t bytes = request != NULL && request->calls != NULL ? request->calls->collect(heap) : quarry_trim(heap);
    if (request != NULL) {
        const struct event event = {.kind = EVENT_COLLECTED, .block = NULL, .old_block = NULL, .bytes = bytes};
        qi_observers_tell(heap, request, &event);
    }
    return bytes;
}

void qi_serve_end(struct quarry_heap *heap, bool full, bool silent)
{
    struct request *request = qi_request_of(heap);
    if (source_is_busy(heap_source(heap))) {
        quarry_reset(heap); /* which reports it */
        return;
    }
    if (request == NULL) {
        if (full) {
            qi_current_forget(heap);
            quarry_destroy(heap);
        } else {
            quarry_reset(heap);
        }
        return;
    }
    const enum event_kind kind = full ? EVENT_ENDED_FULLY : EVENT_ENDED;
    const struct event event = {.kind = kind, .block = NULL, .old_block = NULL, .bytes = 0};
    qi_observers_tell(heap, request, &event);
    if (request->calls != NULL)
        request->calls->end(heap, full, silent);
    else if (notes_places(request) && !silent)
        qi_leaks_report_live(heap);
    if (full)
        quarry_destroy(heap);
    else
        qi_request_end(heap);
}
