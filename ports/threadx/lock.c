/* SPDX-License-Identifier: MIT
 *
 * lock.c: Quarry's lock hooks for ThreadX: interrupts are masked during a call on a heap, so that threads, timers and
 * interrupt handlers may all call. The posture that was is what calls nest by.
 */
#include "tx_api.h"

#include "quarry.h"

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    (void)heap;
    return tx_interrupt_control(TX_INT_DISABLE);
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    (void)heap;
    (void)tx_interrupt_control((UINT)saved);
}
