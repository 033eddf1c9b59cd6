/* SPDX-License-Identifier: MIT
 *
 * mark.h: tells the CPU's memory tags, AddressSanitizer or Valgrind which memory is a live block: QUARRY_MARK.
 *
 * Whoever allocates a block marks it live, and whoever frees one marks it dead; pages that hold no block are dead.
 * The library itself reaches memory of every mark: with tags its own pointers have tag 0, as free memory has, blocks
 * are read and written through their owner's pointer only; for the other tools see tool.h. Without QUARRY_MARK every
 * function is empty. Otherwise live and dead cost a step for each granule of the block.
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

#include "../memory_hooks.h"
#include "tool.h"

/* --- memory that holds no block --- */

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
    mark_set_tags(memory_address(block), usable_bytes);
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
    mark_set_tags((uint8_t *)memory_address(block) + bytes, usable_bytes - bytes);
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
    mark_set_tags(memory_address(block), bytes);
#elif MARK_IS_ON
    mark_tool_freed(heap, block);
    mark_tool_open(block, bytes);
#endif
    return memory_address(block);
}

/* Before such a block is freed. */
BITS_INLINE void mark_returned(const void *heap, void *block, size_t bytes)
{
    (void)heap, (void)block, (void)bytes;
#if MARK_IS_ON && !MARK_HAS_TAGS
    mark_tool_allocated(heap, block, bytes);
#endif
}

/* --- heaps --- */

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

#endif
