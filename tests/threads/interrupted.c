/* SPDX-License-Identifier: MIT
 *
 * interrupted.c: what lies between two parts of a call that has the lock twice may be an interrupt, or another thread.
 *
 * A page of the memory that realloc reads, or that calloc clears, cannot be accessed. The signal's handler plays the
 * interrupt: it calls the heap, which waits for ever if the lock is held, and opens the page. What the handler sees is
 * the state in between; what it does is what an interrupt may do, or what is a caller's bug.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "quarry.h"

enum { FRAME = 4096, REGION_BYTES = 64 * FRAME, OLD_BYTES = 8 * FRAME, NEW_BYTES = 12 * FRAME, SECONDS = 60 };

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
static pthread_mutex_t heap_mutex = PTHREAD_MUTEX_INITIALIZER;

uintptr_t quarry_lock_hook(const struct quarry_heap *locked)
{
    pthread_mutex_lock(&heap_mutex);
    return (uintptr_t)locked;
}

void quarry_unlock_hook(const struct quarry_heap *locked, uintptr_t saved)
{
    if (saved != (uintptr_t)locked)
        abort();
    pthread_mutex_unlock(&heap_mutex);
}
#endif

static struct quarry_heap *heap;
static unsigned char *old_block;
static void *closed_page;
static void (*interrupt)(void);
static unsigned interrupts, reports, passed, failed;
static enum quarry_misuse_kind reported;
static const char *scene;

static void expect(bool held, const char *what)
{
    if (held) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL %s: %s\n", scene, what);
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    reports++;
    reported = misuse->kind;
}

static void on_access(int number)
{
    (void)number;
    if (closed_page == NULL || interrupts++ != 0)
        _exit(3);
    mprotect(closed_page, FRAME, PROT_READ | PROT_WRITE);
    interrupt();
}

static size_t live_blocks(void)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    return stats.blocks;
}

/* --- what an interrupt does --- */

static void look_and_allocate(void)
{
    expect(quarry_check(heap), "the heap is whole in between");
    if (old_block != NULL)
        expect(quarry_owns(heap, old_block) && live_blocks() == 3, "the old and the new block are live in between");
    void *block = quarry_malloc(heap, 100);
    expect(block != NULL && quarry_check(heap), "an interrupt may allocate in between");
    quarry_free(heap, block);
}

static void free_old_block(void)
{
    quarry_free(heap, old_block);
}

static void free_old_block_and_use_its_place(void)
{
    quarry_free(heap, old_block);
    expect(quarry_malloc(heap, NEW_BYTES / 4) == old_block, "the place is handed out again");
}

/* --- scenes --- */

static void begin(const char *name, void (*what)(void))
{
    static unsigned char *region;
    const struct quarry_options options = {.on_misuse = on_misuse};
    if (region == NULL)
        region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    heap = quarry_create(region, REGION_BYTES, &options);
    scene = name;
    interrupt = what;
    interrupts = reports = 0;
    old_block = NULL;
}

/* In the middle of a block that begins at address. */
static void close_page(const unsigned char *address)
{
    closed_page = (void *)(((uintptr_t)address + 2 * FRAME) & ~(uintptr_t)(FRAME - 1));
    mprotect(closed_page, FRAME, PROT_NONE);
}

/* Another block stands behind it, so that it cannot grow where it lies. */
static void *realloc_old_block(size_t align_bytes)
{
    old_block = quarry_malloc(heap, OLD_BYTES);
    expect(old_block != NULL && quarry_malloc(heap, FRAME) != NULL, "there is room");
    for (unsigned i = 0; i < OLD_BYTES; i++)
        old_block[i] = (unsigned char)(i * 7);
    close_page(old_block);
    void *block = align_bytes == 1 ? quarry_realloc(heap, old_block, NEW_BYTES)
                                   : quarry_aligned_realloc(heap, old_block, align_bytes, NEW_BYTES);
    expect(interrupts == 1, "the contents are copied where an interrupt may come");
    return block;
}

static void move(const char *name, size_t align_bytes)
{
    bool is_same = true;
    begin(name, look_and_allocate);
    const unsigned char *block = realloc_old_block(align_bytes);
    expect(block != NULL && block != old_block, "the block is moved");
    for (unsigned i = 0; block != NULL && i < OLD_BYTES; i++)
        is_same &= block[i] == (unsigned char)(i * 7);
    expect(is_same, "the contents are the same");
    expect(!quarry_owns(heap, old_block), "the old block is gone");
    expect(reports == 0 && live_blocks() == 2 && quarry_check(heap), "nothing else has changed");
}

/* The caller's bug: NULL, and a report. */
static void move_what_is_freed(const char *name, void (*what)(void), size_t left)
{
    begin(name, what);
    expect(realloc_old_block(1) == NULL, "the answer is NULL");
    expect(reports == 1 && (reported == QUARRY_DOUBLE_FREE || reported == QUARRY_INVALID_POINTER),
           "the bug is reported, once");
    expect(live_blocks() == left && quarry_check(heap), "the heap is whole, and the new block is freed");
}

static bool find_free_run(void *context, const struct quarry_block *block)
{
    if (block->free && block->kind == QUARRY_LARGE && block->bytes >= NEW_BYTES)
        *(const void **)context = block->pointer;
    return *(const void **)context == NULL;
}

/* From check level 3 the library looks at free memory with the lock. */
static void clear_with_an_interrupt(void)
{
    const void *run = NULL;
    bool is_zero = true;
    if (QUARRY_CHECK_LEVEL >= 3)
        return;
    begin("calloc", look_and_allocate);
    quarry_walk(heap, find_free_run, &run);
    close_page(run);
    const unsigned char *block = quarry_calloc(heap, NEW_BYTES / 4, 4);
    expect(block == run && interrupts == 1, "memory is cleared where an interrupt may come");
    for (unsigned i = 0; block != NULL && i < NEW_BYTES; i++)
        is_zero &= block[i] == 0;
    expect(is_zero, "the memory is zero");
    expect(reports == 0 && live_blocks() == 1 && quarry_check(heap), "nothing else has changed");
}

int main(void)
{
    const struct sigaction action = {.sa_handler = on_access};
    sigaction(SIGSEGV, &action, NULL);
    alarm(SECONDS);
    move("realloc", 1);
    move("aligned_realloc", 2 * FRAME);
    move_what_is_freed("realloc of a block that is freed meanwhile", free_old_block, 1);
    if (QUARRY_CHECK_LEVEL < 3) /* where a freed block's place is not used again at once */
        move_what_is_freed("realloc of a block whose place is used meanwhile", free_old_block_and_use_its_place, 2);
    clear_with_an_interrupt();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
