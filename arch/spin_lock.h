/* SPDX-License-Identifier: MIT
 *
 * spin_lock.h: a spin lock for the cores of one machine, on a CPU with atomic instructions. Interrupts are masked while
 * a core waits for it and while it has it.
 *
 * At first the cores that wait race for the lock. A core that has lost SPIN_TRIES times asks for the next turn, and
 * until it has had that, no other core gets the lock. So a core waits for some hundred instructions and one turn of
 * each other core at most, however often these call. A lock that no core has costs as much as one that is not fair.
 *
 * Left: a ticket lock, where cores come in turn from the first try on. Where an emulator or a hypervisor has fewer CPUs
 * than cores, the core whose turn it is may not be running: two threads on two busy CPUs had such a lock 80 times less
 * often than this one. And its release has to read whose turn is next, which is 2 instructions more a call.
 */
#ifndef QUARRY_SPIN_LOCK_H
#define QUARRY_SPIN_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"

/* The word of a spin lock.
 *
 *   byte     0          1          2 ...
 *        +----------+----------+----------      held: a core has the lock
 *        | held     | promised |   0            promised: the next turn belongs to one of the cores that wait
 *        +----------+----------+----------
 *
 *   word:  0  -- spin_try -->  held  -- spin_ask -->  held, promised  -- release -->  promised  -- turn -->  held
 *          ^                    |
 *          '----- release ------' */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SPIN_HELD     ((uintptr_t)1)
#define SPIN_PROMISED (SPIN_HELD << 8)
#else
#define SPIN_HELD     ((uintptr_t)1 << 8 * (sizeof(uintptr_t) - 1))
#define SPIN_PROMISED (SPIN_HELD >> 8)
#endif
#define SPIN_TRIES 100u

/* Behind a call the library's hot paths would need a stack frame. */
#ifdef __OPTIMIZE_SIZE__
#define SPIN_INLINE static inline
#else
#define SPIN_INLINE static inline __attribute__((always_inline))
#endif

/* Gets a lock that is neither held nor promised. */
SPIN_INLINE bool spin_try(uintptr_t *lock)
{
    uintptr_t expected = 0;
    return __atomic_compare_exchange_n(lock, &expected, SPIN_HELD, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Is this core now the one that was promised the next turn? */
SPIN_INLINE bool spin_ask(uintptr_t *lock)
{
    return (__atomic_fetch_or(lock, SPIN_PROMISED, __ATOMIC_RELAXED) & SPIN_PROMISED) == 0;
}

/* Gets a lock that another core has. */
SPIN_INLINE void spin_wait(uintptr_t *lock)
{
    for (unsigned tries = SPIN_TRIES; tries != 0; tries--) {
        arch_spin_pause();
        if (__atomic_load_n(lock, __ATOMIC_RELAXED) == 0 && spin_try(lock))
            return;
    }
    while (!spin_ask(lock))
        arch_spin_pause();
    while (__atomic_load_n((unsigned char *)lock, __ATOMIC_ACQUIRE) != 0)
        arch_spin_pause();
    __atomic_store_n(lock, SPIN_HELD, __ATOMIC_RELAXED); /* the word is promised, so no other core changes it */
}

SPIN_INLINE uintptr_t arch_spin_lock(uintptr_t *lock)
{
    uintptr_t saved = arch_irq_save();
    if (!__builtin_expect(spin_try(lock), 1))
        spin_wait(lock);
    return saved;
}

/* Another core may be asking: its byte stays as it is. */
SPIN_INLINE void arch_spin_unlock(uintptr_t *lock, uintptr_t saved)
{
    __atomic_store_n((unsigned char *)lock, 0, __ATOMIC_RELEASE);
    arch_irq_restore(saved);
}

#endif
