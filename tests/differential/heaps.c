/* SPDX-License-Identifier: MIT
 *
 * heaps.c: which pointers are a heap's, more heaps than one, and persistent blocks.
 */
#include "subject.h"

#include <string.h>

enum { MEGABYTE = 1 << 20 };

void ask_pointers(void)
{
    static char foreign[64];
    char local[64];
    char *small = _emalloc(24), *large = _emalloc(9000), *huge = _emalloc(5 * MEGABYTE),
         *persistent = __zend_malloc(100);
    say_yes_no("is_zend_ptr: small block", is_zend_ptr(small));
    say_yes_no("is_zend_ptr: inside a small block", is_zend_ptr(small + 5));
    say_yes_no("is_zend_ptr: large block", is_zend_ptr(large));
    say_yes_no("is_zend_ptr: inside a large block", is_zend_ptr(large + 8999));
    say_yes_no("is_zend_ptr: huge block", is_zend_ptr(huge));
    say_yes_no("is_zend_ptr: inside a huge block", is_zend_ptr(huge + 3 * MEGABYTE));
    say_yes_no("is_zend_ptr: last byte of a huge block", is_zend_ptr(huge + 5 * MEGABYTE - 1));
    say_yes_no("is_zend_ptr: static memory", is_zend_ptr(foreign));
    say_yes_no("is_zend_ptr: the stack", is_zend_ptr(local));
    say_yes_no("is_zend_ptr: NULL", is_zend_ptr(NULL));
    say_yes_no("is_zend_ptr: the highest address", is_zend_ptr(opaque_pointer((void *)UINTPTR_MAX)));
    say_yes_no("is_zend_ptr: persistent block", is_zend_ptr(persistent));
    say_yes_no("is_zend_ptr: the heap itself", is_zend_ptr(zend_mm_get_heap()));
    _efree(opaque_pointer(small));
    _efree(opaque_pointer(huge));
    say_yes_no("is_zend_ptr: freed small block", is_zend_ptr(opaque_pointer(small)));
    say_yes_no("is_zend_ptr: freed huge block", is_zend_ptr(opaque_pointer(huge)));
    _efree(large);
    subject_persistent_free(persistent);
    say_yes_no("is_zend_mm", is_zend_mm());
    say_yes_no("there is a current heap", zend_mm_get_heap() != NULL);
    say_yes_no("it has no storage", zend_mm_get_storage(zend_mm_get_heap()) == NULL);
    say_yes_no("it has no handlers", !zend_mm_is_custom_heap(zend_mm_get_heap()));
}

static void ask_named_heap(zend_mm_heap *heap)
{
    size_t usage = zend_memory_usage(false);
    char *block = _zend_mm_alloc(heap, 100);
    fill(block, 100, 1);
    say_yes_no("a block of another heap: long enough", _zend_mm_block_size(heap, block) >= 100);
    say_yes_no("a block of another heap is none of the current one", !is_zend_ptr(block));
    block = _zend_mm_realloc(heap, block, 10000);
    say_yes_no("zend_mm_realloc keeps contents", is_filled(block, 100, 1));
    block = _zend_mm_realloc2(heap, block, 3 * MEGABYTE, 50);
    say_yes_no("zend_mm_realloc2 keeps contents", is_filled(block, 50, 1));
    say_yes_no("the current heap's usage is as it was", zend_memory_usage(false) == usage);
    zend_mm_heap *before = zend_mm_set_heap(heap);
    say_yes_no("the other heap's usage is its block", usage_is(_zend_mm_block_size(heap, block), 1));
    say_yes_no("a block of it is its own", is_zend_ptr(block));
    zend_mm_set_heap(before);
    _zend_mm_free(heap, block);
    block = _zend_mm_realloc(heap, NULL, 10);
    say_yes_no("zend_mm_realloc of NULL makes a block", block != NULL);
    _zend_mm_free(heap, block);
}

void ask_heaps(void)
{
    zend_mm_heap *first = zend_mm_get_heap(), *second = zend_mm_startup();
    char *kept = _emalloc(1000);
    fill(kept, 1000, 1);
    say_yes_no("a second heap", second != NULL && second != first);
    say_yes_no("it is not the current one", zend_mm_get_heap() == first);
    ask_named_heap(second);
    say_yes_no("setting a heap answers the one before", zend_mm_set_heap(second) == first);
    say_yes_no("it is the current one then", zend_mm_get_heap() == second);
    say_number("usage of the second heap", zend_memory_usage(false));
    say_yes_no("real usage of the second heap", zend_memory_usage(true) >= 2 * MEGABYTE);
    char *block = _emalloc(500);
    say_yes_no("a block of the first heap is none of the second", !is_zend_ptr(kept) && is_zend_ptr(block));
    say_yes_no("the second heap has a limit of its own",
               zend_set_memory_limit(64 * MEGABYTE) == SUCCESS && _femalloc(opaque(80 * MEGABYTE)) == NULL);
    shutdown_memory_manager(true, false);
    say_number("its request's end empties it", zend_memory_usage(false));
    say_yes_no("its limit stays", _emalloc(10) != NULL && _femalloc(opaque(80 * MEGABYTE)) == NULL);
    zend_mm_set_heap(first);
    say_yes_no("the first heap has no limit", (block = _femalloc(opaque(80 * MEGABYTE))) != NULL);
    _efree(block);
    zend_mm_shutdown(second, false, true);
    block = _zend_mm_alloc(second, 5 * MEGABYTE);
    say_yes_no("a heap serves on after zend_mm_shutdown", block != NULL);
    zend_mm_shutdown(second, true, true);
    say_yes_no("the first heap is as it was", is_filled(kept, 1000, 1));
    say_yes_no("and its usage too", zend_memory_usage(false) == zend_mem_block_size(kept));
    zend_mm_heap *heaps[20];
    bool made = true;
    for (size_t i = 0; i < 20; i++) {
        heaps[i] = zend_mm_startup();
        made = made && heaps[i] != NULL && _zend_mm_alloc(heaps[i], 100 * i) != NULL;
    }
    for (size_t i = 20; i-- > 0;)
        zend_mm_shutdown(heaps[i], true, true);
    say_yes_no("twenty heaps", made);
    zend_mm_set_heap(NULL);
    say_yes_no("no current heap", zend_mm_get_heap() == NULL);
    say_yes_no("setting it again answers none", zend_mm_set_heap(first) == NULL);
    _efree(kept);
    say_number("usage after all heaps", zend_memory_usage(false));
}

static void overflow_safe_malloc(void)
{
    _safe_malloc(opaque(SIZE_MAX / 2), opaque(3), 0);
}

static void overflow_safe_realloc(void)
{
    _safe_realloc(__zend_malloc(10), opaque(SIZE_MAX / 2), opaque(3), 0);
}

static void persistent_exhaustion(void)
{
    __zend_malloc(opaque((size_t)1 << 60));
}

static void persistent_exhaustion_realloc(void)
{
    __zend_realloc(__zend_malloc(10), opaque((size_t)1 << 60));
}

static void persistent_exhaustion_calloc(void)
{
    __zend_calloc(opaque((size_t)1 << 50), 1 << 10);
}

static void ask_persistent_size(size_t bytes)
{
    ask("persistent block of %zu", bytes);
    char *block = __zend_malloc(bytes), *zero = __zend_calloc(2, bytes), *safe = _safe_malloc(bytes, 2, 3);
    fill(block, bytes, 1);
    fill(safe, 2 * bytes + 3, 2);
    bool cleared = is_zero(zero, 2 * bytes);
    fill(zero, 2 * bytes, 3);
    shutdown_memory_manager(true, false);
    bool kept = is_filled(block, bytes, 1) && is_filled(safe, 2 * bytes + 3, 2) && is_filled(zero, 2 * bytes, 3);
    block = __zend_realloc(block, 3 * bytes + 1);
    safe = _safe_realloc(safe, bytes, 4, 1);
    kept = kept && is_filled(block, bytes, 1) && is_filled(safe, 2 * bytes + 1, 2);
    fill(block, 3 * bytes + 1, 4);
    kept = kept && is_filled(safe, 2 * bytes + 1, 2) && is_filled(zero, 2 * bytes, 3);
    subject_persistent_free(block);
    subject_persistent_free(zero);
    subject_persistent_free(safe);
    answer("%s, %s, %s", cleared ? "cleared" : "not cleared", kept ? "kept" : "lost",
           zend_memory_usage(false) == 0 ? "not in the request's usage" : "in the request's usage");
}

void ask_persistent(void)
{
    shutdown_memory_manager(true, false);
    static const size_t sizes[] = {0, 1, 8, 24, 100, 1000, 3000, 10000, 100000, 3 * MEGABYTE};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        ask_persistent_size(sizes[i]);
    char *block = __zend_realloc(NULL, 100);
    say_yes_no("persistent realloc of NULL", block != NULL);
    subject_persistent_free(block);
    subject_persistent_free(NULL);
    say_end("persistent block that no machine has", persistent_exhaustion);
    say_end("persistent zeros that no machine has", persistent_exhaustion_calloc);
    say_end("persistent resize that no machine has", persistent_exhaustion_realloc);
    say_end("persistent product that overflows", overflow_safe_malloc);
    say_end("persistent resize that overflows", overflow_safe_realloc);
}
