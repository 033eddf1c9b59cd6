/* SPDX-License-Identifier: MIT
 *
 * lock.h: how calls on one heap exclude each other, chosen by QUARRY_LOCK.
 *
 * lock_enter() answers what lock_leave() needs. Only the API layer calls them; everything below assumes that the
 * lock is held. Nothing is held for longer than one bounded call, apart from what a source's callback takes.
 */
#ifndef QUARRY_LOCK_H
#define QUARRY_LOCK_H

#include "memory_hooks.h"
#include "quarry.h"

#if QUARRY_LOCK == QUARRY_LOCK_SMP
#include "../arch/spin_lock.h"
#define LOCK_FIELD uintptr_t lock;
#else
#define LOCK_FIELD
#endif

_Static_assert(QUARRY_LOCK != QUARRY_LOCK_IRQ || ARCH_HAS_MASK,
               "QUARRY_LOCK_IRQ masks nothing in a process: a kernel names its CPU's port, threads need another lock");
_Static_assert(QUARRY_LOCK != QUARRY_LOCK_SMP || ARCH_HAS_ATOMICS,
               "QUARRY_LOCK_SMP needs atomic instructions, which this CPU does not have");

#if QUARRY_LOCK == QUARRY_LOCK_NONE
#define lock_acquire(heap)        ((void)(heap), (uintptr_t)0)
#define lock_release(heap, saved) ((void)(heap), (void)(saved))
#elif QUARRY_LOCK == QUARRY_LOCK_IRQ
#define lock_acquire(heap)        ((void)(heap), arch_irq_save())
#define lock_release(heap, saved) ((void)(heap), arch_irq_restore(saved))
#elif QUARRY_LOCK == QUARRY_LOCK_HOOK
#define lock_acquire(heap)        quarry_lock_hook(heap)
#define lock_release(heap, saved) quarry_unlock_hook(heap, saved)
#else
#define lock_acquire(heap)        arch_spin_lock((uintptr_t *)(uintptr_t) & (heap)->lock)
#define lock_release(heap, saved) arch_spin_unlock((uintptr_t *)(uintptr_t) & (heap)->lock, saved)
#endif

/* A pointer that other cores read and change without a lock. A core that has no atomic instructions changes another
 * core's pointer in two steps. */
#if ARCH_HAS_ATOMICS
#define lock_shared_load(pointer)         __atomic_load_n(pointer, __ATOMIC_RELAXED)
#define lock_shared_store(pointer, value) __atomic_store_n(pointer, value, __ATOMIC_RELAXED)
#define lock_shared_replace(pointer, old, value)                                                                       \
    ((void)__atomic_compare_exchange_n(pointer, &(old), value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
#else
#define lock_shared_load(pointer)         (*(volatile __typeof__(*(pointer)) *)(void *)(pointer))
#define lock_shared_store(pointer, value) ((void)(lock_shared_load(pointer) = (value)))
#define lock_shared_replace(pointer, old, value)                                                                       \
    (lock_shared_load(pointer) == (old) ? lock_shared_store(pointer, value) : (void)0)
#endif

/* What was saved, once the library is at work. */
BITS_INLINE uintptr_t lock_saved(uintptr_t saved)
{
    memory_work_begins();
    return saved;
}

#define lock_enter(heap)        lock_saved(lock_acquire(heap))
#define lock_leave(heap, saved) (memory_work_ends(), lock_release(heap, saved))

#endif
