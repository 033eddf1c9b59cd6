/* SPDX-License-Identifier: MIT
 *
 * lock.h: how calls on one heap exclude each other, chosen by QUARRY_LOCK.
 *
 * lock_enter() answers what lock_leave() needs. Only the API layer calls them; everything below assumes that the
 * lock is held. Nothing is held for longer than one bounded call, apart from what a source's callback takes.
 *
 * A header in lock/ for each kind of lock; that of the build's kind defines
 *   LOCK_FIELD                  a word of the heap, or nothing
 *   lock_acquire(heap)          what lock_release(heap, saved) needs
 *   lock_overlaps(saved)        did the call begin during another one? Only a lock that excludes nothing may say so.
 */
#ifndef QUARRY_LOCK_H
#define QUARRY_LOCK_H

#include "memory_hooks.h"
#include "quarry.h"

#include "lock/hook.h"
#include "lock/irq.h"
#include "lock/none.h"
#include "lock/smp.h"
#include "lock/watched.h"

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
