/* SPDX-License-Identifier: MIT
 *
 * watched.h: QUARRY_LOCK_NONE from check level 3: calls on one heap still exclude nothing, but a call that begins
 * during another one is noticed, and refused.
 *
 * A word of the heap says that a call is at work. A call keeps what it found there, and puts that back at its end: an
 * interrupt handler's call, which ends before the one that it interrupted goes on, leaves no trace. Of threads and
 * cores, which may do both at once, most overlaps are noticed, but not each one.
 */
#if QUARRY_LOCK == QUARRY_LOCK_NONE && QUARRY_CHECK_LEVEL >= 3
#define LOCK_FIELD uintptr_t lock; /* not 0: a call is at work */

/* A mark that is not 0 is the heap's address, since that is in a register. */
BITS_INLINE uintptr_t lock_watch(uintptr_t *lock, const void *heap)
{
    const uintptr_t found = *lock;
    *lock = (uintptr_t)heap;
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* an interrupt finds it before it finds any other change */
    return found;
}

BITS_INLINE void lock_unwatch(uintptr_t *lock, uintptr_t found)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *lock = found;
}

#define lock_acquire(heap)        lock_watch((uintptr_t *)(uintptr_t) & (heap)->lock, heap)
#define lock_release(heap, saved) lock_unwatch((uintptr_t *)(uintptr_t) & (heap)->lock, saved)
#define lock_overlaps(saved)      ((saved) != 0)
#endif
