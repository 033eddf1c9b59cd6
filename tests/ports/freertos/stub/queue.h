/* SPDX-License-Identifier: MIT
 *
 * queue.h: see FreeRTOS.h beside it.
 */
#ifndef STUB_QUEUE_H
#define STUB_QUEUE_H

#include "FreeRTOS.h"

typedef struct stub_queue *QueueHandle_t;
#define portMAX_DELAY ((uint32_t)0xFFFFFFFFu)

QueueHandle_t xQueueCreate(unsigned long length, unsigned long item_bytes);
BaseType_t xQueueSend(QueueHandle_t queue, const void *item, uint32_t ticks);
BaseType_t xQueueReceive(QueueHandle_t queue, void *item, uint32_t ticks);

#endif
