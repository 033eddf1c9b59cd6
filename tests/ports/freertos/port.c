/* SPDX-License-Identifier: MIT
 *
 * port.c: ports/freertos/heap_quarry.c beside a kernel that only counts. It is built once for each set of options in
 * freertos.mk; tests that an option rules out are left out. Ends, at the first failure at the latest, with "N passed, N
 * failed".
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "heap_options.h"
#include "heap_quarry.h"
#include "quarry.h"

static unsigned passed, locks_held, locked, asserts, hook_calls;

/* The first failure is the last: what follows it might crash. */
static void check(bool holds, const char *text, int line)
{
    if (!holds) {
        printf("FAIL %s:%d: %s\n%u passed, 1 failed\n", __FILE__, line, text, passed);
        exit(1);
    }
    passed++;
}

#define CHECK(condition) check(condition, #condition, __LINE__)

/* --- the kernel --- */

static void lock(void)
{
    locks_held++;
    locked++;
}

static void unlock(void)
{
    CHECK(locks_held != 0);
    locks_held--;
}

void vTaskSuspendAll(void)
{
    CHECK(configQUARRY_LOCK == 0);
    lock();
}

BaseType_t xTaskResumeAll(void)
{
    unlock();
    return pdFALSE;
}

void stub_enter_critical(void)
{
    CHECK(configQUARRY_LOCK == 1);
    lock();
}

void stub_exit_critical(void)
{
    unlock();
}

void stub_assert_failed(const char *text)
{
    (void)text;
    asserts++;
}

/* So many assertions have failed since the last call. */
#define CHECK_ASSERTS(count) (CHECK(asserts == (count)), asserts = 0)

static void *reserve_of_hook;

/* Outside the lock it may call the port again. */
void vApplicationMallocFailedHook(void)
{
    static bool is_inside;
    CHECK(locks_held == 0);
    if (is_inside)
        return;
    is_inside = true;
    hook_calls++;
    vPortFree(reserve_of_hook);
    reserve_of_hook = NULL;
    vPortFree(pvPortMalloc(8));
    is_inside = false;
}

#ifdef STUB_TRACES
static size_t traced_bytes, traces;

void stub_trace_malloc(void *block, size_t bytes)
{
    CHECK(locks_held == 1);
    CHECK((block != NULL) == (bytes != 0));
    traced_bytes += bytes;
    traces++;
}

void stub_trace_free(void *block, size_t bytes)
{
    CHECK(locks_held == 1 && block != NULL);
    traced_bytes -= bytes;
    traces++;
}
#endif

#if configENABLE_HEAP_PROTECTOR == 1
static unsigned canaries;
void vApplicationGetRandomHeapCanary(portPOINTER_SIZE_TYPE *canary);
void vApplicationGetRandomHeapCanary(portPOINTER_SIZE_TYPE *canary)
{
    canaries++;
    *canary = 0x2468ace1u;
}
#endif

/* --- the memory --- */

#if configQUARRY_REGIONS != 0
static uint8_t fast_memory[96 * 1024], slow_memory[160 * 1024];
static const HeapRegion_t regions[] = {
        {fast_memory, sizeof fast_memory}, {slow_memory + 3, sizeof slow_memory - 3}, {NULL, 0}};
#elif configAPPLICATION_ALLOCATED_HEAP == 1
uint8_t ucHeap[configTOTAL_HEAP_SIZE];
#ifdef configQUARRY_STACK_HEAP_SIZE
uint8_t ucStackHeap[configQUARRY_STACK_HEAP_SIZE];
#endif
#endif

/* As after a start. */
static void begin(void)
{
    vPortHeapResetState();
#if configQUARRY_REGIONS != 0
    vPortDefineHeapRegions(regions);
#endif
    hook_calls = 0;
    CHECK_ASSERTS(0);
}

static bool is_ours(const void *block)
{
    return quarry_owns(pxPortGetQuarryHeap(), block) && ((uintptr_t)block & (portBYTE_ALIGNMENT - 1)) == 0;
}

static HeapStats_t stats(void)
{
    HeapStats_t now;
    vPortGetHeapStats(&now);
    return now;
}

static bool are_equal(const HeapStats_t *a, const HeapStats_t *b)
{
    return a->xAvailableHeapSpaceInBytes == b->xAvailableHeapSpaceInBytes &&
           a->xSizeOfLargestFreeBlockInBytes == b->xSizeOfLargestFreeBlockInBytes &&
           a->xSizeOfSmallestFreeBlockInBytes == b->xSizeOfSmallestFreeBlockInBytes &&
           a->xNumberOfFreeBlocks == b->xNumberOfFreeBlocks;
}

/* --- tests --- */

static void test_first_use_makes_the_heap(void)
{
#if configQUARRY_REGIONS != 0
    CHECK(xPortGetFreeHeapSize() == 0);
    CHECK(stats().xSizeOfSmallestFreeBlockInBytes == SIZE_MAX);
    CHECK_ASSERTS(0);
    CHECK(pvPortMalloc(10) == NULL); /* and the hook tries, too */
    CHECK(asserts >= 2 && hook_calls != 0);
    asserts = 0;
    vPortFree(&fast_memory[8]);
    CHECK(asserts != 0);
    asserts = 0;
#else
    CHECK(xPortGetFreeHeapSize() > configTOTAL_HEAP_SIZE / 10 * 9);
    CHECK(xPortGetMinimumEverFreeHeapSize() == xPortGetFreeHeapSize());
    vPortHeapResetState();
    vPortInitialiseBlocks();
    CHECK(xPortGetFreeHeapSize() > configTOTAL_HEAP_SIZE / 10 * 9);
    CHECK_ASSERTS(0);
#endif
}

static void test_malloc_is_that_of_heap_4(void)
{
    begin();
    const size_t free_bytes = xPortGetFreeHeapSize();
    CHECK(pvPortMalloc(0) == NULL);
    CHECK(hook_calls == 1);
    void *blocks[200];
    for (unsigned i = 0; i < 200; i++) {
        blocks[i] = pvPortMalloc(i + 1);
        CHECK(blocks[i] != NULL && is_ours(blocks[i]));
        memset(blocks[i], (int)i, i + 1);
    }
    CHECK(pvPortMalloc(SIZE_MAX) == NULL && pvPortMalloc(SIZE_MAX / 2 + 2) == NULL);
    CHECK(hook_calls == 3);
    CHECK(xPortGetFreeHeapSize() <= free_bytes - 200 * 201 / 2);
    for (unsigned i = 0; i < 200; i++) {
        const unsigned char *bytes = blocks[i];
        CHECK(bytes[0] == i && bytes[i] == i);
        vPortFree(blocks[i]);
    }
    vPortFree(NULL);
    CHECK(xPortGetFreeHeapSize() == free_bytes);
    CHECK_ASSERTS(0);
}

static void test_calloc_clears_and_refuses_overflow(void)
{
    begin();
    void *dirty = pvPortMalloc(3000);
    CHECK(dirty != NULL);
    memset(dirty, 0xA5, 3000);
    vPortFree(dirty);
    unsigned char *block = pvPortCalloc(30, 100);
    CHECK(is_ours(block));
    for (unsigned i = 0; i < 3000; i++)
        CHECK(block[i] == 0);
    CHECK(pvPortCalloc(SIZE_MAX / 2, 3) == NULL && pvPortCalloc(3, SIZE_MAX / 2) == NULL);
    CHECK(hook_calls == 0);
    CHECK(pvPortCalloc(0, 5) == NULL && pvPortCalloc(5, 0) == NULL);
    CHECK(hook_calls == 2);
    vPortFree(block);
}

static bool has_pattern(const unsigned char *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (block[i] != (unsigned char)(i * 7 + 1))
            return false;
    }
    return true;
}

static void test_realloc_keeps_contents(void)
{
    begin();
    const size_t free_bytes = xPortGetFreeHeapSize();
    static const size_t sizes[] = {1, 24, 25, 100, 4000, 30000, 9000, 5000, 60, 61, 7, 20000, 0};
    unsigned char *block = pvPortRealloc(NULL, 10);
    CHECK(block != NULL);
    size_t old = 0;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0] && block != NULL; i++) {
        block = pvPortRealloc(block, sizes[i]);
        CHECK(block != NULL && is_ours(block));
        CHECK(has_pattern(block, old < sizes[i] ? old : sizes[i]));
        for (size_t at = 0; at < sizes[i]; at++)
            block[at] = (unsigned char)(at * 7 + 1);
        old = sizes[i];
        CHECK(quarry_usable_size(pxPortGetQuarryHeap(), block) <= old + 64 + old / 8);
    }
    unsigned char *other = pvPortMalloc(100);
    block = pvPortRealloc(block, 5000);
    CHECK(pvPortRealloc(block, 10 * sizeof(char) * 1024 * 1024) == NULL);
    CHECK(hook_calls == 1 && is_ours(block));
    CHECK(pvPortRealloc(block + 8, 100) == NULL);
    CHECK_ASSERTS(1);
    vPortFree(block);
    vPortFree(other);
    CHECK(xPortGetFreeHeapSize() == free_bytes);
    CHECK_ASSERTS(0);
}

/* All memory in blocks of one size; they are chained. */
static unsigned fill(size_t bytes, void **first)
{
    unsigned count = 0;
    *first = NULL;
    for (void **block; count < 100000 && (block = pvPortMalloc(bytes)) != NULL; count++) {
        *block = *first;
        *first = block;
    }
    return count;
}

static void empty(void *block)
{
    while (block != NULL) {
        void *next = *(void **)block;
        vPortFree(block);
        block = next;
    }
}

static void test_exhaustion_answers_null_and_all_comes_back(void)
{
    static const size_t sizes[] = {sizeof(void *), 24, 100, 1000, 5000, 40000};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        begin();
        const HeapStats_t before = stats();
        void *first;
        const unsigned count = fill(sizes[i], &first);
        CHECK(count * sizes[i] <= before.xAvailableHeapSpaceInBytes);
        CHECK(count * (sizes[i] + 600) > before.xAvailableHeapSpaceInBytes / 3);
        CHECK(hook_calls >= 1 && locks_held == 0);
        CHECK(xPortGetMinimumEverFreeHeapSize() <= xPortGetFreeHeapSize());
        empty(first);
        const HeapStats_t after = stats();
        CHECK(are_equal(&before, &after));
        CHECK(quarry_check(pxPortGetQuarryHeap()));
        CHECK_ASSERTS(0);
    }
}

/* The hook frees what was put by for it. */
static void test_failed_hook_may_call_the_port(void)
{
    begin();
    const HeapStats_t before = stats();
    void *first;
    reserve_of_hook = pvPortMalloc(2000);
    fill(1000, &first);
    CHECK(hook_calls >= 1 && reserve_of_hook == NULL);
    CHECK(pvPortMalloc(0) == NULL);
    void *more = pvPortMalloc(1000);
    CHECK(more != NULL);
    vPortFree(more);
    empty(first);
    const HeapStats_t after = stats();
    CHECK(are_equal(&before, &after));
    CHECK_ASSERTS(0);
}

static void test_misuse_ends_in_an_assertion_and_changes_nothing(void)
{
    begin();
    unsigned char *block = pvPortMalloc(100), *large = pvPortMalloc(20000), *freed = pvPortMalloc(40);
    static unsigned char foreign[64];
    CHECK(block != NULL && large != NULL && freed != NULL);
    memset(large, 0x11, 20000);
    vPortFree(freed);
    void *wrong[] = {freed, block + 8, block + 1, large + 4096, foreign, &wrong};
    const HeapStats_t before = stats();
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        vPortFree(wrong[i]);
        CHECK(asserts != 0);
        asserts = 0;
        CHECK(locks_held == 0);
    }
    const HeapStats_t after = stats();
    CHECK(are_equal(&before, &after) && before.xNumberOfSuccessfulFrees == after.xNumberOfSuccessfulFrees);
    CHECK(is_ours(block) && is_ours(large) && large[0] == 0x11 && large[19999] == 0x11);
    vPortFree(block);
    vPortFree(large);
    CHECK(quarry_check(pxPortGetQuarryHeap()));
    CHECK_ASSERTS(0);
}

static void test_figures_are_those_of_heap_4(void)
{
    begin();
    const HeapStats_t start = stats();
    const unsigned parts = configQUARRY_REGIONS != 0 ? 2 : 1;
    CHECK(start.xNumberOfFreeBlocks == parts);
    CHECK(start.xNumberOfSuccessfulAllocations == 0 && start.xNumberOfSuccessfulFrees == 0);
    CHECK(start.xMinimumEverFreeBytesRemaining == start.xAvailableHeapSpaceInBytes);
    void *blocks[6];
    for (unsigned i = 0; i < 6; i++)
        blocks[i] = pvPortMalloc(5000);
    CHECK(stats().xNumberOfSuccessfulAllocations == 6);
    const size_t least = xPortGetFreeHeapSize();
    CHECK(least <= start.xAvailableHeapSpaceInBytes - 30000 && stats().xAvailableHeapSpaceInBytes == least);
    vPortFree(blocks[1]);
    vPortFree(blocks[3]);
    const HeapStats_t now = stats();
    CHECK(now.xNumberOfSuccessfulFrees == 2 && now.xNumberOfFreeBlocks == parts + 2);
    CHECK(now.xSizeOfSmallestFreeBlockInBytes >= 5000 && now.xSizeOfSmallestFreeBlockInBytes < 6000);
    CHECK(now.xMinimumEverFreeBytesRemaining == least && xPortGetMinimumEverFreeHeapSize() == least);
    void *largest = pvPortMalloc(now.xSizeOfLargestFreeBlockInBytes);
    CHECK(largest != NULL);
    vPortFree(largest);
    xPortResetHeapMinimumEverFreeHeapSize();
    CHECK(xPortGetMinimumEverFreeHeapSize() == xPortGetFreeHeapSize());
    for (unsigned i = 0; i < 6; i++) {
        if (i != 1 && i != 3)
            vPortFree(blocks[i]);
    }
    CHECK(xPortGetFreeHeapSize() == start.xAvailableHeapSpaceInBytes);
    CHECK(xPortGetMinimumEverFreeHeapSize() < xPortGetFreeHeapSize());
    vPortHeapResetState();
#if configQUARRY_REGIONS != 0
    vPortDefineHeapRegions(regions);
#endif
    const HeapStats_t anew = stats();
    CHECK(are_equal(&start, &anew) && anew.xNumberOfSuccessfulAllocations == 0);
    CHECK_ASSERTS(0);
}

static uint32_t seed;

static uint32_t random_below(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(seed >> 8) * bound >> 24);
}

enum { SLOTS = 600 };

/* What is live never comes near the heap's size, so no request may be refused. */
static void run_random(unsigned slots, unsigned calls, size_t most_bytes)
{
    static struct {
        unsigned char *block;
        size_t bytes;
    } live[SLOTS];
    begin();
    const HeapStats_t before = stats();
    memset(live, 0, sizeof live);
    for (unsigned i = 0; i < calls + slots; i++) {
        const unsigned slot = i < calls ? random_below(slots) : i - calls;
        unsigned char *block = live[slot].block;
        const size_t bytes = 1 + random_below((uint32_t)most_bytes);
        if (i < calls && random_below(8) == 0) {
            block = pvPortRealloc(block, bytes);
            CHECK(block != NULL);
        } else if (block != NULL) {
            CHECK(has_pattern(block, live[slot].bytes));
            vPortFree(block);
            live[slot].block = NULL;
            continue;
        } else if (i < calls) {
            block = random_below(4) == 0 ? pvPortCalloc(1, bytes) : pvPortMalloc(bytes);
        }
        if (i >= calls)
            continue;
        CHECK(block != NULL && is_ours(block));
        for (size_t at = 0; at < bytes; at++)
            block[at] = (unsigned char)(at * 7 + 1);
        live[slot].block = block;
        live[slot].bytes = bytes;
    }
    CHECK(hook_calls == 0);
    CHECK(quarry_check(pxPortGetQuarryHeap()));
    const HeapStats_t after = stats();
    CHECK(are_equal(&before, &after));
    CHECK(after.xNumberOfSuccessfulAllocations == after.xNumberOfSuccessfulFrees);
    CHECK_ASSERTS(0);
}

static void test_random_calls_are_all_served(void)
{
    seed = 12345;
    run_random(24, 20000, 500);
    run_random(SLOTS, 40000, 150);
}

#if configHEAP_CLEAR_MEMORY_ON_FREE == 1
/* But for what the heap itself writes into free memory: two links. */
static void test_freed_memory_is_cleared(void)
{
    begin();
    static const size_t sizes[] = {64, 100, 3000};
    for (unsigned i = 0; i < 3; i++) {
        unsigned char *block = pvPortMalloc(sizes[i]), *next = pvPortMalloc(sizes[i]);
        memset(block, 0x77, sizes[i]);
        vPortFree(block);
        for (size_t at = 2 * sizeof(void *); at < sizes[i]; at++)
            CHECK(block[at] == 0 || QUARRY_CHECK_LEVEL >= 3); /* then it is filled */
        vPortFree(next);
    }
}
#endif

#ifdef STUB_TRACES
static void test_traces_add_up_to_used_bytes(void)
{
    begin();
    const size_t all = xPortGetFreeHeapSize();
    traced_bytes = traces = 0;
    void *blocks[2], *one = pvPortMalloc(20), *other = pvPortMalloc(2000);
    CHECK(traces == 2 && traced_bytes == all - xPortGetFreeHeapSize());
    CHECK(pvPortMalloc(SIZE_MAX) == NULL && traces >= 3);
    /* In place, as free memory follows; then elsewhere, as a block does. */
    for (unsigned round = 0; round < 2; round++) {
        other = pvPortRealloc(other, round == 0 ? 9000 : 20000);
        CHECK(other != NULL && traced_bytes == all - xPortGetFreeHeapSize());
        other = pvPortRealloc(other, round == 0 ? 5000 : 30);
        CHECK(other != NULL && traced_bytes == all - xPortGetFreeHeapSize());
        other = pvPortRealloc(other, 3000);
        CHECK(other != NULL && traced_bytes == all - xPortGetFreeHeapSize());
        blocks[round] = pvPortMalloc(3000);
    }
    vPortFree(blocks[0]);
    vPortFree(blocks[1]);
    vPortFree(one);
    vPortFree(other);
    CHECK(xPortGetFreeHeapSize() == all);
}
#endif

#if configQUARRY_REGIONS != 0
static void test_regions_are_one_heap(void)
{
    begin();
    void *first;
    unsigned in_fast = 0, in_slow = 0;
    fill(1000, &first);
    for (void *block = first; block != NULL; block = *(void **)block) {
        in_fast += (uintptr_t)block - (uintptr_t)fast_memory < sizeof fast_memory;
        in_slow += (uintptr_t)block - (uintptr_t)slow_memory < sizeof slow_memory;
    }
    CHECK(in_fast > 80 && in_slow > 140);
    empty(first);
    CHECK_ASSERTS(0);
    const HeapRegion_t again[] = {{slow_memory, 4096}, {NULL, 0}}, none[] = {{NULL, 0}};
    vPortDefineHeapRegions(again);
    CHECK_ASSERTS(1);
    vPortHeapResetState();
    vPortDefineHeapRegions(none);
    CHECK_ASSERTS(1);
    static uint8_t short_memory[40];
    const HeapRegion_t too_short[] = {
            {short_memory, sizeof short_memory}, {slow_memory, sizeof slow_memory}, {NULL, 0}};
    vPortDefineHeapRegions(too_short);
    CHECK_ASSERTS(1);
    CHECK(is_ours(pvPortMalloc(100)));
}
#else
static void test_regions_add_to_the_heap(void)
{
    static uint8_t more[64 * 1024];
    const HeapRegion_t added[] = {{more, sizeof more}, {NULL, 0}};
    begin();
    const size_t before = xPortGetFreeHeapSize();
    vPortDefineHeapRegions(added);
    CHECK(xPortGetFreeHeapSize() > before + 60000 && stats().xNumberOfFreeBlocks == 2);
    CHECK_ASSERTS(0);
    vPortDefineHeapRegions(added);
    CHECK_ASSERTS(1);
}
#endif

#ifdef configQUARRY_STACK_HEAP_SIZE
static void test_stacks_have_memory_of_their_own(void)
{
    begin();
    const size_t before = xPortGetFreeHeapSize();
    unsigned char *stack = pvPortMallocStack(2048);
    CHECK(stack != NULL && ((uintptr_t)stack & (portBYTE_ALIGNMENT - 1)) == 0);
    CHECK(xPortGetFreeHeapSize() == before && !quarry_owns(pxPortGetQuarryHeap(), stack));
#if configAPPLICATION_ALLOCATED_HEAP == 1
    CHECK((uintptr_t)stack - (uintptr_t)ucStackHeap < sizeof ucStackHeap);
#endif
    CHECK(pvPortMallocStack(configQUARRY_STACK_HEAP_SIZE) == NULL && hook_calls == 1);
    vPortFree(stack);
    CHECK(asserts != 0);
    asserts = 0;
    vPortFreeStack(stack);
    CHECK_ASSERTS(0);
    CHECK(pvPortMallocStack(2048) == stack);
}
#endif

int main(void)
{
    test_first_use_makes_the_heap();
    test_malloc_is_that_of_heap_4();
    test_calloc_clears_and_refuses_overflow();
    test_realloc_keeps_contents();
    test_exhaustion_answers_null_and_all_comes_back();
    test_failed_hook_may_call_the_port();
    test_misuse_ends_in_an_assertion_and_changes_nothing();
    test_figures_are_those_of_heap_4();
    test_random_calls_are_all_served();
#if configHEAP_CLEAR_MEMORY_ON_FREE == 1
    test_freed_memory_is_cleared();
#endif
#ifdef STUB_TRACES
    test_traces_add_up_to_used_bytes();
#endif
#if configQUARRY_REGIONS != 0
    test_regions_are_one_heap();
#else
    test_regions_add_to_the_heap();
#endif
#ifdef configQUARRY_STACK_HEAP_SIZE
    test_stacks_have_memory_of_their_own();
#endif
#if configENABLE_HEAP_PROTECTOR == 1
    CHECK(canaries != 0);
#endif
    CHECK(locks_held == 0 && locked != 0);
    printf("%u passed, 0 failed\n", passed);
    return 0;
}
