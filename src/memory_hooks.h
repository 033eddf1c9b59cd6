/* SPDX-License-Identifier: MIT
 *
 * memory_hooks.h: what the core tells of free memory, so that debugging (src/debug) sees each use of it.
 *
 * Each byte of a heap's memory is control data, free, or used by a block, a run of slots or a list node. The core calls
 * memory_freed() when bytes become free, and memory_allocated() before free bytes are used. Nothing else of debugging
 * reaches below the public functions. Without it every function here is empty.
 */
#ifndef QUARRY_MEMORY_HOOKS_H
#define QUARRY_MEMORY_HOOKS_H

#include "bits.h"
#include "quarry_config.h"

struct reporter;

#if QUARRY_CHECK_LEVEL >= 3 || QUARRY_MARK != QUARRY_MARK_NONE

#include "debug/hooks.h"

#else

/* What debugging keeps in a heap. */
#define DEBUG_FIELDS

/* Free bytes are about to be used. reporter: of the heap; NULL: the heap has them no more, whatever was in them. */
BITS_INLINE void memory_allocated(const struct reporter *reporter, const void *start, size_t bytes)
{
    (void)reporter, (void)start, (void)bytes;
}

/* Nothing uses these bytes any more. reporter: of the heap; NULL: the heap has just got them, for whatever use. */
BITS_INLINE void memory_freed(const struct reporter *reporter, const void *start, size_t bytes)
{
    (void)reporter, (void)start, (void)bytes;
}

/* The address that a caller's pointer means. */
BITS_INLINE void *memory_address(const void *pointer)
{
    return (void *)(uintptr_t)pointer;
}

/* The library begins to work, and ends: at each call, and around each hook of the caller's. Pairs nest. */
BITS_INLINE void memory_work_begins(void)
{
}

BITS_INLINE void memory_work_ends(void)
{
}

#endif

#endif
