/* SPDX-License-Identifier: MIT
 *
 * tool.h: the tools that QUARRY_MARK names, and what each is told: memory tags, AddressSanitizer, Valgrind.
 *
 * AddressSanitizer does not see the library at work, as the library is compiled without -fsanitize=address. Valgrind
 * keeps quiet between mark_tool_enter() and mark_tool_leave().
 */
#ifndef QUARRY_TOOL_H
#define QUARRY_TOOL_H

#include "../bits.h"
#include "quarry_config.h"

#define MARK_IS_ON    (QUARRY_MARK != QUARRY_MARK_NONE)
#define MARK_HAS_TAGS (QUARRY_MARK == QUARRY_MARK_MTE)

#define MARK_GRANULE_BYTES (2 * sizeof(void *))

/* What keeps two blocks apart where neighbours cannot be told by their tags. */
#define MARK_ZONE_BYTES (MARK_IS_ON && !MARK_HAS_TAGS ? MARK_GRANULE_BYTES : 0)

/* The first granule of a region stays as it is: its tag is the region's, for the day that it is handed back. */
#define MARK_REGION_BYTES (MARK_HAS_TAGS ? MARK_GRANULE_BYTES : 0)

_Static_assert(!MARK_HAS_TAGS || ARCH_HAS_TAGS,
               "QUARRY_MARK_MTE needs a CPU with memory tags, and its port (-Iarch/aarch64)");
_Static_assert(!MARK_HAS_TAGS || QUARRY_ALIGN_BYTES == 16, "QUARRY_MARK_MTE needs QUARRY_ALIGN_BYTES 16");

#if QUARRY_MARK == QUARRY_MARK_ASAN

#if defined(__SANITIZE_ADDRESS__)
#define MARK_IS_INSTRUMENTED 1
#elif defined(__has_feature)
#define MARK_IS_INSTRUMENTED __has_feature(address_sanitizer)
#else
#define MARK_IS_INSTRUMENTED 0
#endif
_Static_assert(!MARK_IS_INSTRUMENTED, "with QUARRY_MARK_ASAN the library itself, and only that, must be compiled with "
                                      "-fno-sanitize=address: it looks at free memory");

void __asan_poison_memory_region(const volatile void *start, size_t bytes);
void __asan_unpoison_memory_region(const volatile void *start, size_t bytes);

#define mark_tool_open(start, bytes)            __asan_unpoison_memory_region(start, bytes)
#define mark_tool_close(start, bytes)           __asan_poison_memory_region(start, bytes)
#define mark_tool_allocated(heap, block, bytes) mark_tool_open(block, bytes)
#define mark_tool_freed(heap, block)            ((void)0)
#define mark_tool_change(heap, block, bytes)    mark_tool_open(block, bytes)
#define mark_tool_begin(heap)                   ((void)0)
#define mark_tool_end(heap)                     ((void)0)
#define mark_tool_enter()                       ((void)0)
#define mark_tool_leave()                       ((void)0)

#elif QUARRY_MARK == QUARRY_MARK_VALGRIND

#include <valgrind/memcheck.h>

/* A heap is a pool of Valgrind's: a report says where a block was allocated and freed, and blocks without a pointer to
 * them are leaks. Memory that a heap hands back counts as initialised. */
#define mark_tool_open(start, bytes)            ((void)VALGRIND_MAKE_MEM_DEFINED(start, bytes))
#define mark_tool_close(start, bytes)           ((void)VALGRIND_MAKE_MEM_NOACCESS(start, bytes))
#define mark_tool_allocated(heap, block, bytes) VALGRIND_MEMPOOL_ALLOC(heap, block, bytes)
#define mark_tool_freed(heap, block)            VALGRIND_MEMPOOL_FREE(heap, block)
#define mark_tool_end(heap)                     VALGRIND_DESTROY_MEMPOOL(heap)
#define mark_tool_enter()                       VALGRIND_DISABLE_ERROR_REPORTING
#define mark_tool_leave()                       VALGRIND_ENABLE_ERROR_REPORTING

/* A heap that was never destroyed may have lain in the same place, and Valgrind tells by it what is near a block. */
BITS_INLINE void mark_tool_begin(const void *heap)
{
    if (VALGRIND_MEMPOOL_EXISTS(heap))
        VALGRIND_DESTROY_MEMPOOL(heap);
    VALGRIND_CREATE_MEMPOOL(heap, MARK_ZONE_BYTES, 0);
}

/* What was open keeps its contents, and Valgrind's knowledge of them. */
BITS_INLINE void mark_tool_change(const void *heap, void *block, size_t bytes)
{
    uintptr_t closed = VALGRIND_CHECK_MEM_IS_ADDRESSABLE(block, bytes);
    if (closed != 0)
        (void)VALGRIND_MAKE_MEM_UNDEFINED(closed, (uintptr_t)block + bytes - closed);
    VALGRIND_MEMPOOL_CHANGE(heap, block, block, bytes);
}

#elif MARK_HAS_TAGS

/* The bits of a pointer in which its tag is. */
#define MARK_TAG_MASK ((uintptr_t)15 << 56)

/* Gives the whole granules in these bytes the pointer's tag. */
BITS_INLINE void mark_set_tags(const void *pointer, size_t bytes)
{
    uintptr_t start = bits_round_up((uintptr_t)pointer, MARK_GRANULE_BYTES);
    uintptr_t end = ((uintptr_t)pointer + bytes) & ~(uintptr_t)(MARK_GRANULE_BYTES - 1);
    if (start < end)
        arch_tag_set((void *)start, end - start);
}

#define mark_tool_open(start, bytes)  ((void)(start), (void)(bytes))
#define mark_tool_close(start, bytes) mark_set_tags(start, bytes)
#define mark_tool_enter()             ((void)0)
#define mark_tool_leave()             ((void)0)

#else

#define mark_tool_open(start, bytes)  ((void)(start), (void)(bytes))
#define mark_tool_close(start, bytes) ((void)(start), (void)(bytes))
#define mark_tool_enter()             ((void)0)
#define mark_tool_leave()             ((void)0)

#endif

#endif
