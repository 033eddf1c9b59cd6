/* SPDX-License-Identifier: MIT
 *
 * mmap_source.c: a page provider over mmap, munmap and, on Linux, mremap.
 *
 * A heap asks for multiples of 4,096 bytes. Where the system's pages are larger, each mapping is rounded up to them;
 * the heap never learns of the rest, and the same rounding finds it again when the memory is released.
 *
 * munmap may fail: a process may have only so many mappings, and unmapping the middle of one makes two. Memory that
 * could not be unmapped goes into a list, which lies in that memory. Each later release tries to unmap it again, and
 * acquire uses it where the system has no more. The list is changed by single atomic steps, as heaps on several threads
 * share it. Only an acquire that fails changes errno.
 */
#ifdef __linux__
#define _GNU_SOURCE
#else
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#endif
#include "mmap_source.h"

#include <errno.h>
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

/* --- memory that could not be unmapped --- */

/* Stands at the start of such memory. */
struct unreleased {
    struct unreleased *next;
    size_t bytes;
};

static struct unreleased *unreleased_list;

static void put_into_list(void *memory, size_t bytes)
{
    struct unreleased *entry = memory;
    entry->bytes = bytes;
    entry->next = __atomic_load_n(&unreleased_list, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&unreleased_list, &entry->next, entry, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
    }
}

/* The whole list, which is empty then: so no entry that another thread looks at is unmapped. */
static struct unreleased *remove_all_from_list(void)
{
    if (__atomic_load_n(&unreleased_list, __ATOMIC_RELAXED) == NULL)
        return NULL;
    return __atomic_exchange_n(&unreleased_list, NULL, __ATOMIC_ACQUIRE);
}

static void unmap_or_put_into_list(void *memory, size_t bytes)
{
    if (munmap(memory, bytes) != 0)
        put_into_list(memory, bytes);
}

static void unmap_list(void)
{
    for (struct unreleased *entry = remove_all_from_list(), *next; entry != NULL; entry = next) {
        next = entry->next;
        unmap_or_put_into_list(entry, entry->bytes);
    }
}

/* An entry of the list that is so long and so aligned, or NULL. */
static void *find_in_list(size_t bytes, size_t align_bytes)
{
    void *found = NULL;
    for (struct unreleased *entry = remove_all_from_list(), *next; entry != NULL; entry = next) {
        next = entry->next;
        if (found == NULL && entry->bytes == bytes && ((uintptr_t)entry & (align_bytes - 1)) == 0)
            found = entry;
        else
            put_into_list(entry, entry->bytes);
    }
    return found;
}

/* --- the callbacks --- */

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
        unmap_or_put_into_list(memory, before_bytes);
    unmap_or_put_into_list(memory + before_bytes + bytes, align_bytes - before_bytes);
    return memory + before_bytes;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context;
    if (bytes > SIZE_MAX / 2)
        return NULL;
    const int saved_errno = errno;
    const size_t mapped = mapped_bytes(bytes);
    void *memory = align_bytes > system_page_bytes() ? map_aligned(mapped, align_bytes) : map(mapped);
    if (memory == NULL)
        memory = find_in_list(mapped, align_bytes);
    if (memory != NULL)
        errno = saved_errno;
    return memory;
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context;
    const int saved_errno = errno; /* POSIX 2024: free() leaves it as it is */
    unmap_list();
    unmap_or_put_into_list(memory, mapped_bytes(bytes));
    errno = saved_errno;
}

static bool truncate_in_place(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context;
    const size_t new_end = mapped_bytes(bytes), old_end = mapped_bytes(old_bytes);
    if (new_end == old_end)
        return true;
    const int saved_errno = errno;
    const bool done = munmap((unsigned char *)memory + new_end, old_end - new_end) == 0;
    errno = saved_errno;
    return done;
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
    const int saved_errno = errno;
    const bool done = mremap(memory, mapped, wanted, 0) != MAP_FAILED; /* where it lies, or not at all */
    errno = saved_errno;
    return done;
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
