/* SPDX-License-Identifier: MIT
 *
 * lock.c: Quarry's lock hooks for CMSIS-RTOS2: the scheduler is locked during a call on a heap.
 *
 * Calls nest: only the outermost one unlocks. It alone found the scheduler unlocked, which is what osKernelLock()
 * answers. osKernelRestoreLock(1) is never called: some kernels count it as one lock more. Before the kernel runs
 * osKernelLock() is an error, and nothing needs to be locked.
 */
#include "cmsis_os2.h"

#include "quarry.h"

enum { WAS_UNLOCKED = 0 };

uintptr_t quarry_lock_hook(const struct quarry_heap *heap)
{
    (void)heap;
    return (uintptr_t)osKernelLock();
}

void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved)
{
    (void)heap;
    if (saved == WAS_UNLOCKED)
        (void)osKernelRestoreLock(WAS_UNLOCKED);
}
