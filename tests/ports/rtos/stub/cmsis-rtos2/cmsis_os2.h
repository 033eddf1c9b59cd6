/* SPDX-License-Identifier: MIT
 *
 * cmsis_os2.h: what ports/cmsis-rtos2 and its example call of CMSIS-RTOS2.
 */
#ifndef STUB_CMSIS_OS2_H
#define STUB_CMSIS_OS2_H

#include <stdint.h>

/* 1: the scheduler was locked, 0: it was not; negative: an error, and nothing happened. */
int32_t osKernelLock(void);
int32_t osKernelRestoreLock(int32_t lock);

typedef int32_t osStatus_t;
typedef void *osThreadId_t;
typedef void *osMessageQueueId_t;
typedef void (*osThreadFunc_t)(void *argument);
typedef struct osThreadAttr osThreadAttr_t;
typedef struct osMessageQueueAttr osMessageQueueAttr_t;
enum { osOK = 0 };
#define osWaitForever 0xFFFFFFFFu

osStatus_t osKernelInitialize(void);
osStatus_t osKernelStart(void);
osThreadId_t osThreadNew(osThreadFunc_t function, void *argument, const osThreadAttr_t *attributes);
osMessageQueueId_t osMessageQueueNew(uint32_t count, uint32_t bytes, const osMessageQueueAttr_t *attributes);
osStatus_t osMessageQueuePut(osMessageQueueId_t queue, const void *message, uint8_t priority, uint32_t timeout);
osStatus_t osMessageQueueGet(osMessageQueueId_t queue, void *message, uint8_t *priority, uint32_t timeout);

#endif
