/* SPDX-License-Identifier: MIT
 *
 * custom.c: custom handlers, and observers: who serves a heap's blocks instead of Quarry, and who watches.
 *
 * Both stand in the heap's struct request, so only request heaps can have them. Each call costs what the handler
 * does.
 */
#include "request.h"

#include "../bytes.h"

/* --- handlers that know only sizes --- */

static struct request_custom *custom_of(struct quarry_heap *heap)
{
    return &qi_request_of(heap)->custom;
}

static void *custom_allocate(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    (void)place;
    return custom_of(heap)->malloc(bytes);
}

static void custom_free(struct quarry_heap *heap, void *block, const struct place *place)
{
    (void)place;
    custom_of(heap)->free(block);
}

static void *custom_change(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place)
{
    (void)place;
    return custom_of(heap)->realloc(block, bytes);
}

static size_t custom_usable(struct quarry_heap *heap, void *block)
{
    (void)heap, (void)block;
    return 0;
}

static size_t custom_collect(struct quarry_heap *heap)
{
    return custom_of(heap)->gc != NULL ? custom_of(heap)->gc() : 0;
}

static void custom_end(struct quarry_heap *heap, bool full, bool silent)
{
    if (custom_of(heap)->shutdown != NULL)
        custom_of(heap)->shutdown(full, silent);
}

static const struct request_calls custom_calls = {custom_allocate, custom_free, custom_change, custom_usable,
                                                  custom_collect,  custom_end,  NULL,          NULL};

/* --- handlers that are told the place --- */

static const struct place no_place;

static void *custom_allocate_at(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    const struct place *at = place != NULL ? place : &no_place;
    return custom_of(heap)->malloc_at(bytes, at->file, at->line, at->orig_file, at->orig_line);
}

static void custom_free_at(struct quarry_heap *heap, void *block, const struct place *place)
{
    const struct place *at = place != NULL ? place : &no_place;
    custom_of(heap)->free_at(block, at->file, at->line, at->orig_file, at->orig_line);
}

static void *custom_change_at(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place)
{
    const struct place *at = place != NULL ? place : &no_place;
    return custom_of(heap)->realloc_at(block, bytes, at->file, at->line, at->orig_file, at->orig_line);
}

static const struct request_calls custom_calls_at = {
        custom_allocate_at, custom_free_at, custom_change_at, custom_usable, custom_collect, custom_end, NULL, NULL};

/* --- setting --- */

/* The heap's struct request; NULL, after a report, if it is none that can have handlers. */
static struct request *request_or_report(struct quarry_heap *heap)
{
    struct request *request = qi_request_of(heap);
    if (request == NULL && heap != NULL)
        report_unlocked(&heap_source(heap)->reporter, QUARRY_INVALID_POINTER, heap, 0);
    return request;
}

/* A tracked heap keeps its own: it alone can free its blocks. */
static bool can_have_handlers(struct quarry_heap *heap, const struct request *request)
{
    bool can = request->calls == NULL || request->calls->owns == NULL;
    if (!can)
        report_unlocked(&heap_source(heap)->reporter, QUARRY_INVALID_POINTER, heap, 0);
    return can;
}

static void set(struct quarry_heap *heap, const struct request_custom *custom, const struct request_calls *calls)
{
    struct request *request = request_or_report(heap);
    if (request == NULL || !can_have_handlers(heap, request))
        return;
    qi_current_open(heap, false);
    qi_bytes_copy(&request->custom, custom, sizeof *custom);
    request->calls = calls;
    qi_request_refresh(heap);
}

void zend_mm_set_custom_handlers_ex(zend_mm_heap *heap, void *(*_malloc)(size_t), void (*_free)(void *),
                                    void *(*_realloc)(void *, size_t), size_t (*_gc)(void),
                                    void (*_shutdown)(bool full, bool silent))
{
    struct request_custom custom;
    qi_bytes_clear(&custom, sizeof custom);
    custom.malloc = _malloc;
    custom.free = _free;
    custom.realloc = _realloc;
    custom.gc = _gc;
    custom.shutdown = _shutdown;
    set(heap, &custom, _malloc != NULL && _free != NULL && _realloc != NULL ? &custom_calls : NULL);
}

void zend_mm_set_custom_handlers(zend_mm_heap *heap, void *(*_malloc)(size_t), void (*_free)(void *),
                                 void *(*_realloc)(void *, size_t))
{
    zend_mm_set_custom_handlers_ex(heap, _malloc, _free, _realloc, NULL, NULL);
}

void zend_mm_set_custom_debug_handlers(zend_mm_heap *heap,
                                       void *(*_malloc)(size_t, const char *, uint32_t, const char *, uint32_t),
                                       void (*_free)(void *, const char *, uint32_t, const char *, uint32_t),
                                       void *(*_realloc)(void *, size_t, const char *, uint32_t, const char *,
                                                         uint32_t))
{
    struct request_custom custom;
    qi_bytes_clear(&custom, sizeof custom);
    custom.malloc_at = _malloc;
    custom.free_at = _free;
    custom.realloc_at = _realloc;
    set(heap, &custom, _malloc != NULL && _free != NULL && _realloc != NULL ? &custom_calls_at : NULL);
}

void zend_mm_get_custom_handlers_ex(zend_mm_heap *heap, void *(**_malloc)(size_t), void (**_free)(void *),
                                    void *(**_realloc)(void *, size_t), size_t (**_gc)(void),
                                    void (**_shutdown)(bool full, bool silent))
{
    const struct request *request = qi_request_of(heap);
    bool is_set = request != NULL && request->calls == &custom_calls;
    *_malloc = is_set ? request->custom.malloc : NULL;
    *_free = is_set ? request->custom.free : NULL;
    *_realloc = is_set ? request->custom.realloc : NULL;
    if (_gc != NULL)
        *_gc = is_set ? request->custom.gc : NULL;
    if (_shutdown != NULL)
        *_shutdown = is_set ? request->custom.shutdown : NULL;
}

void zend_mm_get_custom_handlers(zend_mm_heap *heap, void *(**_malloc)(size_t), void (**_free)(void *),
                                 void *(**_realloc)(void *, size_t))
{
    zend_mm_get_custom_handlers_ex(heap, _malloc, _free, _realloc, NULL, NULL);
}

bool zend_mm_is_custom_heap(zend_mm_heap *new_heap)
{
    const struct request *request = qi_request_of(new_heap);
    return request != NULL && request->calls != NULL;
}

/* --- observers --- */

/* The pointer to an observer, or the last one, which is NULL. */
static struct quarry_observer **observer_link(struct request *request, const struct quarry_observer *observer)
{
    struct quarry_observer **link = &request->observers;
    while (*link != NULL && *link != observer)
        link = &(*link)->next;
    return link;
}

bool quarry_add_observer(zend_mm_heap *heap, struct quarry_observer *observer)
{
    struct request *request = request_or_report(heap);
    if (request == NULL || observer == NULL || observer->heap != NULL) /* one list can have it */
        return false;
    struct quarry_observer **link = observer_link(request, NULL);
    observer->next = NULL;
    observer->heap = heap;
    observer->number = ++request->last_observer;
    *link = observer;
    qi_request_refresh(heap);
    return true;
}

bool quarry_remove_observer(zend_mm_heap *heap, struct quarry_observer *observer)
{
    struct request *request = request_or_report(heap);
    if (request == NULL || observer == NULL)
        return false;
    struct quarry_observer **link = observer_link(request, observer);
    if (*link == NULL)
        return false;
    qi_request_unlink_observer(link);
    qi_request_refresh(heap);
    return true;
}
