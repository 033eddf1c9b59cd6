/* SPDX-License-Identifier: MIT
 *
 * calls.h: what a C library's allocator does, on Quarry's heap. malloc.c and reent.c give each function its names,
 * and set errno where the answer is NULL.
 *
 * realloc(block, 0) does what that of the replaced library does: newlib's shrinks the block, those of nano and picolibc
 * free it and answer NULL.
 */
#ifndef QUARRY_LIBC_CALLS_H
#define QUARRY_LIBC_CALLS_H

#include "../common/libc_rules.h"

#include "names.h"

#if defined(__PICOLIBC__) || defined(_NANO_FORMATTED_IO)
#define REALLOC_0_FREES 1
#else
#define REALLOC_0_FREES 0
#endif

/* What valloc aligns to, in newlib as in picolibc. */
#define SYSTEM_PAGE_BYTES 4096u

/* quarry_libc_heap(), once it has made the heap; until then NULL. */
extern struct quarry_heap *quarry_libc_made_heap;

static inline struct quarry_heap *libc_heap(void)
{
    struct quarry_heap *heap = quarry_libc_made_heap;
    return heap != NULL ? heap : quarry_libc_heap();
}

static inline void *heap_malloc(size_t bytes)
{
    struct quarry_heap *heap = libc_heap();
    return heap != NULL ? quarry_malloc(heap, bytes) : NULL;
}

static inline void *heap_calloc(size_t count, size_t bytes)
{
    struct quarry_heap *heap = libc_heap();
    return heap != NULL ? quarry_calloc(heap, count, bytes) : NULL;
}

static inline void *heap_realloc(void *block, size_t bytes)
{
    struct quarry_heap *heap = libc_heap();
    if (heap == NULL) {
        if (block != NULL)
            report_pointer(block);
        return NULL;
    }
    if (REALLOC_0_FREES && bytes == 0 && block != NULL) {
        quarry_free(heap, block);
        return NULL;
    }
    return quarry_realloc(heap, block, bytes);
}

static inline void *heap_aligned_alloc(size_t align_bytes, size_t bytes)
{
    struct quarry_heap *heap = libc_heap();
    return heap != NULL ? quarry_aligned_alloc(heap, align_bytes, bytes) : NULL;
}

static inline void *heap_valloc(size_t bytes)
{
    return heap_aligned_alloc(SYSTEM_PAGE_BYTES, bytes);
}

static inline void *heap_pvalloc(size_t bytes)
{
    return pvalloc_by(heap_aligned_alloc, SYSTEM_PAGE_BYTES, bytes);
}

static inline void heap_free(void *block)
{
    struct quarry_heap *heap = libc_heap();
    if (heap != NULL)
        quarry_free(heap, block);
    else if (block != NULL)
        report_pointer(block);
}

static inline void *heap_reallocf(void *block, size_t bytes)
{
    void *changed = heap_realloc(block, bytes);
    if (changed == NULL && bytes != 0)
        heap_free(block);
    return changed;
}

static inline void heap_free_sized(void *block, size_t bytes)
{
    struct quarry_heap *heap = libc_heap();
    if (heap != NULL)
        quarry_free_sized(heap, block, bytes);
    else if (block != NULL)
        report_pointer(block);
}

static inline size_t heap_usable_size(void *block)
{
    struct quarry_heap *heap = libc_heap();
    return heap != NULL ? quarry_usable_size(heap, block) : 0;
}

static inline int heap_trim(void)
{
    struct quarry_heap *heap = libc_heap();
    return heap != NULL && quarry_trim(heap) != 0;
}

#endif
