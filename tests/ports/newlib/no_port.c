/* SPDX-License-Identifier: MIT
 *
 * no_port.c: stands in for the port where calls.c is linked with the libc's own allocator, which must make it fail. The
 * heap that calls.c looks into has memory of its own here, and names that the libc does not have answer nothing.
 */
#include "libc_heap.h"

static unsigned char memory[4096] __attribute__((aligned(16)));
static struct quarry_heap *heap;

#define WEAK __attribute__((weak))

void free_sized(void *block, size_t bytes);
void free_aligned_sized(void *block, size_t align_bytes, size_t bytes);
int posix_memalign(void **block, size_t align_bytes, size_t bytes);
int malloc_trim(size_t pad_bytes);
int _malloc_trim_r(void *reent, size_t pad_bytes);
void cfree(void *block);

struct quarry_heap *quarry_libc_heap(void)
{
    if (heap == NULL)
        heap = quarry_create(memory, sizeof memory, NULL);
    return heap;
}

void free_sized(void *block, size_t bytes)
{
    (void)block, (void)bytes;
}

void free_aligned_sized(void *block, size_t align_bytes, size_t bytes)
{
    (void)block, (void)align_bytes, (void)bytes;
}

WEAK int posix_memalign(void **block, size_t align_bytes, size_t bytes)
{
    (void)block, (void)align_bytes, (void)bytes;
    return -1;
}

WEAK int malloc_trim(size_t pad_bytes)
{
    (void)pad_bytes;
    return 0;
}

WEAK int _malloc_trim_r(void *reent, size_t pad_bytes)
{
    (void)reent, (void)pad_bytes;
    return 0;
}

WEAK void cfree(void *block)
{
    (void)block;
}
