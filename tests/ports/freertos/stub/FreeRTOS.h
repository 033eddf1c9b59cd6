/* SPDX-License-Identifier: MIT
 *
 * FreeRTOS.h: what ports/freertos and its example need of FreeRTOS' headers, for a host: the names that they declare.
 * The kernel behind them, which only counts, is in port.c. The options are those of the command line.
 */
#ifndef STUB_FREERTOS_H
#define STUB_FREERTOS_H

#include <stddef.h>
#include <stdint.h>

typedef long BaseType_t;
typedef uintptr_t portPOINTER_SIZE_TYPE;
#define pdFALSE ((BaseType_t)0)
#define pdTRUE  ((BaseType_t)1)

/* --- options --- */

#ifndef configSUPPORT_DYNAMIC_ALLOCATION
#define configSUPPORT_DYNAMIC_ALLOCATION 1
#endif
#ifndef configTOTAL_HEAP_SIZE
#define configTOTAL_HEAP_SIZE ((size_t)(256 * 1024))
#endif
#ifndef configUSE_MALLOC_FAILED_HOOK
#define configUSE_MALLOC_FAILED_HOOK 1
#endif
#ifndef portBYTE_ALIGNMENT
#define portBYTE_ALIGNMENT 8
#endif

void stub_assert_failed(const char *text);
#define configASSERT(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            stub_assert_failed(#condition);                                                                            \
    } while (0)

#ifdef STUB_TRACES
void stub_trace_malloc(void *block, size_t bytes);
void stub_trace_free(void *block, size_t bytes);
#define traceMALLOC(block, bytes) stub_trace_malloc(block, bytes)
#define traceFREE(block, bytes)   stub_trace_free(block, bytes)
#else
#define traceMALLOC(block, bytes)
#define traceFREE(block, bytes)
#endif

#define PRIVILEGED_FUNCTION __attribute__((section("privileged_functions")))
#define PRIVILEGED_DATA     __attribute__((section("privileged_data")))

/* --- portable.h --- */

typedef struct HeapRegion {
    uint8_t *pucStartAddress;
    size_t xSizeInBytes;
} HeapRegion_t;

typedef struct xHeapStats {
    size_t xAvailableHeapSpaceInBytes;
    size_t xSizeOfLargestFreeBlockInBytes;
    size_t xSizeOfSmallestFreeBlockInBytes;
    size_t xNumberOfFreeBlocks;
    size_t xMinimumEverFreeBytesRemaining;
    size_t xNumberOfSuccessfulAllocations;
    size_t xNumberOfSuccessfulFrees;
} HeapStats_t;

void vPortDefineHeapRegions(const HeapRegion_t *const pxHeapRegions) PRIVILEGED_FUNCTION;
void vPortGetHeapStats(HeapStats_t *pxHeapStats);
void *pvPortMalloc(size_t xWantedSize) PRIVILEGED_FUNCTION;
void *pvPortCalloc(size_t xNum, size_t xSize) PRIVILEGED_FUNCTION;
void vPortFree(void *pv) PRIVILEGED_FUNCTION;
void vPortInitialiseBlocks(void) PRIVILEGED_FUNCTION;
size_t xPortGetFreeHeapSize(void) PRIVILEGED_FUNCTION;
size_t xPortGetMinimumEverFreeHeapSize(void) PRIVILEGED_FUNCTION;
void xPortResetHeapMinimumEverFreeHeapSize(void) PRIVILEGED_FUNCTION;
#if defined(configSTACK_ALLOCATION_FROM_SEPARATE_HEAP) && configSTACK_ALLOCATION_FROM_SEPARATE_HEAP == 1
void *pvPortMallocStack(size_t xSize) PRIVILEGED_FUNCTION;
void vPortFreeStack(void *pv) PRIVILEGED_FUNCTION;
#else
#define pvPortMallocStack pvPortMalloc
#define vPortFreeStack    vPortFree
#endif
void vPortHeapResetState(void) PRIVILEGED_FUNCTION;
void vApplicationMallocFailedHook(void);

#endif
