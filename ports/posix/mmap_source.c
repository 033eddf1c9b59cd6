/* SPDX-License-Identifier: MIT
 *
 * mmap_source.c: a page provider over mmap, munmap and, on Linux, mremap.
 *
 * A heap asks for multiples of 4,096 bytes. Where the system's pages are larger, each mapping is rounded up to them;
 * the heap never learns of the rest, and the same rounding finds it again when the memory is given back.
 */
#ifdef __linux__
#define _GNU_SOURCE
#else
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#endif
#include "mmap_source.h"

#include <sys/mman.h>
#include <unistd.h>

static size_t system_page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t mapped_bytes(size_t bytes)
{
    size_t page_bytes = system_page_bytes();
    return (bytes + page_bytes - 1) & ~(page_bytes - 1);
}

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* For an alignment above the system's pages: map more, and unmap what lies before and behind. */
static void *map_aligned(size_t bytes, size_t align_bytes)
{
    unsigned char *memory = map(bytes + align_bytes);
    if (memory == NULL)
        return NULL;
    size_t before_bytes = (size_t)(0 - (uintptr_t)memory) & (align_bytes - 1);
    if (before_bytes != 0)
        munmap(memory, before_bytes);
    munmap(memory + before_bytes + bytes, align_bytes - before_bytes);
    return memory + before_bytes;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context;
    if (bytes > SIZE_MAX / 2)
        return NULL;
    return align_bytes > system_page_bytes() ? map_aligned(mapped_bytes(bytes), align_bytes) : map(mapped_bytes(bytes));
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context;
    munmap(memory, mapped_bytes(bytes));
}

static bool truncate_in_place(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context;
    size_t kept_bytes = mapped_bytes(bytes), end_bytes = mapped_bytes(old_bytes);
    return kept_bytes == end_bytes || munmap((unsigned char *)memory + kept_bytes, end_bytes - kept_bytes) == 0;
}

static bool extend_in_place(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context;
    if (bytes > SIZE_MAX / 2)
        return false;
    size_t mapped = mapped_bytes(old_bytes), wanted = mapped_bytes(bytes);
    if (mapped == wanted)
        return true;
#ifdef __linux__
    return mremap(memory, mapped, wanted, 0) != MAP_FAILED; /* without MREMAP_MAYMOVE: where it lies, or not at all */
#else
    (void)memory;
    return false;
#endif
}

struct quarry_source quarry_mmap_source(void)
{
    return (struct quarry_source){.acquire = acquire,
                                  .release = release,
                                  .extend = extend_in_place,
                                  .truncate = truncate_in_place,
                                  .align_max_bytes = SIZE_MAX / 4 + 1};
}
