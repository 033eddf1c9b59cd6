/* SPDX-License-Identifier: MIT
 *
 * main.c: two tasks of FreeRTOS, whose memory is a Quarry heap: one sends blocks through a queue, the other frees them.
 * To start your own, copy this folder and write your board's addresses into link.ld. Your FreeRTOSConfig.h stays as it
 * is; with configUSE_MALLOC_FAILED_HOOK 1 it wants a vApplicationMallocFailedHook() here.
 */
#include "FreeRTOS.h"
#include "queue.h"
#include "task.h"

extern volatile unsigned char stack_end[], data_load[], data[], bss[], bss_end[]; /* link.ld */
void vPortSVCHandler(void), xPortPendSVHandler(void), xPortSysTickHandler(void);  /* the kernel's */
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

static void reset(void)
{
    for (volatile unsigned char *to = data, *from = data_load; to < bss; to++)
        *to = *from++;
    for (volatile unsigned char *byte = bss; byte < bss_end; byte++)
        *byte = 0;
    queue = xQueueCreate(8, sizeof(void *));
    xTaskCreate(send, "send", 256, NULL, 1, NULL);
    xTaskCreate(receive, "receive", 256, NULL, 2, NULL);
    vTaskStartScheduler();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {[0] = (void (*)(void))stack_end,
                                                                                     [1] = reset,
                                                                                     [11] = vPortSVCHandler,
                                                                                     [14] = xPortPendSVHandler,
                                                                                     [15] = xPortSysTickHandler};
