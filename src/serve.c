/* SPDX-License-Identifier: MIT
 *
 * serve.c: see serve.h. Telling first, then each call.
 */
#include "serve.h"

#include "bytes.h"

/* --- who is told --- */

static void tell_taken(struct quarry_heap *heap, const struct request *request, void *block, size_t bytes)
{
    for (struct quarry_observer *observer = request->observers, *next; observer != NULL; observer = next) {
        next = observer->next; /* it may remove itself */
        if (block != NULL && observer->allocated != NULL)
            observer->allocated(observer->context, heap, block, bytes);
        if (block == NULL && observer->failed != NULL)
            observer->failed(observer->context, heap, bytes);
    }
}

static void tell_freed(struct quarry_heap *heap, const struct request *request, void *block)
{
    for (struct quarry_observer *observer = request->observers, *next; observer != NULL; observer = next) {
        next = observer->next; /* it may remove itself */
        if (observer->freed != NULL)
            observer->freed(observer->context, heap, block);
    }
}

static void tell_resized(struct quarry_heap *heap, const struct request *request, void *old_block, void *block,
                         size_t bytes)
{
    for (struct quarry_observer *observer = request->observers, *next; observer != NULL; observer = next) {
        next = observer->next; /* it may remove itself */
        if (block != NULL && observer->resized != NULL)
            observer->resized(observer->context, heap, old_block, block, bytes);
        if (block == NULL && observer->failed != NULL)
            observer->failed(observer->context, heap, bytes);
    }
}

static void tell_collected(struct quarry_heap *heap, const struct request *request, size_t bytes)
{
    for (struct quarry_observer *observer = request->observers, *next; observer != NULL; observer = next) {
        next = observer->next; /* it may remove itself */
        if (observer->collected != NULL)
            observer->collected(observer->context, heap, bytes);
    }
}

static void tell_ended(struct quarry_heap *heap, const struct request *request, bool full)
{
    for (struct quarry_observer *observer = request->observers, *next; observer != NULL; observer = next) {
        next = observer->next; /* it may remove itself */
        if (observer->ended != NULL)
            observer->ended(observer->context, heap, full);
    }
}

/* --- places --- */

static void note_place(struct quarry_heap *heap, const void *block, size_t bytes, const struct place *place)
{
    if (QUARRY_TRACK != 0 && block != NULL)
        qi_request_note_place(heap, block, bytes, place);
}

static void forget_place(struct quarry_heap *heap, const void *block)
{
    if (QUARRY_TRACK != 0)
        qi_request_forget_place(heap, block);
}

/* --- taking --- */

/* A size that overflowed: no heap serves it, and handlers, which may add to it, are not asked. */
#define OVERFLOWED SIZE_MAX

/* Is there a budget of allocations, and is it used up? */
static bool is_out_of_allocations(struct request *request)
{
    if (!request->counts_allocations)
        return false;
    if (request->allocations_left == 0) {
        request->ran_out_of_allocations = true;
        return true;
    }
    request->allocations_left--;
    return false;
}

static void *take_noted(struct quarry_heap *heap, struct request *request, size_t bytes, const struct place *place)
{
    if (request->calls != NULL)
        return bytes == OVERFLOWED ? NULL : request->calls->take(heap, bytes, place);
    void *block = quarry_malloc(heap, bytes);
    note_place(heap, block, bytes, place);
    return block;
}

void *qi_serve_take(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    struct request *request = qi_request_of(heap);
    if (heap == NULL)
        return NULL;
    if (request == NULL)
        return quarry_malloc(heap, bytes);
    void *block = is_out_of_allocations(request) ? NULL : take_noted(heap, request, bytes, place);
    tell_taken(heap, request, block, bytes);
    return block;
}

/* --- giving --- */

/* Is giving the block back a misuse, which is about to be reported? */
static bool is_misuse(struct quarry_heap *heap, const struct request *request, const void *block)
{
    if (request->calls != NULL)
        return request->calls->owns != NULL && !request->calls->owns(heap, block);
    return source_is_busy(heap_source(heap)) || !quarry_owns(heap, block);
}

/* Before a live block is given back. */
static void note_given(struct quarry_heap *heap, struct request *request, void *block)
{
    if (request->observers == NULL && QUARRY_TRACK == 0)
        return;
    if (is_misuse(heap, request, block))
        return;
    tell_freed(heap, request, block);
    if (request->calls == NULL)
        forget_place(heap, block);
}

void qi_serve_give(struct quarry_heap *heap, void *block, const struct place *place)
{
    struct request *request = qi_request_of(heap);
    if (block == NULL || heap == NULL)
        return;
    if (request != NULL)
        note_given(heap, request, block);
    if (request != NULL && request->calls != NULL)
        request->calls->give(heap, block, place);
    else
        quarry_free(heap, block);
}

static bool size_fits(struct quarry_heap *heap, const void *block, size_t bytes)
{
    struct heap_block located;
    uintptr_t saved = lock_enter(heap);
    bool fits = heap_find(heap, block, 1, &located) != 0 || qi_heap_size_fits(heap, &located, bytes);
    lock_leave(heap, saved);
    return fits;
}

void qi_serve_give_sized(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place)
{
    struct request *request = qi_request_of(heap);
    if (block == NULL || heap == NULL)
        return;
    bool is_own = request == NULL || request->calls == NULL;
    if (QUARRY_CHECK_LEVEL >= 2 && is_own && !size_fits(heap, block, bytes))
        quarry_free_sized(heap, block, bytes); /* which reports it */
    else
        qi_serve_give(heap, block, place);
}

/* --- changing --- */

/* A move that copies only so much. */
static void *move_some(struct quarry_heap *heap, void *block, size_t old_bytes, size_t bytes, size_t copy_bytes)
{
    void *moved = quarry_malloc(heap, bytes);
    if (moved == NULL) /* shrinking never fails */
        return bytes <= old_bytes ? quarry_realloc(heap, block, bytes) : NULL;
    size_t most = old_bytes < bytes ? old_bytes : bytes;
    qi_bytes_copy(moved, block, copy_bytes < most ? copy_bytes : most);
    quarry_free(heap, block);
    return moved;
}

static void *change_in_heap(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes)
{
    if (copy_bytes == SIZE_MAX)
        return quarry_realloc(heap, block, bytes);
    size_t old_bytes = quarry_usable_size(heap, block);
    if (old_bytes == 0 || old_bytes == quarry_good_size(heap, bytes)) /* dead, which has been reported; or it fits */
        return old_bytes == 0 ? NULL : block;
    if (old_bytes > BIN_MAX_BYTES && bytes > BIN_MAX_BYTES && quarry_resize(heap, block, bytes))
        return block;
    return move_some(heap, block, old_bytes, bytes, copy_bytes);
}

static void *change_noted(struct quarry_heap *heap, struct request *request, void *block, size_t bytes,
                          size_t copy_bytes, const struct place *place)
{
    if (request->calls != NULL)
        return bytes == OVERFLOWED ? NULL : request->calls->change(heap, block, bytes, place);
    void *changed = change_in_heap(heap, block, bytes, copy_bytes);
    if (changed != NULL) {
        forget_place(heap, block);
        note_place(heap, changed, bytes, place);
    }
    return changed;
}

void *qi_serve_change(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes, const struct place *place)
{
    struct request *request = qi_request_of(heap);
    if (block == NULL || heap == NULL)
        return qi_serve_take(heap, bytes, place);
    if (request == NULL)
        return change_in_heap(heap, block, bytes, copy_bytes);
    void *changed =
            is_out_of_allocations(request) ? NULL : change_noted(heap, request, block, bytes, copy_bytes, place);
    /* NOLINTNEXTLINE(readability-suspicious-call-argument): old before new, as everywhere */
    tell_resized(heap, request, block, changed, bytes);
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

bool qi_serve_lacks_memory(const struct quarry_heap *heap, const void *block)
{
    const struct request *request = qi_request_of(heap);
    if (heap == NULL || block == NULL)
        return true;
    if (request == NULL || request->calls == NULL)
        return quarry_owns(heap, block);
    return request->calls->owns == NULL || request->calls->owns(heap, block);
}

/* --- giving much --- */

size_t qi_serve_collect(struct quarry_heap *heap)
{
    const struct request *request = qi_request_of(heap);
    if (heap == NULL)
        return 0;
    size_t bytes = request != NULL && request->calls != NULL ? request->calls->collect(heap) : qi_request_collect(heap);
    if (request != NULL)
        tell_collected(heap, request, bytes);
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
    tell_ended(heap, request, full);
    if (request->calls != NULL)
        request->calls->end(heap, full, silent);
    else if (QUARRY_TRACK != 0 && !silent)
        qi_places_report(&request->places);
    if (full)
        qi_request_destroy(heap);
    else
        qi_request_end(heap);
}
