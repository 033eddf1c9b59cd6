/* SPDX-License-Identifier: MIT
 *
 * mark.h: tells the CPU's memory tags, AddressSanitizer or Valgrind which memory is a live block: QUARRY_MARK.
 *
 * Whoever allocates a block marks it live, and whoever frees one marks it dead; pages that hold no block are dead.
 * The library itself reaches memory of every mark: with tags its own pointers have tag 0, as free memory has, blocks
 * are read and written through their owner's pointer only; AddressSanitizer does not see it, as it is compiled without
 * -fsanitize=address; Valgrind keeps quiet between mark_enter() and mark_leave(). Without QUARRY_MARK every function is
 * empty. Otherwise live and dead cost a step for each granule of the block.
 *
 *               +-- bytes asked for --+
 *   +-----------+---------------------+-------------+--------+-----------+
 *   | other     | live                |    dead     | zone   | next      |    AddressSanitizer, Valgrind
 *   | block     | tag 7                             | block, tag 12      |    memory tags
 *   +-----------+-----------------------------------+--------------------+
 *               +---------- usable bytes -----------+
 */
#ifndef QUARRY_MARK_H
#define QUARRY_MARK_H

#include "bits.h"
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

/* A heap is a pool of Valgrind's, so that a report says where a block was allocated and freed, and blocks that nobody
 * points to are leaks. What a heap hands back is garbage, but it is not for Valgrind to say so. */
#define mark_tool_open(start, bytes)            ((void)VALGRIND_MAKE_MEM_DEFINED(start, bytes))
#define mark_tool_close(start, bytes)           ((void)VALGRIND_MAKE_MEM_NOACCESS(start, bytes))
#define mark_tool_allocated(heap, block, bytes) VALGRIND_MEMPOOL_ALLOC(heap, block, bytes)
#define mark_tool_freed(heap, block)            VALGRIND_MEMPOOL_FREE(heap, block)
#define mark_tool_end(heap)                     VALGRIND_DESTROY_MEMPOOL(heap)
#define mark_tool_enter()                       VALGRIND_DISABLE_ERROR_REPORTING
#define mark_tool_leave()                       VALGRIND_ENABLE_ERROR_REPORTING

/* A heap that nobody destroyed may have lain in the same place. What is near a block is told by it. */
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

#endif

/* --- memory that holds no block --- */

#if MARK_HAS_TAGS
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
#endif

/* The address without its tag: what all but the owner of a block goes by. */
BITS_INLINE void *mark_bare(const void *pointer)
{
#if MARK_HAS_TAGS
    return (void *)((uintptr_t)pointer & ~MARK_TAG_MASK);
#else
    return (void *)(uintptr_t)pointer;
#endif
}

/* Memory that is a heap's from now on, control data and pages. */
BITS_INLINE void mark_acquired(const void *memory, size_t bytes)
{
#if MARK_HAS_TAGS
    mark_set_tags(memory, bytes);
#else
    (void)memory, (void)bytes;
#endif
}

/* What only calls with the lock look at: codes, maps, and pages without a block. */
BITS_INLINE void mark_closed(const void *start, size_t bytes)
{
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_close(start, bytes);
#else
    (void)start, (void)bytes;
#endif
}

/* Memory without a live block that is a heap's no more. */
BITS_INLINE void mark_released(const void *memory, size_t bytes)
{
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_open(memory, bytes);
#else
    (void)memory, (void)bytes;
#endif
}

/* The same of a region, which gets the tag that it had. */
BITS_INLINE void mark_region_released(const void *memory, size_t bytes)
{
#if MARK_HAS_TAGS
    const uint8_t *kept = arch_tag_load((const uint8_t *)memory - MARK_REGION_BYTES);
    mark_set_tags(kept + MARK_REGION_BYTES, bytes);
#else
    mark_released(memory, bytes);
#endif
}

/* --- blocks. heap: its address --- */

/* Is it the pointer of a block's owner, as far as its tag says? The block's first byte can be read. */
BITS_INLINE bool mark_fits(const void *pointer)
{
#if MARK_HAS_TAGS
    return arch_tag_load(pointer) == pointer;
#else
    (void)pointer;
    return true;
#endif
}

/* The owner's pointer of the block, or of the free memory, at this address. */
BITS_INLINE void *mark_owners(const void *address)
{
#if MARK_HAS_TAGS
    return arch_tag_load(address);
#else
    return (void *)(uintptr_t)address;
#endif
}

/* A block is handed out: its owner's pointer. behind: the granule after all that is the block's; NULL: there is none.
 * Its tag is another than that of its neighbours, and not 0. */
BITS_INLINE void *mark_live(const void *heap, void *block, size_t bytes, size_t usable_bytes, const void *behind)
{
    (void)heap, (void)bytes, (void)usable_bytes, (void)behind;
#if MARK_HAS_TAGS
    uintptr_t before = (uintptr_t)arch_tag_load((uint8_t *)block - MARK_GRANULE_BYTES);
    uintptr_t after = behind == NULL ? 0 : (uintptr_t)arch_tag_load(behind);
    block = arch_tag_choose(block, 1 | (uintptr_t)1 << (before >> 56 & 15) | (uintptr_t)1 << (after >> 56 & 15));
    mark_set_tags(block, usable_bytes);
#elif MARK_IS_ON
    mark_tool_close(block, usable_bytes);
    mark_tool_allocated(heap, block, bytes);
#endif
    return block;
}

/* A block is freed, and nothing has been written to it yet. */
BITS_INLINE void mark_dead(const void *heap, const void *block, size_t usable_bytes)
{
    (void)heap, (void)block, (void)usable_bytes;
#if MARK_HAS_TAGS
    mark_set_tags(mark_bare(block), usable_bytes);
#elif MARK_IS_ON
    mark_tool_freed(heap, block);
    mark_tool_close(block, usable_bytes);
#endif
}

/* Before a block becomes shorter: its end is dead. */
BITS_INLINE void mark_will_shrink(const void *block, size_t bytes, size_t usable_bytes)
{
    (void)block, (void)bytes, (void)usable_bytes;
#if MARK_IS_ON
    if (bytes >= usable_bytes)
        return;
#endif
#if MARK_HAS_TAGS
    mark_set_tags((uint8_t *)mark_bare(block) + bytes, usable_bytes - bytes);
#elif MARK_IS_ON
    mark_tool_close((const uint8_t *)block + bytes, usable_bytes - bytes);
#endif
}

/* After that was refused: the block, given by its owner's pointer, is as it was. */
BITS_INLINE void mark_not_shrunk(const void *heap, void *block, size_t bytes, size_t usable_bytes)
{
    (void)heap, (void)block, (void)bytes, (void)usable_bytes;
#if MARK_IS_ON
    if (bytes >= usable_bytes)
        return;
#endif
#if MARK_HAS_TAGS
    size_t same = bytes & ~(size_t)(MARK_GRANULE_BYTES - 1);
    mark_set_tags((uint8_t *)block + same, usable_bytes - same);
#elif MARK_IS_ON
    mark_tool_open((uint8_t *)block + bytes, usable_bytes - bytes);
    mark_tool_change(heap, block, usable_bytes);
#endif
}

/* After a block, given by its owner's pointer, became longer or shorter where it lies. */
BITS_INLINE void mark_resized(const void *heap, void *block, size_t bytes, size_t old_usable_bytes, size_t usable_bytes)
{
    (void)heap, (void)block, (void)bytes, (void)old_usable_bytes, (void)usable_bytes;
#if MARK_HAS_TAGS
    size_t same = (bytes < old_usable_bytes ? bytes : old_usable_bytes) & ~(size_t)(MARK_GRANULE_BYTES - 1);
    if (same < usable_bytes)
        mark_set_tags((uint8_t *)block + same, usable_bytes - same);
#elif MARK_IS_ON
    if (bytes < usable_bytes)
        mark_tool_close((uint8_t *)block + bytes, usable_bytes - bytes);
    mark_tool_change(heap, block, bytes);
#endif
}

/* The owner asks how much may be used, and is told all of it. */
BITS_INLINE void mark_widened(const void *heap, const void *block, size_t usable_bytes)
{
    (void)heap, (void)block, (void)usable_bytes;
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_change(heap, (void *)(uintptr_t)block, usable_bytes);
#endif
}

/* A block becomes the memory of a nested heap, which marks its own blocks in it: the address. */
BITS_INLINE void *mark_lent(const void *heap, void *block, size_t bytes)
{
    (void)heap, (void)bytes;
#if MARK_HAS_TAGS
    mark_set_tags(mark_bare(block), bytes);
#elif MARK_IS_ON
    mark_tool_freed(heap, block);
    mark_tool_open(block, bytes);
#endif
    return mark_bare(block);
}

/* Before such a block is freed. */
BITS_INLINE void mark_returned(const void *heap, void *block, size_t bytes)
{
    (void)heap, (void)block, (void)bytes;
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_allocated(heap, block, bytes);
#endif
}

/* --- the library --- */

/* A heap begins, or ends with all its blocks. */
BITS_INLINE void mark_heap_begins(const void *heap)
{
    (void)heap;
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_begin(heap);
#endif
}

BITS_INLINE void mark_heap_ends(const void *heap)
{
    (void)heap;
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_end(heap);
#endif
}

/* The library is at work, and may look at memory that is dead. Pairs nest. */
BITS_INLINE void mark_enter(void)
{
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_enter();
#endif
}

BITS_INLINE void mark_leave(void)
{
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_leave();
#endif
}

#endif
