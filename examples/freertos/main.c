/* SPDX-License-Identifier: MIT
 *
 * main.c: two tasks of FreeRTOS, whose memory is a Quarry heap: one sends blocks through a queue, the other frees them.
 * To start your own, copy this folder and write your board's addresses into link.ld. Your FreeRTOSConfig.h stays as it
 * is; with configUSE_MALLOC_FAILED_HOOK 1 it wants a vApplicationMallocFailedHook() here.
 */
#include "FreeRTOS.h"
#include "queue.h"
#include "task.h"

static QueueHandle_t queue;

static void send(void *parameter)
{
    (void)parameter;
    for (size_t bytes = 1;; bytes = bytes % 500 + 1) {
        void *block = pvPortMalloc(bytes);
        if (block != NULL && xQueueSend(queue, &block, portMAX_DELAY) != pdTRUE)
            vPortFree(block);
    }
}

static void receive(void *parameter)
{
    (void)parameter;
    for (void *block;;)
        if (xQueueReceive(queue, &block, portMAX_DELAY) == pdTRUE)
            vPortFree(block);
}

int main(void)
{
    queue = xQueueCreate(8, sizeof(void *));
    xTaskCreate(send, "send", 256, NULL, 1, NULL);
    xTaskCreate(receive, "receive", 256, NULL, 2, NULL);
    vTaskStartScheduler();
}
