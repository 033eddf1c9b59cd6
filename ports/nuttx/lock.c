/* SPDX-License-Identifier: MIT
 *
 * lock.c: Quarry's lock hooks for NuttX: a critical section for each call on a heap. It masks interrupts, nests, and
 * holds on several CPUs, so tasks and interrupt handlers may call, at any time of a context switch.
 */
#include <nuttx/config.h>

#include <assert.h>

#include <nuttx/irq.h>

#include "quarry.h"

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    (void)heap;
    return (uintptr_t)enter_critical_section();
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    (void)heap;
    leave_critical_section((irqstate_t)saved);
}

/* Misuse of any heap. */
void quarry_panic(const struct quarry_misuse *misuse)
{
    (void)misuse;
    PANIC();
}
