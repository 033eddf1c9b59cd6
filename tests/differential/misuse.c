/* SPDX-License-Identifier: MIT
 *
 * misuse.c: what happens to a caller's bug, and calls that the original does not survive. Each is made in a child.
 */
#include "subject.h"

enum { MEGABYTE = 1 << 20 };

static void free_twice(void)
{
    void *block = _emalloc(100);
    _efree(block);
    _efree(opaque_pointer(block));
}

/* The original's check at run time sees this one. */
static void free_large_twice(void)
{
    void *block = _emalloc(9000);
    _efree(block);
    _efree(opaque_pointer(block));
}

static void free_inner(void)
{
    char *block = _emalloc(100);
    _efree(opaque_pointer(block + 8));
}

static void free_inner_large(void)
{
    char *block = _emalloc(9000);
    _efree(opaque_pointer(block + 4096));
}

static void free_foreign(void)
{
    static char foreign[8 * MEGABYTE];
    _efree(opaque_pointer(foreign + 4 * MEGABYTE + 16));
}

static void free_of_ended_request(void)
{
    void *block = _emalloc(100);
    shutdown_memory_manager(true, false);
    _efree(opaque_pointer(block));
}

static void free_persistent_by_efree(void)
{
    _efree(opaque_pointer(__zend_malloc(100)));
}

static void free_of_another_heap(void)
{
    _zend_mm_free(zend_mm_startup(), _emalloc(100));
}

static void resize_freed(void)
{
    void *block = _emalloc(100);
    _efree(block);
    if (_erealloc(opaque_pointer(block), 5000) == NULL)
        fail_here();
}

static void size_of_null(void)
{
    if (zend_mem_block_size(opaque_pointer(NULL)) != 0)
        fail_here();
}

static void collect_empty(void)
{
    _efree(_emalloc(10));
    zend_mm_gc(zend_mm_get_heap());
    shutdown_memory_manager(true, false);
    for (size_t i = 0; i < 10; i++)
        _emalloc(MEGABYTE);
    zend_mm_gc(zend_mm_get_heap());
    shutdown_memory_manager(true, false);
}

static void ask_without_heap(void)
{
    zend_mm_set_heap(NULL);
    if (is_zend_mm())
        fail_here();
}

static void point_without_heap(void)
{
    zend_mm_set_heap(NULL);
    if (is_zend_ptr(opaque_pointer("")))
        fail_here();
}

static void allocate_without_heap(void)
{
    zend_mm_set_heap(NULL);
    _emalloc(opaque(10));
}

static void collect_none(void)
{
    if (zend_mm_gc(opaque_pointer(NULL)) != 0)
        fail_here();
}

static void start_storage_without_memory(void)
{
    const zend_mm_handlers none = {0};
    if (zend_mm_startup_ex(&none, NULL, 0) != NULL)
        fail_here();
}

static void *refuse(zend_mm_storage *storage, size_t bytes, size_t align_bytes)
{
    (void)storage, (void)bytes, (void)align_bytes;
    return NULL;
}

static void start_storage_that_refuses(void)
{
    const zend_mm_handlers refusing = {.chunk_alloc = refuse};
    if (zend_mm_startup_ex(&refusing, NULL, 0) != NULL)
        fail_here();
}

static void *never_malloc(size_t bytes)
{
    (void)bytes;
    return NULL;
}

static void never_free(void *block)
{
    (void)block;
}

static void *never_realloc(void *block, size_t bytes)
{
    (void)block, (void)bytes;
    return NULL;
}

static void fail_in_a_handler(void)
{
    zend_mm_set_custom_handlers(zend_mm_get_heap(), never_malloc, never_free, never_realloc);
    _emalloc(opaque(100));
}

static void shut_down_everything(void)
{
    void *block = _emalloc(100), *huge = _emalloc(5 * MEGABYTE);
    if (block == NULL || huge == NULL)
        fail_here();
    shutdown_memory_manager(true, true);
}

static void start_again(void)
{
    shutdown_memory_manager(true, true);
    subject_start();
    if (zend_memory_usage(false) != 0 || _emalloc(100) == NULL)
        fail_here();
}

void ask_misuse(void)
{
    say_end("freeing a small block twice", free_twice);
    say_end("freeing a large block twice", free_large_twice);
    say_end("freeing inside a small block", free_inner);
    say_end("freeing inside a large block", free_inner_large);
    say_end("freeing memory of nobody", free_foreign);
    say_end("freeing a block of an ended request", free_of_ended_request);
    say_end("freeing a persistent block as a request's", free_persistent_by_efree);
    say_end("freeing a block of another heap", free_of_another_heap);
    say_end("resizing a freed block", resize_freed);
    say_end("block size of NULL", size_of_null);
    say_end("collecting in an empty heap, and using it on", collect_empty);
    say_end("collecting no heap", collect_none);
    say_end("is_zend_mm without a heap", ask_without_heap);
    say_end("is_zend_ptr without a heap", point_without_heap);
    say_end("emalloc without a heap", allocate_without_heap);
    say_end("storage without chunk_alloc", start_storage_without_memory);
    say_end("storage that refuses the first chunk", start_storage_that_refuses);
    say_end("a handler that answers NULL", fail_in_a_handler);
    say_end("a full shutdown", shut_down_everything);
    say_end("a full shutdown and another start", start_again);
}
