/* SPDX-License-Identifier: MIT
 *
 * mm.h: the part of NuttX's nuttx/mm/mm.h that a heap manager defines.
 */
#ifndef STUB_NUTTX_MM_H
#define STUB_NUTTX_MM_H

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>

struct mm_heap_s;
#define mm_memdump_s malltask

struct mm_heap_config_s {
    struct mm_heap_s *heap;
    const char *name;
    void *start;
    size_t size;
    bool nokasan;
};
struct mempool_init_s {
    size_t npools;
};

extern struct mm_heap_s *g_mmheap;

#ifdef STUB_OLD_NUTTX
struct mm_heap_s *mm_initialize(const char *name, void *start, size_t size);
struct mm_heap_s *mm_initialize_pool(const char *name, void *start, size_t size, const struct mempool_init_s *init);
#else
#define KRN_HEAP g_mmheap
struct mm_heap_s *mm_initialize_heap(const struct mm_heap_config_s *config);
struct mm_heap_s *mm_initialize_pool(const struct mm_heap_config_s *config, const struct mempool_init_s *init);
#endif
void mm_addregion(struct mm_heap_s *heap, void *start, size_t size);
void mm_uninitialize(struct mm_heap_s *heap);
void umm_initialize(void *start, size_t size);
void umm_addregion(void *start, size_t size);
void *mm_malloc(struct mm_heap_s *heap, size_t size);
size_t mm_malloc_size(struct mm_heap_s *heap, void *memory);
void mm_free(struct mm_heap_s *heap, void *memory);
void *mm_realloc(struct mm_heap_s *heap, void *memory, size_t size);
void *mm_calloc(struct mm_heap_s *heap, size_t count, size_t size);
void *mm_zalloc(struct mm_heap_s *heap, size_t size);
void *mm_memalign(struct mm_heap_s *heap, size_t alignment, size_t size);
bool mm_heapmember(struct mm_heap_s *heap, void *memory);
bool umm_heapmember(void *memory);
void *mm_brkaddr(struct mm_heap_s *heap, int region);
void *umm_brkaddr(int region);
void mm_extend(struct mm_heap_s *heap, void *memory, size_t size, int region);
void umm_extend(void *memory, size_t size, int region);
struct mallinfo mm_mallinfo(struct mm_heap_s *heap);
struct mallinfo_task mm_mallinfo_task(struct mm_heap_s *heap, const struct malltask *task);
size_t mm_heapfree(struct mm_heap_s *heap);
size_t mm_heapfree_largest(struct mm_heap_s *heap);
void mm_memdump(struct mm_heap_s *heap, const struct mm_memdump_s *dump);
void umm_memdump(const struct mm_memdump_s *dump);
void mm_checkcorruption(struct mm_heap_s *heap);
void umm_checkcorruption(void);

#endif
