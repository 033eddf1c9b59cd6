/* SPDX-License-Identifier: MIT
 *
 * replaced.c: another allocator in the port's place (the linker's --wrap), which serves as well. The test must fail.
 */
#include <stdlib.h>

#include "FreeRTOS.h"

void *__wrap_pvPortMalloc(size_t bytes); /* NOLINT(bugprone-reserved-identifier) */
void __wrap_vPortFree(void *block);      /* NOLINT(bugprone-reserved-identifier) */

void *__wrap_pvPortMalloc(size_t bytes)
{
    if (bytes == 0) /* as heap_4.c does */
        vApplicationMallocFailedHook();
    return bytes == 0 ? NULL : malloc(bytes);
}

void __wrap_vPortFree(void *block)
{
    free(block);
}
