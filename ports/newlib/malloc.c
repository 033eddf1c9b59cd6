/* SPDX-License-Identifier: MIT
 *
 * malloc.c: the C library's allocator by its public names: those of C, C23, POSIX and BSD, and newlib's own.
 *
 * Each function sets errno as POSIX says: ENOMEM where no memory is left, EINVAL for an alignment that is no power of
 * two. free() leaves errno as it is. mallinfo(), malloc_stats() and mstats() are in statistics.c.
 */
#include "calls.h"

void *libc_malloc(size_t bytes) LINKED_AS(malloc);
void *libc_calloc(size_t count, size_t bytes) LINKED_AS(calloc);
void *libc_realloc(void *block, size_t bytes) LINKED_AS(realloc);
void *libc_reallocf(void *block, size_t bytes) LINKED_AS(reallocf);
void *libc_reallocarray(void *block, size_t count, size_t bytes) LINKED_AS(reallocarray);
void libc_free(void *block) LINKED_AS(free);
void libc_cfree(void *block) LINKED_AS(cfree);
void libc_free_sized(void *block, size_t bytes) LINKED_AS(free_sized);
void libc_free_aligned_sized(void *block, size_t align_bytes, size_t bytes) LINKED_AS(free_aligned_sized);
void *libc_aligned_alloc(size_t align_bytes, size_t bytes) LINKED_AS(aligned_alloc);
void *libc_memalign(size_t align_bytes, size_t bytes) LINKED_AS(memalign);
int libc_posix_memalign(void **block, size_t align_bytes, size_t bytes) LINKED_AS(posix_memalign);
void *libc_valloc(size_t bytes) LINKED_AS(valloc);
void *libc_pvalloc(size_t bytes) LINKED_AS(pvalloc);
size_t libc_malloc_usable_size(void *block) LINKED_AS(malloc_usable_size);
int libc_malloc_trim(size_t pad_bytes) LINKED_AS(malloc_trim);
int libc_mallopt(int parameter, int value) LINKED_AS(mallopt);

void *libc_malloc(size_t bytes)
{
    return with_errno(heap_malloc(bytes));
}

void *libc_calloc(size_t count, size_t bytes)
{
    return with_errno(heap_calloc(count, bytes));
}

void *libc_realloc(void *block, size_t bytes)
{
    void *changed = heap_realloc(block, bytes);
    return bytes != 0 ? with_errno(changed) : changed;
}

void *libc_reallocf(void *block, size_t bytes)
{
    void *changed = heap_reallocf(block, bytes);
    return bytes != 0 ? with_errno(changed) : changed;
}

void *libc_reallocarray(void *block, size_t count, size_t bytes)
{
    return reallocarray_by(libc_realloc, block, count, bytes);
}

void libc_free(void *block)
{
    heap_free(block);
}

void libc_cfree(void *block)
{
    heap_free(block);
}

void libc_free_sized(void *block, size_t bytes)
{
    heap_free_sized(block, bytes);
}

void libc_free_aligned_sized(void *block, size_t align_bytes, size_t bytes)
{
    (void)align_bytes;
    heap_free_sized(block, bytes);
}

void *libc_aligned_alloc(size_t align_bytes, size_t bytes)
{
    return aligned_alloc_by(heap_aligned_alloc, align_bytes, bytes);
}

void *libc_memalign(size_t align_bytes, size_t bytes)
{
    return libc_aligned_alloc(align_bytes, bytes);
}

int libc_posix_memalign(void **block, size_t align_bytes, size_t bytes)
{
    return posix_memalign_by(heap_aligned_alloc, block, align_bytes, bytes);
}

void *libc_valloc(size_t bytes)
{
    return with_errno(heap_valloc(bytes));
}

void *libc_pvalloc(size_t bytes)
{
    return with_errno(heap_pvalloc(bytes));
}

size_t libc_malloc_usable_size(void *block)
{
    return heap_usable_size(block);
}

int libc_malloc_trim(size_t pad_bytes)
{
    (void)pad_bytes;
    return heap_trim();
}

/* There is nothing to set: 0 says so. */
int libc_mallopt(int parameter, int value)
{
    (void)parameter, (void)value;
    return 0;
}
