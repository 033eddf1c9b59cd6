/* SPDX-License-Identifier: MIT
 *
 * liballoc.c: Quarry in the place of liballoc.c and liballoc_1_1.c. The kernel's own liballoc.h and four hooks stay:
 *
 *   int   liballoc_lock(void)                   0: the lock is held
 *   int   liballoc_unlock(void)                 0: it is released
 *   void *liballoc_alloc(size_t pages)          so many neighbouring pages, or NULL
 *   int   liballoc_free(void *start, size_t pages)   what liballoc_alloc answered; 0: done
 *
 * PREFIX(malloc), PREFIX(calloc), PREFIX(realloc) and PREFIX(free) mean what they mean there: a size of 0 is 1, realloc
 * to 0 frees. What is asked of liballoc_alloc is LIBALLOC_PAGES pages at least, as there. Hooks are called under the
 * lock, as there, and what the lock hooks answer is not looked at, as there. With a QUARRY_LOCK other than HOOK the
 * library's own lock serves calls, and liballoc_lock only the first one, which makes the heap.
 *
 * What differs: misuse is found exactly and goes to quarry_panic(). A calloc whose product overflows, and one that
 * finds no memory, answer NULL. So does a realloc that finds none, and the block stays.
 */
#include <stddef.h>
#include <stdint.h>

#include "quarry.h"

#include "liballoc.h"

/* liballoc.h has it; some kernels' copies do not. */
#ifndef PREFIX
#define PREFIX(name) k##name
#endif

/* Bytes of a page, as a power of two, and pages of a chunk: a power of two. */
#ifndef LIBALLOC_PAGE_SHIFT
#define LIBALLOC_PAGE_SHIFT 12
#endif
#ifndef LIBALLOC_PAGES
#define LIBALLOC_PAGES 16
#endif

#define PAGE_BYTES ((size_t)1 << LIBALLOC_PAGE_SHIFT)

static struct quarry_heap *heap;

static size_t pages_of(size_t bytes)
{
    return (bytes + (PAGE_BYTES - 1)) >> LIBALLOC_PAGE_SHIFT;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes; /* never above a page */
    return liballoc_alloc(pages_of(bytes));
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context;
    liballoc_free(memory, pages_of(bytes));
}

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
uintptr_t quarry_lock_hook(const struct quarry_heap *locked)
{
    (void)locked;
    liballoc_lock();
    return 0;
}

void quarry_unlock_hook(const struct quarry_heap *locked, uintptr_t saved)
{
    (void)locked, (void)saved;
    liballoc_unlock();
}
#endif

/* The first call makes the heap, as in liballoc. Making a heap takes no lock of the library's, so the hook serves. */
static struct quarry_heap *heap_of_kernel(void)
{
    const struct quarry_source source = {.acquire = acquire, .release = release};
    const struct quarry_options options = {.chunk_bytes = LIBALLOC_PAGES * PAGE_BYTES};
    if (heap == NULL) {
        liballoc_lock();
        if (heap == NULL)
            heap = quarry_create_from_source(&source, &options);
        liballoc_unlock();
    }
    return heap;
}

void *PREFIX(malloc)(size_t bytes)
{
    return heap_of_kernel() == NULL ? NULL : quarry_malloc(heap, bytes);
}

void *PREFIX(calloc)(size_t count, size_t bytes)
{
    return heap_of_kernel() == NULL ? NULL : quarry_calloc(heap, count, bytes);
}

void PREFIX(free)(void *block)
{
    if (block != NULL && heap_of_kernel() != NULL)
        quarry_free(heap, block);
}

void *PREFIX(realloc)(void *block, size_t bytes)
{
    if (bytes == 0) {
        PREFIX(free)(block);
        return NULL;
    }
    return heap_of_kernel() == NULL ? NULL : quarry_realloc(heap, block, bytes);
}
