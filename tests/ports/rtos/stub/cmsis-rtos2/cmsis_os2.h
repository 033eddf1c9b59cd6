/* SPDX-License-Identifier: MIT
 *
 * cmsis_os2.h: the two functions of CMSIS-RTOS2 that ports/cmsis-rtos2 calls.
 */
#ifndef STUB_CMSIS_OS2_H
#define STUB_CMSIS_OS2_H

#include <stdint.h>

/* 1: the scheduler was locked, 0: it was not; negative: an error, and nothing happened. */
int32_t osKernelLock(void);
int32_t osKernelRestoreLock(int32_t lock);

#endif
