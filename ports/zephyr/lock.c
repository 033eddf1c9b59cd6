/* SPDX-License-Identifier: MIT
 *
 * lock.c: Quarry's lock hooks for Zephyr: interrupts are masked, and on several CPUs one spin lock is held, during a
 * call on a heap, so that threads and interrupt handlers may call. A k_spinlock does not nest; heaps that lie in other
 * heaps need that, and have irq_lock(), which does (CONFIG_QUARRY_NESTED_HEAPS).
 */
#include <zephyr/kernel.h>

#include "quarry.h"

#ifdef CONFIG_QUARRY_NESTED_HEAPS

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    ARG_UNUSED(heap);
    return irq_lock();
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    ARG_UNUSED(heap);
    irq_unlock((unsigned int)saved);
}

#else

static struct k_spinlock lock;

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    ARG_UNUSED(heap);
    return (uintptr_t)k_spin_lock(&lock).key;
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    k_spinlock_key_t key = {.key = (int)saved};
    ARG_UNUSED(heap);
    k_spin_unlock(&lock, key);
}

#endif
