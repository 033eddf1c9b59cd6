/* SPDX-License-Identifier: MIT
 *
 * malloc.c: the C library's malloc family for Zephyr on one Quarry heap, with CONFIG_QUARRY_MALLOC; then
 * CONFIG_COMMON_LIBC_MALLOC is off, and this file has all that Zephyr's common C library would have.
 *
 * As there, errno is set, and a realloc to 0 frees. Unlike there malloc(0) is a block, and a product that overflows is
 * never served. The heap is made before the first thread, driver and constructor.
 */
#include <errno.h>
#include <stdlib.h>

#include <zephyr/init.h>
#include <zephyr/kernel.h>

#include "quarry.h"

/* What Zephyr's C libraries do not declare. */
struct quarry_heap *quarry_zephyr_heap(void);
void *memalign(size_t align_bytes, size_t bytes);
void *reallocarray(void *block, size_t count, size_t bytes);
int posix_memalign(void **block, size_t align_bytes, size_t bytes);
size_t malloc_usable_size(void *block);

static unsigned char region[CONFIG_QUARRY_MALLOC_BYTES] __aligned(16);
static struct quarry_heap *heap;

static int start(void)
{
    heap = quarry_create(region, sizeof region, NULL);
    return heap == NULL ? -ENOMEM : 0;
}

SYS_INIT(start, PRE_KERNEL_1, 0);

/* The heap of malloc(), for quarry_get_stats() and its kin. */
struct quarry_heap *quarry_zephyr_heap(void)
{
    return heap;
}

static void *with_errno(void *block)
{
    if (block == NULL)
        errno = ENOMEM;
    return block;
}

void *malloc(size_t bytes)
{
    return with_errno(heap == NULL ? NULL : quarry_malloc(heap, bytes));
}

void *calloc(size_t count, size_t bytes)
{
    return with_errno(heap == NULL ? NULL : quarry_calloc(heap, count, bytes));
}

void *aligned_alloc(size_t align_bytes, size_t bytes)
{
    return with_errno(heap == NULL ? NULL : quarry_aligned_alloc(heap, align_bytes, bytes));
}

void *memalign(size_t align_bytes, size_t bytes)
{
    return aligned_alloc(align_bytes, bytes);
}

void free(void *block)
{
    if (block != NULL)
        quarry_free(heap, block);
}

void *realloc(void *block, size_t bytes)
{
    if (block != NULL && bytes == 0) {
        free(block);
        return NULL;
    }
    return with_errno(heap == NULL ? NULL : quarry_realloc(heap, block, bytes));
}

void *reallocarray(void *block, size_t count, size_t bytes)
{
    size_t sum_bytes;
    if (__builtin_mul_overflow(count, bytes, &sum_bytes))
        return with_errno(NULL);
    return realloc(block, sum_bytes);
}

int posix_memalign(void **block, size_t align_bytes, size_t bytes)
{
    const bool is_valid = align_bytes >= sizeof(void *) && (align_bytes & (align_bytes - 1)) == 0;
    void *memory = is_valid && heap != NULL ? quarry_aligned_alloc(heap, align_bytes, bytes) : NULL;
    if (memory == NULL)
        return is_valid ? ENOMEM : EINVAL;
    *block = memory;
    return 0;
}

size_t malloc_usable_size(void *block)
{
    return block == NULL ? 0 : quarry_usable_size(heap, block);
}
