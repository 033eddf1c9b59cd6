/* SPDX-License-Identifier: MIT
 *
 * replaced.c: malloc of this process, by the macros of the recipe for lwIP, on a heap that is made at the first
 * request. For a process with one thread.
 */
#include "replaced.h"

#include <string.h>

#include "recipe_lwip.h"

struct quarry_heap *heap;
static unsigned char region[1024 * 1024];
static unsigned requests, faults;

struct quarry_heap *replaced_heap(void)
{
    if (heap == NULL)
        heap = quarry_create(region, sizeof region, NULL);
    return heap;
}

unsigned replaced_requests(void)
{
    return requests;
}

unsigned replaced_faults(void)
{
    return faults;
}

static void *watched(void *block, size_t bytes)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    requests++;
    faults += block == NULL ? stats.largest_free_bytes >= bytes : !quarry_owns(heap, block);
    return block;
}

void *malloc(size_t bytes)
{
    replaced_heap();
    return watched(requests % 2 != 0 ? MEM_CUSTOM_MALLOC(bytes) : mem_clib_malloc(bytes), bytes);
}

void *calloc(size_t count, size_t bytes)
{
    replaced_heap();
    return watched(requests % 2 != 0 ? MEM_CUSTOM_CALLOC(count, bytes) : mem_clib_calloc(count, bytes), count * bytes);
}

void *realloc(void *block, size_t bytes)
{
    return watched(quarry_realloc(replaced_heap(), block, bytes), bytes);
}

void *memalign(size_t align_bytes, size_t bytes);
void *memalign(size_t align_bytes, size_t bytes)
{
    return watched(quarry_aligned_alloc(replaced_heap(), align_bytes, bytes), bytes);
}

void free(void *block)
{
    if (block == NULL)
        return;
    if (requests % 2 != 0)
        MEM_CUSTOM_FREE(block);
    else
        mem_clib_free(block);
}
