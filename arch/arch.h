/* SPDX-License-Identifier: MIT
 *
 * arch.h: what the library needs of a CPU. Choose a port by include path: -Iarch/<isa>.
 *
 * Every arch_port.h must define:
 *   ARCH_NAME          a string literal
 *   ARCH_HAS_BIT_SCAN  1: __builtin_clz and __builtin_ctz compile to instructions; 0: to a library call, so the
 *                      library uses a multiplication and a table instead
 *   ARCH_HAS_ATOMICS   1: __atomic_compare_exchange_n and __atomic_fetch_or on a word compile to instructions
 *   static inline uintptr_t arch_irq_save(void)          mask interrupts; what to restore
 *   static inline void arch_irq_restore(uintptr_t saved)
 *   static inline void arch_spin_pause(void)             a hint inside a spin loop
 *   static inline unsigned arch_core_index(void)         which core this is, from 0; asked if QUARRY_CORES is above 1
 *
 * A port without interrupts to mask says ARCH_HAS_MASK 0: QUARRY_LOCK_IRQ is then refused.
 *
 * A port without atomics of a CPU that has interrupts or exceptions that cannot be masked, and that can tell whether it
 * runs one of them, defines for quarry_free_later(): ARCH_UNMASKED_LEVELS, how many levels of them can interrupt each
 * other, and
 *   static inline unsigned arch_unmasked_level(void)     1 to ARCH_UNMASKED_LEVELS, higher ones interrupt lower ones;
 *                                                        0: what runs can be masked
 *
 * A port of a CPU that can mask interrupts up to a priority says ARCH_HAS_PRIORITY_MASK 1 and defines
 *   static inline uintptr_t arch_priority_save(uintptr_t priority)   mask those of this priority and less urgent ones
 *   static inline void arch_priority_restore(uintptr_t saved)
 *
 * A port of a CPU whose words may lie at any address, with or without an MMU, says ARCH_UNALIGNED 1. If the compiler
 * does not believe that, and would load such words byte by byte, the port defines ARCH_UNALIGNED_BY_PORT and
 *   static inline uintptr_t arch_unaligned_load(const void *at)
 *   static inline void arch_unaligned_store(void *at, uintptr_t value)
 *
 * A port of a CPU that has instructions for two neighbouring words, aligned as words are, says ARCH_HAS_PAIRS 1. If the
 * compiler does not find them by itself, the port defines ARCH_PAIRS_BY_PORT and
 *   static inline void arch_pair_load(const uintptr_t *at, uintptr_t *first, uintptr_t *second)
 *   static inline void arch_pair_store(uintptr_t *at, uintptr_t first, uintptr_t second)
 *
 * A port of a CPU that has a tag for each 16 bytes of memory, compared with bits 59 to 56 of a pointer at each access,
 * says ARCH_HAS_TAGS 1, and defines what QUARRY_MARK_MTE needs:
 *   static inline void *arch_tag_choose(void *pointer, uintptr_t excluded)  the pointer with a random tag; of bits 0 to
 *                                                        15 of excluded, those that are set name tags that it is not
 *   static inline void *arch_tag_load(const void *pointer)                 the pointer with the tag of its memory
 *   static inline void arch_tag_set(void *pointer, size_t bytes)           gives memory the pointer's tag; both are
 *                                                        multiples of 16, and bytes is not 0
 */
#ifndef QUARRY_ARCH_H
#define QUARRY_ARCH_H

#include <stddef.h>
#include <stdint.h>

#include "arch_port.h"

#ifndef ARCH_HAS_MASK
#define ARCH_HAS_MASK 1
#endif

#ifndef ARCH_UNMASKED_LEVELS
#define ARCH_UNMASKED_LEVELS 0
static inline unsigned arch_unmasked_level(void)
{
    return 0;
}
#endif

#ifndef ARCH_HAS_PRIORITY_MASK
#define ARCH_HAS_PRIORITY_MASK 0
#endif

#ifndef ARCH_UNALIGNED
#define ARCH_UNALIGNED 0
#endif

#ifndef ARCH_HAS_PAIRS
#define ARCH_HAS_PAIRS 0
#endif

#ifndef ARCH_PAIRS_BY_PORT
static inline void arch_pair_load(const uintptr_t *at, uintptr_t *first, uintptr_t *second)
{
    *first = at[0];
    *second = at[1];
}

static inline void arch_pair_store(uintptr_t *at, uintptr_t first, uintptr_t second)
{
    at[0] = first;
    at[1] = second;
}
#endif

#ifndef ARCH_HAS_TAGS
#define ARCH_HAS_TAGS 0
#endif

_Static_assert(ARCH_HAS_BIT_SCAN == 0 || ARCH_HAS_BIT_SCAN == 1, "the port must say whether the CPU scans bits");
_Static_assert(ARCH_HAS_ATOMICS == 0 || ARCH_HAS_ATOMICS == 1, "the port must say whether the CPU has atomics");

#endif
