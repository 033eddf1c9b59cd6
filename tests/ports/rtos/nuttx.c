/* SPDX-License-Identifier: MIT
 *
 * nuttx.c: NuttX's critical section; its heaps (mm_), and its user heap, whose malloc() and so on have nuttx_ in front
 * here.
 */
#define POSTURE_IS_MASKED 1u
#define POSTURE_IS_OPEN   0u
#include "posture.h"

#include <errno.h>
#include <string.h>

#include <nuttx/irq.h>
#include <nuttx/mm/mm.h>

const bool rtos_nests = true;

unsigned stub_panics;

void *nuttx_malloc(size_t size);
void *nuttx_calloc(size_t count, size_t size);
void *nuttx_zalloc(size_t size);
void *nuttx_realloc(void *memory, size_t size);
void *nuttx_memalign(size_t alignment, size_t size);
void nuttx_free(void *memory);
size_t nuttx_malloc_size(void *memory);
struct mallinfo nuttx_mallinfo(void);
struct mallinfo_task nuttx_mallinfo_task(const struct malltask *task);

irqstate_t enter_critical_section(void)
{
    return posture_mask();
}

void leave_critical_section(irqstate_t flags)
{
    posture_restore(flags);
}

static unsigned char regions[3][65536];

static void test_heaps(void)
{
#ifdef STUB_OLD_NUTTX
    struct mm_heap_s *heap = mm_initialize_pool("dtcm", regions[0], sizeof regions[0], NULL);
#else
    const struct mm_heap_config_s config = {.name = "dtcm", .start = regions[0], .size = sizeof regions[0]};
    struct mm_heap_s *heap = mm_initialize_pool(&config, NULL);
#endif

    CHECK(heap != NULL);
    const size_t before = mm_heapfree_largest(heap);
    for (unsigned i = 0; i < 300; i++) {
        unsigned char *block = mm_malloc(heap, i), *zero = mm_zalloc(heap, i), *many = mm_calloc(heap, 3, i);
        CHECK(block != NULL && zero != NULL && many != NULL && mm_malloc_size(heap, block) >= i);
        CHECK(i == 0 || zero == NULL || many == NULL || (zero[i - 1] == 0 && many[3 * i - 1] == 0));
        if (block != NULL)
            memset(block, 9, i);
        block = mm_realloc(heap, block, 3 * i + 1);
        CHECK(block != NULL && (i == 0 || block[i - 1] == 9) && mm_heapmember(heap, block));
        mm_free(heap, block);
        mm_free(heap, zero);
        CHECK(mm_realloc(heap, many, 0) == NULL && !mm_heapmember(heap, many));
    }
    void *block = mm_memalign(heap, 1024, 100);
    CHECK(block != NULL && (uintptr_t)block % 1024 == 0);
    struct mallinfo info = mm_mallinfo(heap);
    CHECK(info.aordblks == 1 && info.uordblks >= 100 && info.arena == (int)sizeof regions[0] && info.ordblks >= 1);
    CHECK(info.fordblks == (int)mm_heapfree(heap) && info.mxordblk > 0 && info.usmblks >= info.uordblks);
    mm_free(heap, block);
    CHECK(mm_heapfree_largest(heap) == before && stub_panics == 0);
    mm_free(heap, block);
    CHECK(stub_panics == 1);
    mm_addregion(heap, regions[1], sizeof regions[1]);
    mm_extend(heap, regions[2], sizeof regions[2], 0);
    CHECK(mm_mallinfo(heap).arena == (int)sizeof regions);
    CHECK(mm_mallinfo_task(heap, NULL).aordblks == 0 && mm_brkaddr(heap, 0) == NULL);
    mm_memdump(heap, NULL);
    mm_checkcorruption(heap);
    mm_uninitialize(heap);
}

static void test_before_it_is_made_a_heap_answers_null(void)
{
    char foreign[16];
    errno = 0;
    CHECK(nuttx_malloc(10) == NULL && errno == ENOMEM && nuttx_calloc(2, 5) == NULL && nuttx_zalloc(10) == NULL);
    CHECK(nuttx_memalign(16, 10) == NULL && nuttx_realloc(NULL, 10) == NULL && nuttx_malloc_size(foreign) == 0);
    CHECK(nuttx_mallinfo().arena == 0 && !umm_heapmember(foreign));
    umm_checkcorruption();
    nuttx_free(NULL);
    CHECK(mm_malloc(NULL, 10) == NULL && mm_heapfree(NULL) == 0 && mm_heapfree_largest(NULL) == 0);
    stub_panics = 0;
    nuttx_free(foreign);
    CHECK(stub_panics == 1 && nuttx_realloc(foreign, 10) == NULL && stub_panics == 2);
    umm_addregion(regions[1], sizeof regions[1]);
    CHECK(stub_panics == 3);
    umm_initialize(foreign, sizeof foreign); /* too short */
    CHECK(g_mmheap == NULL && nuttx_malloc(1) == NULL);
    stub_panics = 0;
}

static void test_wrong_pointers_panic_and_change_nothing(void)
{
    static char foreign[64];
    char *block = nuttx_malloc(100);
    stub_panics = 0;
    nuttx_free(block + 16);
    nuttx_free(foreign);
    CHECK(stub_panics == 2 && nuttx_mallinfo().aordblks == 1);
    nuttx_free(block);
    nuttx_free(block);
    CHECK(stub_panics == 3 && nuttx_mallinfo().aordblks == 0);
    CHECK(quarry_check((struct quarry_heap *)g_mmheap));
    stub_panics = 0;
}

static void test_user_heap(void)
{
    umm_initialize(regions[0], sizeof regions[0]);
    CHECK(g_mmheap != NULL);
    for (unsigned i = 0; i < 200; i++) {
        unsigned char *block = nuttx_malloc(i), *zero = nuttx_zalloc(i + 1), *many = nuttx_calloc(3, i);
        CHECK(block != NULL && zero != NULL && many != NULL && zero[i] == 0 && nuttx_malloc_size(block) >= i);
        block = nuttx_realloc(block, 500);
        CHECK(block != NULL && umm_heapmember(block));
        nuttx_free(block);
        nuttx_free(zero);
        CHECK(nuttx_realloc(many, 0) == NULL);
    }
    nuttx_free(NULL);
    void *block = nuttx_memalign(256, 10);
    CHECK(block != NULL && (uintptr_t)block % 256 == 0 && nuttx_mallinfo().aordblks == 1);
    nuttx_free(block);
    errno = 0;
    CHECK(nuttx_malloc(SIZE_MAX) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(nuttx_realloc(NULL, sizeof regions[0]) == NULL && errno == ENOMEM);
    umm_addregion(regions[1], sizeof regions[1]);
    umm_extend(regions[2], sizeof regions[2], 0);
    CHECK(nuttx_mallinfo().arena == (int)sizeof regions && nuttx_mallinfo().uordblks == 0);
    CHECK(nuttx_mallinfo_task(NULL).uordblks == 0 && umm_brkaddr(0) == NULL);
    umm_memdump(NULL);
    umm_checkcorruption();
}

void rtos_own_tests(void)
{
    test_masked_caller();
    test_before_it_is_made_a_heap_answers_null();
    test_heaps();
    test_user_heap();
    test_wrong_pointers_panic_and_change_nothing();
}
