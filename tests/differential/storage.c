/* SPDX-License-Identifier: MIT
 *
 * storage.c: heaps on storage handlers, whose calls are counted, and heaps with custom handlers.
 */
#include "subject.h"

#include <stdlib.h>
#include <string.h>

enum { MEGABYTE = 1 << 20, CHUNK_BYTES = 2 * MEGABYTE, MAPPED_MOST = 64 };

/* --- Storage handlers --------------------------------------------------------------------------------------------- */

static struct mapped {
    unsigned char *memory;
    size_t bytes;
} mapped[MAPPED_MOST];

static size_t acquired, released, truncated, extended;
static bool sound, refuse, may_truncate;
static const zend_mm_storage *last_storage;

static struct mapped *find(const void *memory)
{
    for (size_t i = 0; i < MAPPED_MOST; i++)
        if (mapped[i].memory == memory)
            return &mapped[i];
    sound = false;
    abort();
}

static void *chunk_alloc(zend_mm_storage *storage, size_t bytes, size_t align_bytes)
{
    last_storage = storage;
    sound = sound && bytes % 4096 == 0 && align_bytes == CHUNK_BYTES;
    if (refuse)
        return NULL;
    acquired++;
    struct mapped *place = find(NULL);
    place->memory = aligned_alloc(align_bytes, (bytes + align_bytes - 1) / align_bytes * align_bytes);
    place->bytes = bytes;
    return place->memory;
}

static void chunk_free(zend_mm_storage *storage, void *memory, size_t bytes)
{
    last_storage = storage;
    released++;
    struct mapped *place = find(memory);
    sound = sound && place->bytes == bytes;
    free(memory);
    *place = (struct mapped){0};
}

static bool chunk_truncate(zend_mm_storage *storage, void *memory, size_t old_bytes, size_t bytes)
{
    last_storage = storage;
    truncated++;
    struct mapped *place = find(memory);
    sound = sound && place->bytes == old_bytes && bytes < old_bytes && bytes % 4096 == 0;
    if (may_truncate)
        place->bytes = bytes;
    return may_truncate;
}

static bool chunk_extend(zend_mm_storage *storage, void *memory, size_t old_bytes, size_t bytes)
{
    last_storage = storage;
    extended++;
    sound = sound && find(memory)->bytes == old_bytes && bytes > old_bytes && bytes % 4096 == 0;
    return false;
}

static const zend_mm_handlers handlers = {chunk_alloc, chunk_free, chunk_truncate, chunk_extend};

static void exhaust(void)
{
    refuse = true;
    if (_femalloc(opaque(9 * MEGABYTE)) != NULL)
        fail_here();
}

static void ask_storage_life(zend_mm_heap *heap, const char *data, size_t data_bytes)
{
    zend_mm_storage *storage = zend_mm_get_storage(heap);
    say_yes_no("storage: there is one", storage != NULL);
    say_yes_no("storage: handlers were copied", storage->handlers.chunk_alloc == chunk_alloc &&
                                                        storage->handlers.chunk_free == chunk_free &&
                                                        storage->handlers.chunk_truncate == chunk_truncate &&
                                                        storage->handlers.chunk_extend == chunk_extend);
    say_yes_no("storage: data was copied", storage->data != data && memcmp(storage->data, data, data_bytes) == 0);
    say_number("storage: chunks of a fresh heap", acquired);
    zend_mm_heap *before = zend_mm_set_heap(heap);
    say_number("storage: real usage of a fresh heap", zend_memory_usage(true));
    say_number("storage: usage of a fresh heap", zend_memory_usage(false));
    size_t usage = zend_memory_usage(false);
    void *small = _emalloc(24), *first = _emalloc(MEGABYTE);
    say_number("storage: chunks with a small block and one of 1 MB", acquired);
    say_yes_no("storage: usage is that of the blocks beside",
               zend_memory_usage(false) == usage + zend_mem_block_size(small) + zend_mem_block_size(first));
    void *second = _emalloc(MEGABYTE);
    say_number("storage: chunks with one more of 1 MB", acquired);
    say_yes_no("storage: handlers get the storage", last_storage == storage && last_storage->data != data);
    unsigned char *huge = _emalloc(5 * MEGABYTE);
    say_number("storage: calls with a huge block", acquired);
    fill(huge, 5 * MEGABYTE, 1);
    huge = _erealloc(huge, 4 * MEGABYTE);
    say_number("storage: calls to shrink it", truncated);
    say_yes_no("storage: a refusal keeps it", is_filled(huge, 4 * MEGABYTE, 1));
    may_truncate = true;
    huge = _erealloc(huge, 3 * MEGABYTE);
    say_yes_no("storage: shrunk in place",
               is_filled(huge, 3 * MEGABYTE, 1) && zend_mem_block_size(huge) < 4 * MEGABYTE);
    size_t extended_before = extended;
    huge = _erealloc(huge, 7 * MEGABYTE);
    say_yes_no("storage: asked to grow it", extended > extended_before);
    say_yes_no("storage: moved as that is refused", is_filled(huge, 3 * MEGABYTE, 1));
    say_end("storage: a handler's NULL answers femalloc", exhaust);
    size_t released_before = released;
    _efree(huge);
    say_number("storage: calls to free it", released - released_before);
    _efree(second);
    _efree(first);
    _efree(small);
    say_yes_no("storage: usage is back", zend_memory_usage(false) == usage);
    zend_mm_set_heap(before);
}

static void end_request_on_storage(void)
{
    char data[40] = "data";
    zend_mm_heap *heap = zend_mm_startup_ex(&handlers, data, sizeof data);
    for (size_t turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < 3; i++)
            fill(_zend_mm_alloc(heap, MEGABYTE), MEGABYTE, 1);
        for (size_t i = 0; i < 100; i++)
            fill(_zend_mm_alloc(heap, 40), 40, 1);
        zend_mm_shutdown(heap, false, true);
    }
    if (strcmp(zend_mm_get_storage(heap)->data, "data") != 0)
        fail_here();
    zend_mm_shutdown(heap, true, true);
    if (!sound || acquired != released)
        fail_here();
}

void ask_storage(void)
{
    char data[40];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)i;
    sound = true;
    say_end("storage: requests end, and the heap is used on", end_request_on_storage);
    zend_mm_heap *heap = zend_mm_startup_ex(&handlers, data, sizeof data);
    ask_storage_life(heap, data, sizeof data);
    zend_mm_shutdown(heap, true, true);
    say_yes_no("storage: all was given back", acquired == released);
    say_yes_no("storage: handlers got what they had given", sound);

    heap = zend_mm_startup_ex(&handlers, NULL, 0);
    say_yes_no("storage without data", heap != NULL && zend_mm_get_storage(heap)->data == NULL);
    zend_mm_shutdown(heap, true, true);
    heap = zend_mm_startup_ex(&handlers, data, 0);
    say_yes_no("storage: data without a size is handed through", zend_mm_get_storage(heap)->data == data);
    zend_mm_shutdown(heap, true, true);

    const zend_mm_handlers some = {.chunk_alloc = chunk_alloc, .chunk_free = chunk_free};
    heap = zend_mm_startup_ex(&some, NULL, 0);
    unsigned char *huge = _zend_mm_alloc(heap, 5 * MEGABYTE);
    fill(huge, 3 * MEGABYTE, 1);
    huge = _zend_mm_realloc(heap, huge, 9 * MEGABYTE);
    huge = _zend_mm_realloc(heap, huge, 3 * MEGABYTE);
    say_yes_no("storage that cannot resize", is_filled(huge, 3 * MEGABYTE, 1));
    zend_mm_shutdown(heap, true, true);
    say_yes_no("storage: all was given back again", acquired == released && sound);
}

/* --- Custom handlers ---------------------------------------------------------------------------------------------- */

static size_t mallocs, frees, reallocs, last_bytes;

static void *count_malloc(size_t bytes)
{
    mallocs++;
    last_bytes = bytes;
    return malloc(bytes);
}

static void count_free(void *block)
{
    frees++;
    free(block);
}

static void *count_realloc(void *block, size_t bytes)
{
    reallocs++;
    last_bytes = bytes;
    return realloc(block, bytes);
}

/* What the handlers were asked for since the last answer. */
static void answer_calls(const char *more)
{
    answer("%zu malloc, %zu realloc, %zu free, %zu bytes, %s", mallocs, reallocs, frees, last_bytes, more);
    mallocs = reallocs = frees = last_bytes = 0;
}

static void ask_calls_of_handlers(void)
{
    mallocs = reallocs = frees = last_bytes = 0;
    ask("handlers: emalloc");
    char *block = _emalloc(100);
    fill(block, 100, 1);
    answer_calls("usable");
    ask("handlers: erealloc");
    block = _erealloc(block, 200);
    answer_calls(is_filled(block, 100, 1) ? "kept" : "lost");
    ask("handlers: erealloc2");
    block = _erealloc2(block, 300, 100);
    answer_calls(is_filled(block, 100, 1) ? "kept" : "lost");
    say_number("handlers: block size", zend_mem_block_size(block));
    say_yes_no("handlers: a block of theirs is no block of the heap", !is_zend_ptr(block));
    ask("handlers: efree");
    _efree(block);
    answer_calls("freed");
    ask("handlers: efree of NULL");
    _efree(NULL);
    answer_calls("freed");
    ask("handlers: ecalloc");
    block = _ecalloc(7, 11);
    bool zero = is_zero(block, 77);
    _efree(block);
    answer_calls(zero ? "zero" : "not zero");
    ask("handlers: estrdup");
    block = _estrdup("twelve bytes");
    answer_calls(strcmp(block, "twelve bytes") == 0 ? "same" : "another");
    ask("handlers: safe_erealloc");
    block = _safe_erealloc(block, 10, 9, 3);
    answer_calls(strcmp(block, "twelve bytes") == 0 ? "same" : "another");
    _efree(block);
    ask("handlers: erealloc of NULL");
    block = _erealloc(NULL, 40);
    answer_calls("usable");
    ask("handlers: huge block");
    _efree(_emalloc(3 * MEGABYTE));
    _efree(block);
    answer_calls("freed");
    ask("handlers: zend_mm_alloc and zend_mm_free");
    _zend_mm_free(zend_mm_get_heap(), _zend_mm_alloc(zend_mm_get_heap(), 50));
    answer_calls("freed");
    static const size_t sizes[SUBJECT_CONSTANTS] = SUBJECT_CONSTANT_BYTES;
    for (size_t i = 0; i < SUBJECT_CONSTANTS; i++) {
        ask("handlers: constant %zu", sizes[i]);
        subject_constant_free(i, subject_constant(i));
        answer_calls("freed");
    }
    say_number("handlers: collection", zend_mm_gc(zend_mm_get_heap()));
}

static void ask_getting(zend_mm_heap *heap, const char *question, bool set)
{
    void *(*get_malloc)(size_t) = count_malloc;
    void (*get_free)(void *) = count_free;
    void *(*get_realloc)(void *, size_t) = count_realloc;
    zend_mm_get_custom_handlers(heap, &get_malloc, &get_free, &get_realloc);
    say_yes_no(question, set ? get_malloc == count_malloc && get_free == count_free && get_realloc == count_realloc
                             : get_malloc == NULL && get_free == NULL && get_realloc == NULL);
}

void ask_handlers(void)
{
    zend_mm_heap *heap = zend_mm_startup(), *first = zend_mm_get_heap();
    ask_getting(heap, "handlers: none at first", false);
    zend_mm_set_custom_handlers(heap, count_malloc, count_free, count_realloc);
    ask_getting(heap, "handlers: got as set", true);
    say_yes_no("handlers: another heap has them, and it is known", zend_mm_is_custom_heap(heap));
    say_yes_no("handlers: the current heap has none", !zend_mm_is_custom_heap(first) && is_zend_mm());
    zend_mm_set_custom_handlers(heap, NULL, NULL, NULL);
    ask_getting(heap, "handlers: none again", false);

    zend_mm_set_heap(heap);
    char *early = _emalloc(500);
    fill(early, 500, 9);
    size_t usage = zend_memory_usage(false);
    zend_mm_set_custom_handlers(heap, count_malloc, count_free, count_realloc);
    say_yes_no("handlers: the heap has them", zend_mm_is_custom_heap(heap) && !is_zend_mm());
    ask_calls_of_handlers();
    say_yes_no("handlers: usage does not count their blocks", zend_memory_usage(false) == usage);
    char *block = _emalloc(100);
    fill(block, 100, 2);
    size_t frees_before = frees;
    shutdown_memory_manager(true, false);
    say_yes_no("handlers: a request's end leaves their blocks", frees == frees_before && is_filled(block, 100, 2));
    say_yes_no("handlers: a request's end leaves them set", zend_mm_is_custom_heap(heap));
    _efree(block);
    zend_mm_set_custom_handlers(heap, NULL, NULL, NULL);
    say_yes_no("handlers: the heap serves again", is_zend_mm() && !zend_mm_is_custom_heap(heap));
    say_yes_no("handlers: a block from before is as it was", is_filled(early, 500, 9));
    size_t mallocs_before = mallocs;
    block = _emalloc(100);
    say_yes_no("handlers: they are not called any more", mallocs == mallocs_before && is_zend_ptr(block));
    _efree(block);
    zend_mm_set_heap(first);
    zend_mm_shutdown(heap, true, true);
}
