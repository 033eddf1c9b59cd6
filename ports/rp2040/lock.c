/* SPDX-License-Identifier: MIT
 *
 * lock.c: Quarry's lock hooks for the two cores of an RP2040: interrupts are masked, and one of the chip's spin locks
 * is held.
 *
 * All heaps share the spin lock, and calls nest: a heap that lies in another one calls that from inside its own call.
 * The core that has the lock says so in a word, which the other core may read at any time: it never finds its own
 * number there. A nested call neither claims nor releases the lock.
 */
#include "sio.h"

#include "quarry.h"

/* The SDK of the chip's vendor leaves 24 to 31 to programs: spin_lock_claim(31) keeps it from giving this one away. */
#ifndef QUARRY_RP2040_SPINLOCK
#define QUARRY_RP2040_SPINLOCK 31u
#endif

QUARRY_STATIC_ASSERT(QUARRY_RP2040_SPINLOCK <= 31u, "QUARRY_RP2040_SPINLOCK must be from 0 to 31");

/* What a hook answers: PRIMASK, and whether this core had the lock already. */
enum { SAVED_PRIMASK = 1, SAVED_NESTED = 2 };

/* The number of the core that has the lock, plus 1; 0: none has. */
static volatile uint32_t owner;

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    (void)heap;
    const uintptr_t saved = sio_mask() & SAVED_PRIMASK;
    const uint32_t self = sio_core() + 1;
    if (owner == self)
        return saved | SAVED_NESTED;
    while (!sio_claim(QUARRY_RP2040_SPINLOCK))
        continue;
    owner = self;
    return saved;
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    (void)heap;
    if ((saved & SAVED_NESTED) == 0) {
        owner = 0;
        sio_release(QUARRY_RP2040_SPINLOCK);
    }
    sio_restore((uint32_t)(saved & SAVED_PRIMASK));
}
