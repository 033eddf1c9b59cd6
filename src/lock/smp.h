/* SPDX-License-Identifier: MIT
 *
 * smp.h: QUARRY_LOCK_SMP: interrupts are masked, and a spin lock is held.
 */
#if QUARRY_LOCK == QUARRY_LOCK_SMP
_Static_assert(ARCH_HAS_ATOMICS,
               "QUARRY_LOCK_SMP needs atomic instructions, which this CPU does not have: with one core "
               "use QUARRY_LOCK_IRQ, with several QUARRY_LOCK_HOOK and a spin lock of the chip's");

#include "../../arch/spin_lock.h"

#define LOCK_FIELD                uintptr_t lock;
#define lock_acquire(heap)        arch_spin_lock((uintptr_t *)(uintptr_t) & (heap)->lock)
#define lock_release(heap, saved) arch_spin_unlock((uintptr_t *)(uintptr_t) & (heap)->lock, saved)
#define lock_overlaps(saved)      ((void)(saved), false)
#endif
