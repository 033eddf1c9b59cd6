/* SPDX-License-Identifier: MIT
 *
 * mm_quarry.c: NuttX's heaps are Quarry heaps, with CONFIG_MM_CUSTOMIZE_MANAGER: all functions of nuttx/mm/mm.h that
 * mm/mm_heap has. NuttX's own umm_ and kmm_ functions, malloc() among them, stay and call these.
 *
 * A struct mm_heap_s is a Quarry heap, which lies at the start of its first region. As in mm_heap a realloc to 0 frees.
 * Misuse ends in PANIC().
 */
#include <nuttx/config.h>

#include <assert.h>
#include <malloc.h>
#include <stdbool.h>
#include <string.h>

#include <nuttx/mm/mm.h>

#include "heap_calls.h"
#include "quarry.h"

#ifdef CONFIG_MM_CUSTOMIZE_MANAGER

static struct quarry_heap *quarry_of(struct mm_heap_s *heap)
{
    return (struct quarry_heap *)heap;
}

/* --- heaps --- */

/* From 12.13 on NuttX has KRN_HEAP, and describes a new heap by a struct. Its field heap, a heap for the struct alone,
 * is not needed. The pools of a heap with pools are its bins. */
#ifdef KRN_HEAP

struct mm_heap_s *mm_initialize_heap(const struct mm_heap_config_s *config)
{
    return (struct mm_heap_s *)quarry_create(config->start, config->size, NULL);
}

#ifdef CONFIG_MM_HEAP_MEMPOOL
struct mm_heap_s *mm_initialize_pool(const struct mm_heap_config_s *config, const struct mempool_init_s *init)
{
    (void)init;
    return mm_initialize_heap(config);
}
#endif

#else

struct mm_heap_s *mm_initialize(const char *name, void *start, size_t size)
{
    (void)name;
    return (struct mm_heap_s *)quarry_create(start, size, NULL);
}

#ifdef CONFIG_MM_HEAP_MEMPOOL
struct mm_heap_s *mm_initialize_pool(const char *name, void *start, size_t size, const struct mempool_init_s *init)
{
    (void)init;
    return mm_initialize(name, start, size);
}
#endif

#endif

void mm_addregion(struct mm_heap_s *heap, void *start, size_t size)
{
    heap_add_region(quarry_of(heap), start, size);
}

/* Memory behind a region that is the heap's already is one region more. */
void mm_extend(struct mm_heap_s *heap, void *memory, size_t size, int region)
{
    (void)region;
    mm_addregion(heap, memory, size);
}

void mm_uninitialize(struct mm_heap_s *heap)
{
    quarry_destroy(quarry_of(heap));
}

/* Nothing ends at a break: sbrk() is not served. */
void *mm_brkaddr(struct mm_heap_s *heap, int region)
{
    (void)heap, (void)region;
    return NULL;
}

/* --- blocks --- */

void *mm_malloc(struct mm_heap_s *heap, size_t size)
{
    return heap_malloc(quarry_of(heap), size);
}

void *mm_calloc(struct mm_heap_s *heap, size_t count, size_t size)
{
    return heap_calloc(quarry_of(heap), count, size);
}

void *mm_zalloc(struct mm_heap_s *heap, size_t size)
{
    return heap_calloc(quarry_of(heap), 1, size);
}

void *mm_memalign(struct mm_heap_s *heap, size_t alignment, size_t size)
{
    return heap_memalign(quarry_of(heap), alignment, size);
}

void mm_free(struct mm_heap_s *heap, void *memory)
{
    heap_free(quarry_of(heap), memory);
}

void *mm_realloc(struct mm_heap_s *heap, void *memory, size_t size)
{
    return heap_realloc(quarry_of(heap), memory, size);
}

size_t mm_malloc_size(struct mm_heap_s *heap, void *memory)
{
    return heap_size_of(quarry_of(heap), memory);
}

bool mm_heapmember(struct mm_heap_s *heap, void *memory)
{
    return heap_has(quarry_of(heap), memory);
}

/* --- figures --- */

struct mallinfo mm_mallinfo(struct mm_heap_s *heap)
{
    return figures_of(quarry_of(heap));
}

/* No task is noted for a block. */
struct mallinfo_task mm_mallinfo_task(struct mm_heap_s *heap, const struct malltask *task)
{
    struct mallinfo_task info;
    (void)heap, (void)task;
    memset(&info, 0, sizeof info);
    return info;
}

size_t mm_heapfree(struct mm_heap_s *heap)
{
    return stats_of(quarry_of(heap)).free_bytes;
}

size_t mm_heapfree_largest(struct mm_heap_s *heap)
{
    return stats_of(quarry_of(heap)).largest_free_bytes;
}

void mm_memdump(struct mm_heap_s *heap, const struct mm_memdump_s *dump)
{
    (void)heap, (void)dump;
}

#ifdef CONFIG_DEBUG_MM
void mm_checkcorruption(struct mm_heap_s *heap)
{
    heap_check(quarry_of(heap));
}
#endif

#endif
