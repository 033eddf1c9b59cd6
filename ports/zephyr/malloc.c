/* SPDX-License-Identifier: MIT
 *
 * malloc.c: the C library's malloc family for Zephyr on one Quarry heap, with CONFIG_QUARRY_MALLOC; then
 * CONFIG_COMMON_LIBC_MALLOC is off, and this file has all that Zephyr's common C library would have.
 *
 * As there, errno is set, and a realloc to 0 frees. Unlike there malloc(0) is a block, and a product that overflows is
 * never served. The heap is made before the first thread, driver and constructor.
 */
#include <stdlib.h>

#include <zephyr/init.h>
#include <zephyr/kernel.h>

#include "../common/libc_rules.h"
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

void *malloc(size_t bytes)
{
    return with_errno(heap == NULL ? NULL : quarry_malloc(heap, bytes));
}

void *calloc(size_t count, size_t bytes)
{
    return with_errno(heap == NULL ? NULL : quarry_calloc(heap, count, bytes));
}

static void *allocate_aligned(size_t align_bytes, size_t bytes)
{
    return heap == NULL ? NULL : quarry_aligned_alloc(heap, align_bytes, bytes);
}

void *aligned_alloc(size_t align_bytes, size_t bytes)
{
    return aligned_alloc_by(allocate_aligned, align_bytes, bytes);
}

void *memalign(size_t align_bytes, size_t bytes)
{
    return aligned_alloc(align_bytes, bytes);
}

void free(void *block)
{
    if (heap != NULL)
        quarry_free(heap, block);
    else if (block != NULL)
        report_pointer(block);
}

void *realloc(void *block, size_t bytes)
{
    if (block != NULL && bytes == 0) {
        free(block);
        return NULL;
    }
    if (block != NULL && heap == NULL)
        report_pointer(block);
    return with_errno(heap == NULL ? NULL : quarry_realloc(heap, block, bytes));
}

void *reallocarray(void *block, size_t count, size_t bytes)
{
    return reallocarray_by(realloc, block, count, bytes);
}

int posix_memalign(void **block, size_t align_bytes, size_t bytes)
{
    return posix_memalign_by(allocate_aligned, block, align_bytes, bytes);
}

size_t malloc_usable_size(void *block)
{
    return heap == NULL ? 0 : quarry_usable_size(heap, block);
}
