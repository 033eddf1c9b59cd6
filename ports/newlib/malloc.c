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

/* What a request answers: the block, or NULL with errno set. */
static inline void *answer(void *block)
{
    if (block == NULL)
        errno = ENOMEM;
    return block;
}

static inline bool is_power_of_two(size_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

void *libc_malloc(size_t bytes)
{
    return answer(heap_malloc(bytes));
}

void *libc_calloc(size_t count, size_t bytes)
{
    return answer(heap_calloc(count, bytes));
}

void *libc_realloc(void *block, size_t bytes)
{
    void *changed = heap_realloc(block, bytes);
    return bytes != 0 ? answer(changed) : changed;
}

void *libc_reallocf(void *block, size_t bytes)
{
    void *changed = heap_reallocf(block, bytes);
    return bytes != 0 ? answer(changed) : changed;
}

void *libc_reallocarray(void *block, size_t count, size_t bytes)
{
    size_t all_bytes;
    return __builtin_mul_overflow(count, bytes, &all_bytes) ? answer(NULL) : libc_realloc(block, all_bytes);
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
    if (is_power_of_two(align_bytes))
        return answer(heap_aligned_alloc(align_bytes, bytes));
    errno = EINVAL;
    return NULL;
}

void *libc_memalign(size_t align_bytes, size_t bytes)
{
    return libc_aligned_alloc(align_bytes, bytes);
}

/* Tells what is wrong by its answer and leaves errno as it is. */
int libc_posix_memalign(void **block, size_t align_bytes, size_t bytes)
{
    if (!is_power_of_two(align_bytes) || align_bytes < sizeof(void *))
        return EINVAL;
    void *aligned = heap_aligned_alloc(align_bytes, bytes);
    if (aligned == NULL)
        return ENOMEM;
    *block = aligned;
    return 0;
}

void *libc_valloc(size_t bytes)
{
    return answer(heap_valloc(bytes));
}

void *libc_pvalloc(size_t bytes)
{
    return answer(heap_pvalloc(bytes));
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
