/* SPDX-License-Identifier: MIT
 *
 * elsewhere.c: a library whose blocks come from the C library's allocator. A port's test that is linked with it must
 * fail. The names with __libc are glibc's own, so that this works where malloc itself is replaced.
 */
#include "quarry.h"

void *__libc_malloc(size_t bytes);                       /* NOLINT(bugprone-reserved-identifier) */
void *__libc_calloc(size_t count, size_t bytes);         /* NOLINT(bugprone-reserved-identifier) */
void *__libc_realloc(void *block, size_t bytes);         /* NOLINT(bugprone-reserved-identifier) */
void *__libc_memalign(size_t align_bytes, size_t bytes); /* NOLINT(bugprone-reserved-identifier) */
void __libc_free(void *block);                           /* NOLINT(bugprone-reserved-identifier) */
size_t malloc_usable_size(void *block);

void *quarry_malloc(struct quarry_heap *heap, size_t bytes)
{
    return (void)heap, __libc_malloc(bytes);
}

void *quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes)
{
    return (void)heap, __libc_calloc(count, bytes);
}

void *quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes)
{
    return (void)heap, __libc_realloc(block, bytes == 0 ? 1 : bytes);
}

void *quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    return (void)heap, __libc_memalign(align_bytes, bytes);
}

void quarry_free(struct quarry_heap *heap, void *block)
{
    (void)heap;
    __libc_free(block);
}

size_t quarry_usable_size(struct quarry_heap *heap, const void *block)
{
    return (void)heap, malloc_usable_size((void *)(uintptr_t)block); /* NOLINT(performance-no-int-to-ptr) */
}
