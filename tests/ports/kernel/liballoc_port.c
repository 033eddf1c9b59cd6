/* SPDX-License-Identifier: MIT
 *
 * liballoc_port.c: ports/kernel/liballoc.c on a kernel's liballoc hooks. With QUARRY_LOCK_HOOK the lock must be held
 * whenever pages are asked for, never twice, and never when a call has ended; otherwise only the first call has it.
 */
#include <string.h>

#include "check.h"
#include "liballoc.h"

static int locked, locks;
static size_t least_pages = SIZE_MAX;
static bool must_reenter;
static void *block_of_reentry = &block_of_reentry;

int liballoc_lock(void)
{
    CHECK(locked == 0);
    locked = 1;
    locks++;
    return 0;
}

int liballoc_unlock(void)
{
    CHECK(locked == 1);
    locked = 0;
    return 0;
}

void *liballoc_alloc(size_t pages)
{
    CHECK(locked == 1 || QUARRY_LOCK != QUARRY_LOCK_HOOK);
    if (must_reenter)
        block_of_reentry = kmalloc(10);
    least_pages = pages < least_pages ? pages : least_pages;
    return frames_allocate(NULL, pages);
}

int liballoc_free(void *start, size_t pages)
{
    CHECK(locked == 1 || QUARRY_LOCK != QUARRY_LOCK_HOOK);
    frames_free(NULL, start, pages);
    return 0;
}

static void test_kernels_calls_are_served(void)
{
    static unsigned char *blocks[400];

    for (unsigned i = 0; i < 400; i++) {
        blocks[i] = i % 2 == 0 ? kmalloc(i * 29) : kcalloc(i, 13);
        CHECK(frames_have(blocks[i]));
        CHECK(blocks[i] == NULL || i % 2 == 0 || (blocks[i][0] == 0 && blocks[i][i * 13 - 1] == 0));
        if (blocks[i] != NULL)
            memset(blocks[i], (int)i, i % 2 == 0 ? i * 29 : i * 13);
    }
    for (unsigned i = 1; i < 400; i++) {
        unsigned char *block = krealloc(blocks[i], i * 40);
        CHECK(block != NULL && block[0] == (unsigned char)i && block[i * 13 - 1] == (unsigned char)i);
        blocks[i] = block;
    }
    for (unsigned i = 0; i < 400; i++)
        kfree(blocks[i]);
    CHECK(least_pages >= 16);
    CHECK(locked == 0 && (QUARRY_LOCK == QUARRY_LOCK_HOOK ? locks > 1200 : locks == 1));
}

static void test_edges_are_liballocs(void)
{
    void *block = kmalloc(0), *neighbour = kmalloc(0); /* so that their run stays */

    CHECK(block != NULL && neighbour != NULL);
    CHECK(krealloc(block, 0) == NULL); /* which frees it */
    kfree(block);
    CHECK_MISUSE(QUARRY_DOUBLE_FREE);
    kfree(neighbour);
    kfree(NULL);
    block = krealloc(NULL, 100);
    CHECK(block != NULL);
    CHECK(krealloc(block, (size_t)FRAMES * FRAME_BYTES) == NULL); /* liballoc copies to NULL here */
    kfree(block);
    CHECK(kcalloc(SIZE_MAX / 4, 5) == NULL && kmalloc((size_t)FRAMES * FRAME_BYTES) == NULL);
    CHECK(krealloc(NULL, 0) == NULL);
}

static void test_freed_memory_goes_back_in_pages(void)
{
    const size_t before = frames_in_use();
    void *block = kmalloc(3 * 1024 * 1024);

    CHECK(block != NULL && frames_in_use() >= before + 768);
    kfree(block);
    CHECK(frames_in_use() == before);
}

/* With the kernel's own lock it would wait for itself. */
static void test_request_from_inside_is_refused_and_reported(void)
{
    must_reenter = QUARRY_LOCK != QUARRY_LOCK_HOOK;
    void *block = kmalloc(3 * 1024 * 1024);
    CHECK(block != NULL);
    if (must_reenter) {
        CHECK(block_of_reentry == NULL);
        CHECK_MISUSE(QUARRY_REENTRY);
    }
    must_reenter = false;
    kfree(block);
}

int main(void)
{
    RUN(test_kernels_calls_are_served);
    RUN(test_edges_are_liballocs);
    RUN(test_freed_memory_goes_back_in_pages);
    RUN(test_request_from_inside_is_refused_and_reported);
    return check_end();
}
