/* SPDX-License-Identifier: MIT
 *
 * emalloc.c: the blocks of the current heap, and of a heap that is named.
 */
#include "emalloc.h"

#include "../bytes.h"

/* --- what cannot be served --- */

__attribute__((weak)) _Noreturn void quarry_out_of_memory(struct quarry_heap *heap, size_t bytes)
{
    (void)heap, (void)bytes;
    for (;;)
        __builtin_trap();
}

BITS_COLD void *qi_emalloc_failed(struct quarry_heap *heap, size_t bytes)
{
    const struct request *request = qi_request_of(heap);
    if (request != NULL && request->is_fallible)
        return NULL;
    quarry_out_of_memory(heap, bytes);
}

BITS_NOINLINE size_t qi_emalloc_size_of_many(size_t nmemb, size_t size, size_t offset)
{
    size_t bytes = bits_multiply(nmemb, size);
    return bytes > SIZE_MAX - offset ? SIZE_MAX : bytes + offset;
}

/* --- blocks of a heap that is named --- */

static void *or_fail(struct quarry_heap *heap, void *block, size_t bytes)
{
    return block != NULL ? block : qi_emalloc_failed(heap, bytes);
}

void *qi_emalloc_allocate_from(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    return or_fail(heap, qi_serve_allocate(heap, bytes, place), bytes);
}

static void *allocate_cleared(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    void *block = qi_serve_allocate(heap, bytes, place);
    if (block != NULL)
        qi_bytes_clear(block, bytes);
    return block;
}

void *qi_emalloc_allocate_cleared_from(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    return or_fail(heap, allocate_cleared(heap, bytes, place), bytes);
}

void *qi_emalloc_change(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes,
                        const struct place *place)
{
    void *changed = qi_serve_change(heap, block, bytes, copy_bytes, place);
    return changed != NULL || !qi_serve_lacks_memory(heap, block) ? changed : qi_emalloc_failed(heap, bytes);
}

char *qi_emalloc_copy_text(struct quarry_heap *heap, const char *text, size_t length, const struct place *place)
{
    char *copy = qi_emalloc_allocate_from(heap, qi_emalloc_size_of_many(length, 1, 1), place);
    if (copy != NULL) {
        qi_bytes_copy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

size_t qi_emalloc_length(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

/* --- the current heap's --- */

BITS_NOINLINE void *qi_emalloc_slowly(size_t bytes)
{
    return qi_emalloc_allocate_from(current_heap(), bytes, NULL);
}

BITS_NOINLINE void *qi_emalloc_allocate_from_next_run(size_t bytes, unsigned bin)
{
    if (!CURRENT_HAS_HOT)
        return qi_emalloc_slowly(bytes); /* GCOVR_EXCL_LINE: without hot paths nobody calls this function */
    uintptr_t saved = lock_enter((struct quarry_heap *)NULL); /* such a lock has nothing in the heap */
    struct quarry_heap *heap = current_heap();
    void *block = NULL;
    if (bits_likely(current_is_hot(heap)))
        block = qi_bin_allocate(&heap->bins, bin);
    if (bits_likely(block != NULL)) {
        heap_count_allocated(heap, bin_slot_bytes(bin));
        block = debug_hot_allocated(heap, block, bytes, bin_slot_bytes(bin));
    }
    lock_leave(heap, saved);
    return bits_likely(block != NULL) ? block : qi_emalloc_slowly(bytes);
}

void *qi_emalloc_allocate(size_t bytes)
{
    return emalloc_allocate(bytes);
}

BITS_NOINLINE void qi_efree_slowly(void *block, size_t bytes)
{
    qi_serve_free_sized(current_heap(), block, bytes, NULL);
}

void *_emalloc(size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return CURRENT_HAS_HOT ? qi_emalloc_allocate(size) : qi_emalloc_allocate_from(current_heap(), size, PLACE_GIVEN);
}

void _efree(void *ptr ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    struct quarry_heap *heap = current_heap();
    if (current_is_hot(heap))
        quarry_free(heap, ptr);
    else
        qi_serve_free(heap, ptr, PLACE_GIVEN);
}

void _efree_size(void *ptr, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    qi_serve_free_sized(current_heap(), ptr, size, PLACE_GIVEN);
}

void *_ecalloc(size_t nmemb, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_allocate_cleared_from(current_heap(), qi_emalloc_size_of_many(nmemb, size, 0), PLACE_GIVEN);
}

void *_erealloc(void *ptr, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_change(current_heap(), ptr, size, SIZE_MAX, PLACE_GIVEN);
}

void *_erealloc2(void *ptr, size_t size, size_t copy_size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_change(current_heap(), ptr, size, copy_size, PLACE_GIVEN);
}

void *_safe_emalloc(size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_allocate_from(current_heap(), qi_emalloc_size_of_many(nmemb, size, offset), PLACE_GIVEN);
}

void *_safe_erealloc(void *ptr, size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_change(current_heap(), ptr, qi_emalloc_size_of_many(nmemb, size, offset), SIZE_MAX, PLACE_GIVEN);
}

char *_estrdup(const char *s ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_copy_text(current_heap(), s, qi_emalloc_length(s), PLACE_GIVEN);
}

char *_estrndup(const char *s, size_t length ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_copy_text(current_heap(), s, length, PLACE_GIVEN);
}

size_t _zend_mem_block_size(void *ptr ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    (void)PLACE_GIVEN;
    return qi_serve_usable(current_heap(), ptr);
}

/* --- fallible --- */

void *_femalloc(size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_serve_allocate(current_heap(), size, PLACE_GIVEN);
}

void *_fecalloc(size_t nmemb, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return allocate_cleared(current_heap(), qi_emalloc_size_of_many(nmemb, size, 0), PLACE_GIVEN);
}

void *_ferealloc(void *ptr, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_serve_change(current_heap(), ptr, size, SIZE_MAX, PLACE_GIVEN);
}

void *_ferealloc2(void *ptr, size_t size, size_t copy_size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_serve_change(current_heap(), ptr, size, copy_size, PLACE_GIVEN);
}

void *_safe_femalloc(size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_serve_allocate(current_heap(), qi_emalloc_size_of_many(nmemb, size, offset), PLACE_GIVEN);
}

void *_safe_ferealloc(void *ptr, size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_serve_change(current_heap(), ptr, qi_emalloc_size_of_many(nmemb, size, offset), SIZE_MAX, PLACE_GIVEN);
}

/* --- a named heap's --- */

void *_zend_mm_alloc(zend_mm_heap *heap, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_allocate_from(heap, size, PLACE_GIVEN);
}

void *_zend_mm_calloc(zend_mm_heap *heap, size_t nmemb, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_allocate_cleared_from(heap, qi_emalloc_size_of_many(nmemb, size, 0), PLACE_GIVEN);
}

void _zend_mm_free(zend_mm_heap *heap, void *p ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    qi_serve_free(heap, p, PLACE_GIVEN);
}

void *_zend_mm_realloc(zend_mm_heap *heap, void *p, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_change(heap, p, size, SIZE_MAX, PLACE_GIVEN);
}

void *_zend_mm_realloc2(zend_mm_heap *heap, void *p, size_t size,
                        size_t copy_size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    return qi_emalloc_change(heap, p, size, copy_size, PLACE_GIVEN);
}

size_t _zend_mm_block_size(zend_mm_heap *heap, void *p ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    (void)PLACE_GIVEN;
    return qi_serve_usable(heap, p);
}
