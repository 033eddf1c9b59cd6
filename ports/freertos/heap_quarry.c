/* SPDX-License-Identifier: MIT
 *
 * heap_quarry.c: FreeRTOS' memory from a Quarry heap, in place of heap_1.c to heap_5.c.
 *
 * The library is built with QUARRY_LOCK_NONE. This file excludes calls from each other itself, as heap_4.c does, so
 * that traceMALLOC() and traceFREE() see calls in the order in which the heap served them. Contents are copied and
 * cleared outside the lock. README.md has the options, what differs from heap_4.c and heap_5.c, and what it costs.
 */
#include <string.h>

/* As in FreeRTOS' own heaps: this file calls the kernel itself, not its wrappers for tasks without privileges. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE
#include "FreeRTOS.h"
#include "task.h"
#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "heap_options.h"
#include "heap_quarry.h"
#include "quarry.h"

#if (configSUPPORT_DYNAMIC_ALLOCATION == 0)
#error "heap_quarry.c must not be used if configSUPPORT_DYNAMIC_ALLOCATION is 0"
#endif
#if QUARRY_STATS == 0
#error "heap_quarry.c needs QUARRY_STATS 1, which is the default: FreeRTOS asks for the heap's figures"
#endif

/* --- the lock --- */

#if configQUARRY_LOCK == 0
#define enter() vTaskSuspendAll()
#define leave() ((void)xTaskResumeAll())
#elif configQUARRY_LOCK == 1
#define enter() taskENTER_CRITICAL()
#define leave() taskEXIT_CRITICAL()
#else
#error "configQUARRY_LOCK must be 0 (the scheduler is suspended) or 1 (critical section)"
#endif

/* --- the heaps --- */

/* A heap and its first region; without memory of its own, until vPortDefineHeapRegions() gives it some. */
struct port_heap {
    struct quarry_heap *heap; /* NULL: not made yet */
    uint8_t *memory;
    size_t bytes;
};

#if configQUARRY_REGIONS != 0
PRIVILEGED_DATA static struct port_heap objects = {NULL, NULL, 0};
#else
#if configAPPLICATION_ALLOCATED_HEAP == 1
extern uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#else
PRIVILEGED_DATA static uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#endif
PRIVILEGED_DATA static struct port_heap objects = {NULL, ucHeap, configTOTAL_HEAP_SIZE};
#endif

#if configSTACK_ALLOCATION_FROM_SEPARATE_HEAP == 1 && defined(configQUARRY_STACK_HEAP_SIZE)
#if configAPPLICATION_ALLOCATED_HEAP == 1
extern uint8_t ucStackHeap[configQUARRY_STACK_HEAP_SIZE];
#else
PRIVILEGED_DATA static uint8_t ucStackHeap[configQUARRY_STACK_HEAP_SIZE];
#endif
PRIVILEGED_DATA static struct port_heap stacks = {NULL, ucStackHeap, configQUARRY_STACK_HEAP_SIZE};
#endif

/* A caller's bug: the debugger shows what it was. If configASSERT() returns, the call changes nothing. */
static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    (void)misuse;
    configASSERT(misuse == NULL);
}

#if configENABLE_HEAP_PROTECTOR == 1
extern void vApplicationGetRandomHeapCanary(portPOINTER_SIZE_TYPE *pxHeapCanary);
#endif

static struct quarry_heap *make_heap(void *memory, size_t bytes)
{
    struct quarry_options options;
    (void)memset(&options, 0, sizeof options);
    options.on_misuse = on_misuse;
#if configENABLE_HEAP_PROTECTOR == 1
    portPOINTER_SIZE_TYPE canary;
    vApplicationGetRandomHeapCanary(&canary);
    options.entropy = (uintptr_t)canary;
#endif
    return quarry_create(memory, bytes, &options);
}

/* Makes a heap of the memory that it has, at its first use. NULL: that is too short, or there is none yet. */
static __attribute__((noinline)) struct quarry_heap *make_first(struct port_heap *port)
{
    if (port->memory != NULL)
        port->heap = make_heap(port->memory, port->bytes);
    configASSERT(port->heap != NULL);
    return port->heap;
}

/* The lock is held. */
static inline struct quarry_heap *heap_of(struct port_heap *port)
{
    return port->heap != NULL ? port->heap : make_first(port);
}

/* --- blocks --- */

/* FreeRTOS asserts that every block is aligned to portBYTE_ALIGNMENT, however small it is. Quarry aligns a block to
 * what the block can hold, up to QUARRY_ALIGN_BYTES, and its smallest has two pointers. So a request for less is one
 * for as much as it must be aligned to; where the alignment is above QUARRY_ALIGN_BYTES, for a multiple of it. */
static size_t served_bytes(size_t bytes)
{
    if (portBYTE_ALIGNMENT > QUARRY_ALIGN_BYTES && bytes <= SIZE_MAX - portBYTE_ALIGNMENT)
        return (bytes + portBYTE_ALIGNMENT - 1) & ~(size_t)(portBYTE_ALIGNMENT - 1);
    return portBYTE_ALIGNMENT > 2 * sizeof(void *) && bytes < portBYTE_ALIGNMENT ? portBYTE_ALIGNMENT : bytes;
}

static void *allocate(struct quarry_heap *heap, size_t bytes)
{
    bytes = served_bytes(bytes);
    return portBYTE_ALIGNMENT > QUARRY_ALIGN_BYTES ? quarry_aligned_alloc(heap, portBYTE_ALIGNMENT, bytes)
                                                   : quarry_malloc(heap, bytes);
}

/* As in heap_4.c, a request of 0 bytes is refused. */
static void *try_malloc(struct port_heap *port, size_t bytes)
{
    void *block = NULL;
    enter();
    struct quarry_heap *heap = heap_of(port);
    if (heap != NULL && bytes != 0)
        block = allocate(heap, bytes);
    traceMALLOC(block, block == NULL ? 0 : quarry_usable_size(heap, block));
    leave();
    return block;
}

static void *port_malloc(struct port_heap *port, size_t bytes)
{
    void *block = try_malloc(port, bytes);
#if configUSE_MALLOC_FAILED_HOOK == 1
    if (block == NULL)
        vApplicationMallocFailedHook();
#endif
    return block;
}

/* Before the block is freed, as another task may have it at once. False: it is no live block, which was reported. */
static bool clear(struct port_heap *port, void *block)
{
    enter();
    struct quarry_heap *heap = heap_of(port);
    const size_t bytes = heap == NULL ? 0 : quarry_usable_size(heap, block);
    leave();
    (void)memset(block, 0, bytes);
    return bytes != 0;
}

static void port_free(struct port_heap *port, void *block)
{
    if (block == NULL || (configHEAP_CLEAR_MEMORY_ON_FREE == 1 && !clear(port, block)))
        return;
    enter();
    struct quarry_heap *heap = heap_of(port);
    if (heap != NULL) {
        traceFREE(block, quarry_usable_size(heap, block));
        quarry_free(heap, block);
    }
    leave();
}

void *pvPortMalloc(size_t xWantedSize)
{
    return port_malloc(&objects, xWantedSize);
}

void vPortFree(void *pv)
{
    port_free(&objects, pv);
}

/* As in heap_4.c, a product that overflows is refused without the hook. */
void *pvPortCalloc(size_t xNum, size_t xSize)
{
    size_t bytes;
    if (__builtin_mul_overflow(xNum, xSize, &bytes))
        return NULL;
    void *block = pvPortMalloc(bytes);
    if (block != NULL)
        (void)memset(block, 0, bytes);
    return block;
}

enum resized { RESIZED, RESIZED_LOOSELY /* it would be smaller elsewhere */, NOT_RESIZED, NO_BLOCK /* reported */ };

/* Resizes a block where it lies; *old_bytes: what it had. */
static enum resized resize(void *block, size_t bytes, size_t *old_bytes)
{
    enum resized resized = NO_BLOCK;
    enter();
    struct quarry_heap *heap = heap_of(&objects);
    *old_bytes = heap == NULL ? 0 : quarry_usable_size(heap, block);
    if (*old_bytes != 0) {
        resized = NOT_RESIZED;
        if (quarry_resize(heap, block, bytes)) {
            const size_t new_bytes = quarry_usable_size(heap, block);
            resized = new_bytes <= quarry_good_size(heap, served_bytes(bytes)) ? RESIZED : RESIZED_LOOSELY;
            if (new_bytes != *old_bytes) { /* for the trace, it was freed and came back */
                traceFREE(block, *old_bytes);
                traceMALLOC(block, new_bytes);
            }
        }
    }
    leave();
    return resized;
}

void *pvPortRealloc(void *pv, size_t xWantedSize)
{
    size_t old_bytes, bytes = xWantedSize == 0 ? 1 : xWantedSize;
    if (pv == NULL)
        return pvPortMalloc(xWantedSize);
    const enum resized resized = resize(pv, bytes, &old_bytes);
    if (resized == RESIZED || resized == NO_BLOCK)
        return resized == RESIZED ? pv : NULL;
    void *block = resized == NOT_RESIZED ? pvPortMalloc(bytes) : try_malloc(&objects, bytes);
    if (block == NULL)
        return resized == RESIZED_LOOSELY ? pv : NULL;
    (void)memcpy(block, pv, old_bytes < bytes ? old_bytes : bytes);
    vPortFree(pv);
    return block;
}

/* --- stacks --- */

#if configSTACK_ALLOCATION_FROM_SEPARATE_HEAP == 1 && defined(configQUARRY_STACK_HEAP_SIZE)
void *pvPortMallocStack(size_t xSize)
{
    return port_malloc(&stacks, xSize);
}

void vPortFreeStack(void *pv)
{
    port_free(&stacks, pv);
}
#endif

/* --- the life of the heap --- */

struct quarry_heap *pxPortGetQuarryHeap(void)
{
    enter();
    struct quarry_heap *heap = heap_of(&objects);
    leave();
    return heap;
}

void vPortInitialiseBlocks(void)
{
    (void)pxPortGetQuarryHeap();
}

/* Forgets a heap; the next use makes it anew. */
static void forget(struct port_heap *port)
{
    if (port->heap != NULL)
        quarry_destroy(port->heap);
    port->heap = NULL;
}

void vPortHeapResetState(void)
{
    forget(&objects);
#if configSTACK_ALLOCATION_FROM_SEPARATE_HEAP == 1 && defined(configQUARRY_STACK_HEAP_SIZE)
    forget(&stacks);
#endif
}

/* The first region makes the heap, unless there is one; the others are added. */
void vPortDefineHeapRegions(const HeapRegion_t *const pxHeapRegions)
{
    enter();
    if (objects.heap == NULL && objects.memory != NULL)
        (void)heap_of(&objects);
    for (const HeapRegion_t *region = pxHeapRegions; region->xSizeInBytes != 0; region++) {
        BaseType_t has_it;
        if (objects.heap == NULL) {
            objects.heap = make_heap(region->pucStartAddress, region->xSizeInBytes);
            has_it = objects.heap != NULL ? pdTRUE : pdFALSE;
        } else {
            has_it = quarry_add_region(objects.heap, region->pucStartAddress, region->xSizeInBytes) ? pdTRUE : pdFALSE;
        }
        configASSERT(has_it != pdFALSE); /* too short, or the heap has it already */
        (void)has_it;
    }
    leave();
    configASSERT(objects.heap != NULL);
}

/* --- figures --- */

/* Free memory is what blocks could still have: free slots of runs that are in use are in it. */
static void get_stats(struct quarry_stats *stats)
{
    (void)memset(stats, 0, sizeof *stats);
    enter();
    struct quarry_heap *heap = objects.heap;
    if (heap == NULL && objects.memory != NULL)
        heap = heap_of(&objects);
    if (heap != NULL)
        quarry_get_stats(heap, stats);
    leave();
}

size_t xPortGetFreeHeapSize(void)
{
    struct quarry_stats stats;
    get_stats(&stats);
    return stats.capacity_bytes - stats.used_bytes;
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    struct quarry_stats stats;
    get_stats(&stats);
    return stats.capacity_bytes - stats.used_peak_bytes;
}

void xPortResetHeapMinimumEverFreeHeapSize(void)
{
    enter();
    if (objects.heap != NULL)
        quarry_reset_peaks(objects.heap);
    leave();
}

void vPortGetHeapStats(HeapStats_t *pxHeapStats)
{
    struct quarry_stats stats;
    get_stats(&stats);
    pxHeapStats->xAvailableHeapSpaceInBytes = stats.capacity_bytes - stats.used_bytes;
    pxHeapStats->xSizeOfLargestFreeBlockInBytes = stats.largest_free_bytes;
    pxHeapStats->xSizeOfSmallestFreeBlockInBytes = stats.free_runs != 0 ? stats.smallest_free_bytes : SIZE_MAX;
    pxHeapStats->xNumberOfFreeBlocks = stats.free_runs;
    pxHeapStats->xMinimumEverFreeBytesRemaining = stats.capacity_bytes - stats.used_peak_bytes;
    pxHeapStats->xNumberOfSuccessfulAllocations = stats.requests;
    pxHeapStats->xNumberOfSuccessfulFrees = stats.frees;
}
