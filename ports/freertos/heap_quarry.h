/* SPDX-License-Identifier: MIT
 *
 * heap_quarry.h: what heap_quarry.c has beside the functions that FreeRTOS declares in portable.h.
 */
#ifndef HEAP_QUARRY_H
#define HEAP_QUARRY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quarry_heap;

/** Change a block's size, in place where it can be, moving it otherwise.
 *  Returns    the block, perhaps elsewhere, or NULL with the old block untouched; then vApplicationMallocFailedHook()
 *             was called, where configUSE_MALLOC_FAILED_HOOK is 1. pv NULL: pvPortMalloc(xWantedSize). xWantedSize 0:
 *             shrinks to the smallest block, and never frees.
 *  Units      bytes.
 *  Owner      caller; the old pointer is dead unless NULL is returned.
 *  Time       three short calls on the heap at most. The contents are copied outside the lock.
 *  Context    task; or before the scheduler starts. Not an interrupt.
 *  Misuse     configASSERT(); if that returns, NULL.
 *  Contents   kept up to the smaller of both sizes; undefined beyond. */
void *pvPortRealloc(void *pv, size_t xWantedSize);

/** The heap itself, for functions of quarry.h: quarry_check(), quarry_walk(), quarry_aligned_alloc() and so on. The
 *  caller holds the port's lock meanwhile: vTaskSuspendAll() to xTaskResumeAll(), or, with configQUARRY_LOCK 1,
 *  taskENTER_CRITICAL() to taskEXIT_CRITICAL().
 *  Returns    the heap; NULL, after configASSERT(), if there is no memory for one.
 *  Units      none.
 *  Owner      the port, until vPortHeapResetState().
 *  Time       a comparison; where the heap is still to be made, that.
 *  Context    as pvPortRealloc().
 *  Misuse     none is detected.
 *  Contents   untouched. */
struct quarry_heap *pxPortGetQuarryHeap(void);

#ifdef __cplusplus
}
#endif

#endif
