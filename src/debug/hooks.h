/* SPDX-License-Identifier: MIT
 *
 * hooks.h: the functions of memory_hooks.h when debugging is on; memory.c has their bodies.
 *
 * From check level 3 free memory is filled, and looked at before it is used again. With QUARRY_MARK a tool is told
 * which memory only the library may reach: AddressSanitizer and Valgrind close it; memory tags give it tag 0, which the
 * library's own pointers have. A list node stays closed, since only the library reads it. memory_allocated() and
 * memory_freed() take a step for each word, or each granule.
 */
#ifndef QUARRY_HOOKS_H
#define QUARRY_HOOKS_H

#include "../bits.h"
#include "quarry_config.h"

/* What debugging keeps in a heap: figures by what owners may use, and the ring of small blocks that wait. */
enum { DEBUG_WAITING = 16 };

struct debug_state {
    size_t used_bytes, used_peak_bytes, blocks;
    unsigned oldest;                        /* place of the block that has waited longest */
    void *waiting[DEBUG_WAITING];           /* NULL: nothing waits there */
    uintptr_t waiting_check[DEBUG_WAITING]; /* their complements, when something does */
};

#define DEBUG_FIELDS struct debug_state debug;

/* Free bytes are about to be used. reporter: of the heap; NULL: the heap has them no more, whatever was in them. */
void qi_memory_allocated(const struct reporter *reporter, const void *start, size_t bytes);

/* Nothing uses these bytes any more. reporter: of the heap; NULL: the heap has just got them, for whatever use. */
void qi_memory_freed(const struct reporter *reporter, const void *start, size_t bytes);

/* The library begins to work, and may look at memory that is closed; and ends. Pairs nest. */
void qi_memory_work_begins(void);
void qi_memory_work_ends(void);

#define memory_allocated qi_memory_allocated
#define memory_freed     qi_memory_freed
#if QUARRY_MARK == QUARRY_MARK_NONE
#define memory_work_begins() ((void)0)
#define memory_work_ends()   ((void)0)
#else
#define memory_work_begins qi_memory_work_begins
#define memory_work_ends   qi_memory_work_ends
#endif

/* The address that a caller's pointer means, without a memory tag: what all but the owner of a block goes by. */
BITS_INLINE void *memory_address(const void *pointer)
{
    const uintptr_t tag = QUARRY_MARK == QUARRY_MARK_MTE ? (uintptr_t)15 << (BITS_WORD - 8) : 0;
    return (void *)((uintptr_t)pointer & ~tag);
}

#endif
