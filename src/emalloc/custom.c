/* SPDX-License-Identifier: MIT
 *
 * custom.c: custom handlers, which serve a heap's blocks instead of Quarry.
 *
 * They stand in the heap's struct request, so only request heaps can have them. Each call costs what the handler does.
 * Some handlers are told where the call stands (zend_mm_set_custom_debug_handlers()), others are not.
 */
#include "request.h"

#include "../bytes.h"

/* --- serving --- */

static const struct place no_place;

static const struct place *place_or_none(const struct place *place)
{
    return place != NULL ? place : &no_place;
}

static void *custom_allocate(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    const struct request_custom *custom = &request_in(heap)->custom;
    const struct place *at = place_or_none(place);
    return custom->malloc != NULL ? custom->malloc(bytes)
                                  : custom->malloc_at(bytes, at->file, at->line, at->orig_file, at->orig_line);
}

static void custom_free(struct quarry_heap *heap, void *block, const struct place *place)
{
    const struct request_custom *custom = &request_in(heap)->custom;
    const struct place *at = place_or_none(place);
    if (custom->free != NULL)
        custom->free(block);
    else
        custom->free_at(block, at->file, at->line, at->orig_file, at->orig_line);
}

static void *custom_change(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place)
{
    const struct request_custom *custom = &request_in(heap)->custom;
    const struct place *at = place_or_none(place);
    return custom->realloc != NULL ? custom->realloc(block, bytes)
                                   : custom->realloc_at(block, bytes, at->file, at->line, at->orig_file, at->orig_line);
}

/* Only the handlers know how long a block is, and cannot be asked. */
static size_t custom_usable(struct quarry_heap *heap, void *block)
{
    (void)heap, (void)block;
    return 0;
}

static size_t custom_collect(struct quarry_heap *heap)
{
    const struct request_custom *custom = &request_in(heap)->custom;
    return custom->gc != NULL ? custom->gc() : 0;
}

static void custom_end(struct quarry_heap *heap, bool full, bool silent)
{
    const struct request_custom *custom = &request_in(heap)->custom;
    if (custom->shutdown != NULL)
        custom->shutdown(full, silent);
}

static const struct request_calls custom_calls = {custom_allocate, custom_free, custom_change, custom_usable,
                                                  custom_collect,  custom_end,  NULL,          NULL};

/* --- setting --- */

/* A tracked heap keeps its own functions: they alone can free its blocks. */
static bool can_have_handlers(struct quarry_heap *heap, const struct request *request)
{
    bool can = request->calls == NULL || request->calls->owns == NULL;
    if (!can)
        report_unlocked(&heap_source(heap)->reporter, QUARRY_INVALID_POINTER, heap, 0);
    return can;
}

/* If one of the three functions is missing, Quarry serves the heap. */
static void set(struct quarry_heap *heap, const struct request_custom *custom, bool has_all)
{
    struct request *request = qi_request_or_report(heap);
    if (request == NULL || !can_have_handlers(heap, request))
        return;
    qi_current_open(heap, false);
    qi_bytes_copy(&request->custom, custom, sizeof *custom);
    request->calls = has_all ? &custom_calls : NULL;
    request_refresh(heap);
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
    set(heap, &custom, _malloc != NULL && _free != NULL && _realloc != NULL);
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
    set(heap, &custom, _malloc != NULL && _free != NULL && _realloc != NULL);
}

/* Handlers that are told the place are not shown. */
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
