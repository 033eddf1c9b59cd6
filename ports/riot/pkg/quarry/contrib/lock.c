/* SPDX-License-Identifier: MIT
 *
 * lock.c: Quarry's lock hooks for RIOT: interrupts are masked during a call on a heap, so that threads and interrupt
 * handlers may call. The state that was is what calls nest by.
 */
#include "irq.h"

#include "quarry.h"

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    (void)heap;
    return irq_disable();
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    (void)heap;
    irq_restore((unsigned)saved);
}
