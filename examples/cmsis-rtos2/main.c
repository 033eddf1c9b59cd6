/* SPDX-License-Identifier: MIT
 *
 * main.c: two threads of an RTOS with the CMSIS-RTOS2 interface share a heap: one sends blocks, the other frees them.
 * To start your own, copy this folder.
 */
#include "cmsis_os2.h"
#include "quarry.h"

static unsigned char region[16 * 1024];
static struct quarry_heap *heap;
static osMessageQueueId_t queue;

static void send(void *argument)
{
    (void)argument;
    for (size_t bytes = 1;; bytes = bytes % 500 + 1) {
        void *block = quarry_malloc(heap, bytes);
        if (block != NULL && osMessageQueuePut(queue, &block, 0, osWaitForever) != osOK)
            quarry_free(heap, block);
    }
}

static void receive(void *argument)
{
    (void)argument;
    for (void *block;;)
        if (osMessageQueueGet(queue, &block, NULL, osWaitForever) == osOK)
            quarry_free(heap, block);
}

int main(void)
{
    heap = quarry_create(region, sizeof region, NULL);
    osKernelInitialize();
    queue = osMessageQueueNew(8, sizeof(void *), NULL);
    osThreadNew(send, NULL, NULL);
    osThreadNew(receive, NULL, NULL);
    return osKernelStart();
}
