/* SPDX-License-Identifier: MIT
 *
 * cmsis-rtos2.c: the scheduler's lock as the CMSIS-RTOS2 layer of FreeRTOS has it: it counts, osKernelLock() does not
 * count twice, and osKernelRestoreLock(1) does. Before the kernel runs, both are errors.
 */
#include "cmsis_os2.h"
#include "rtos.h"

const bool rtos_nests = true;
unsigned rtos_locks;

static int depth;
static bool is_running = true;
static unsigned errors;

int32_t osKernelLock(void)
{
    const int32_t was = depth != 0;
    if (!is_running)
        return -1;
    rtos_locks++;
    depth += was == 0;
    return was;
}

int32_t osKernelRestoreLock(int32_t lock)
{
    if (!is_running) {
        errors++;
        return -1;
    }
    depth += lock == 1 ? 1 : -1;
    return depth != 0;
}

bool rtos_is_locked(void)
{
    return depth != 0;
}

void rtos_own_tests(void)
{
    static unsigned char region[16384];
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);

    const int32_t was = osKernelLock(); /* a caller that has locked the scheduler finds it locked after each call */
    void *block = quarry_malloc(heap, 100);
    CHECK(block != NULL && depth == 1);
    quarry_free(heap, block);
    CHECK(depth == 1);
    osKernelRestoreLock(was);
    CHECK(depth == 0);
    is_running = false;
    block = quarry_malloc(heap, 100);
    CHECK(block != NULL && errors == 0);
    quarry_free(heap, block);
    CHECK(errors == 0);
}
