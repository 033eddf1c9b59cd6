/* SPDX-License-Identifier: MIT
 *
 * refusing.c: a library that refuses every hundredth request, and tells nobody. A port's test that is linked with it
 * must fail. The whole library is behind it, under other names (tests/ports/ports.mk).
 */
#include "quarry.h"

void *whole_malloc(struct quarry_heap *heap, size_t bytes);
void *whole_calloc(struct quarry_heap *heap, size_t count, size_t bytes);
void *whole_realloc(struct quarry_heap *heap, void *block, size_t bytes);
void *whole_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes);

static bool refuses(void)
{
    static unsigned requests;
    return ++requests % 100 == 0;
}

void *quarry_malloc(struct quarry_heap *heap, size_t bytes)
{
    return refuses() ? NULL : whole_malloc(heap, bytes);
}

void *quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes)
{
    return refuses() ? NULL : whole_calloc(heap, count, bytes);
}

void *quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes)
{
    return refuses() ? NULL : whole_realloc(heap, block, bytes);
}

void *quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    return refuses() ? NULL : whole_aligned_alloc(heap, align_bytes, bytes);
}
