/* SPDX-License-Identifier: MIT
 *
 * refuse.c: a library that refuses every hundredth request unannounced. A program that is linked with this file and
 * the options of REFUSING (platforms.mk) must fail: its test sees what its blocks come from.
 */
#include "quarry.h"

void *__real_quarry_malloc(struct quarry_heap *heap, size_t bytes);
void *__real_quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes);
void *__real_quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes);
void *__real_quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes);
void *__real_quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes);
void *__wrap_quarry_malloc(struct quarry_heap *heap, size_t bytes);
void *__wrap_quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes);
void *__wrap_quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes);
void *__wrap_quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes);
void *__wrap_quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes);

static bool is_refused(void)
{
    static unsigned requests;
    return ++requests % 100 == 0;
}

void *__wrap_quarry_malloc(struct quarry_heap *heap, size_t bytes)
{
    return is_refused() ? NULL : __real_quarry_malloc(heap, bytes);
}

void *__wrap_quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes)
{
    return is_refused() ? NULL : __real_quarry_calloc(heap, count, bytes);
}

void *__wrap_quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes)
{
    return is_refused() ? NULL : __real_quarry_realloc(heap, block, bytes);
}

void *__wrap_quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    return is_refused() ? NULL : __real_quarry_aligned_alloc(heap, align_bytes, bytes);
}

void *__wrap_quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
{
    return is_refused() ? NULL : __real_quarry_aligned_realloc(heap, block, align_bytes, bytes);
}
