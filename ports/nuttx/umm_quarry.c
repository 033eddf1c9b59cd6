/* SPDX-License-Identifier: MIT
 *
 * umm_quarry.c: NuttX's user heap is a Quarry heap, with CONFIG_MM_UMM_CUSTOMIZE_MANAGER, which newer versions have:
 * all functions that mm/umm_heap has, malloc() and its kin among them. The manager of other heaps (kernel heaps, say)
 * may be another one. In a flat build; the heap is g_mmheap.
 */
#include <nuttx/config.h>

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <nuttx/mm/mm.h>

#include "heap_calls.h"
#include "quarry.h"

#ifdef CONFIG_MM_UMM_CUSTOMIZE_MANAGER

/* The headers may have macros of these names that note the caller. */
#undef malloc
#undef calloc
#undef zalloc
#undef realloc
#undef memalign
#undef free

struct mm_heap_s *g_mmheap;

static struct quarry_heap *heap(void)
{
    return (struct quarry_heap *)g_mmheap;
}

void umm_initialize(void *start, size_t size)
{
    g_mmheap = (struct mm_heap_s *)quarry_create(start, size, NULL);
}

void umm_addregion(void *start, size_t size)
{
    heap_add_region(heap(), start, size);
}

void umm_extend(void *memory, size_t size, int region)
{
    (void)region;
    umm_addregion(memory, size);
}

/* Nothing ends at a break: sbrk() is not served. */
void *umm_brkaddr(int region)
{
    (void)region;
    return NULL;
}

bool umm_heapmember(void *memory)
{
    return heap_has(heap(), memory);
}

static void *with_errno(void *block)
{
    if (block == NULL)
        set_errno(ENOMEM);
    return block;
}

void *malloc(size_t size)
{
    return with_errno(heap_malloc(heap(), size));
}

void *calloc(size_t count, size_t size)
{
    return with_errno(heap_calloc(heap(), count, size));
}

void *zalloc(size_t size)
{
    return with_errno(heap_calloc(heap(), 1, size));
}

void *memalign(size_t alignment, size_t size)
{
    return with_errno(heap_memalign(heap(), alignment, size));
}

void free(void *memory)
{
    heap_free(heap(), memory);
}

void *realloc(void *memory, size_t size)
{
    void *resized = heap_realloc(heap(), memory, size);
    return memory != NULL && size == 0 ? NULL : with_errno(resized);
}

size_t malloc_size(void *memory)
{
    return heap_size_of(heap(), memory);
}

struct mallinfo mallinfo(void)
{
    return figures_of(heap());
}

/* No task is noted for a block. */
struct mallinfo_task mallinfo_task(const struct malltask *task)
{
    struct mallinfo_task info;
    (void)task;
    memset(&info, 0, sizeof info);
    return info;
}

void umm_memdump(const struct mm_memdump_s *dump)
{
    (void)dump;
}

#ifdef CONFIG_DEBUG_MM
void umm_checkcorruption(void)
{
    heap_check(heap());
}
#endif

#endif
