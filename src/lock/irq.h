/* SPDX-License-Identifier: MIT
 *
 * irq.h: QUARRY_LOCK_IRQ: interrupts are masked during a call, all or, with QUARRY_MASK_PRIORITY, those of that
 * priority and less urgent ones. A call of a handler that is more urgent is not excluded.
 */
#if QUARRY_LOCK == QUARRY_LOCK_IRQ
_Static_assert(ARCH_HAS_MASK,
               "QUARRY_LOCK_IRQ masks nothing in a process: a kernel names its CPU's port, threads need another lock");
_Static_assert(QUARRY_MASK_PRIORITY == 0 || ARCH_HAS_PRIORITY_MASK,
               "QUARRY_MASK_PRIORITY needs BASEPRI, which only Cortex-M3 and up have, not Cortex-M0, M1 and M23");

#define LOCK_FIELD
#if QUARRY_MASK_PRIORITY != 0
#define lock_acquire(heap)        ((void)(heap), arch_priority_save(QUARRY_MASK_PRIORITY))
#define lock_release(heap, saved) ((void)(heap), arch_priority_restore(saved))
#else
#define lock_acquire(heap)        ((void)(heap), arch_irq_save())
#define lock_release(heap, saved) ((void)(heap), arch_irq_restore(saved))
#endif
#define lock_overlaps(saved) ((void)(saved), false)
#endif
