/* SPDX-License-Identifier: MIT
 *
 * malloc.c: the C library's allocator for a process, as a shared library for LD_PRELOAD: to try Quarry under programs
 * that exist, on a desktop.
 *
 * One heap on mmap, made by the first call, which the dynamic linker makes before any constructor runs, while there is
 * one thread. process_lock.c excludes threads. Nothing here is thread-local. Results and errno are those of glibc.
 * The functions have names of their own in C, so that the compiler does not take them for those that it knows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/libc_rules.h"

#include "mmap_source.h"
#include "process_lock.h"

#define EXPORTED_AS(name) __asm__(#name) __attribute__((visibility("default")))

void *process_malloc(size_t bytes) EXPORTED_AS(malloc);
void *process_calloc(size_t count, size_t bytes) EXPORTED_AS(calloc);
void *process_realloc(void *block, size_t bytes) EXPORTED_AS(realloc);
void *process_reallocarray(void *block, size_t count, size_t bytes) EXPORTED_AS(reallocarray);
void process_free(void *block) EXPORTED_AS(free);
void process_cfree(void *block) EXPORTED_AS(cfree);
void process_free_sized(void *block, size_t bytes) EXPORTED_AS(free_sized);
void process_free_aligned_sized(void *block, size_t align_bytes, size_t bytes) EXPORTED_AS(free_aligned_sized);
void *process_aligned_alloc(size_t align_bytes, size_t bytes) EXPORTED_AS(aligned_alloc);
void *process_memalign(size_t align_bytes, size_t bytes) EXPORTED_AS(memalign);
int process_posix_memalign(void **block, size_t align_bytes, size_t bytes) EXPORTED_AS(posix_memalign);
void *process_valloc(size_t bytes) EXPORTED_AS(valloc);
void *process_pvalloc(size_t bytes) EXPORTED_AS(pvalloc);
size_t process_malloc_usable_size(void *block) EXPORTED_AS(malloc_usable_size);
int process_malloc_trim(size_t pad_bytes) EXPORTED_AS(malloc_trim);
int process_mallopt(int parameter, int value) EXPORTED_AS(mallopt);
struct mallinfo process_mallinfo(void) EXPORTED_AS(mallinfo);
struct mallinfo2 process_mallinfo2(void) EXPORTED_AS(mallinfo2);
void process_malloc_stats(void) EXPORTED_AS(malloc_stats);
int process_malloc_info(int options, FILE *file) EXPORTED_AS(malloc_info);

/* --- the heap --- */

static struct quarry_heap *made_heap;

static const char *kind_of(const struct quarry_misuse *misuse)
{
    static const char *const kinds[] = {
            [QUARRY_DOUBLE_FREE] = "double free",
            [QUARRY_INVALID_POINTER] = "invalid pointer",
            [QUARRY_WRONG_SIZE] = "wrong size",
            [QUARRY_OVERRUN] = "overrun",
            [QUARRY_WRITE_AFTER_FREE] = "write after free",
            [QUARRY_CORRUPT] = "corrupt heap",
            [QUARRY_REENTRY] = "re-entry",
    };
    return kinds[misuse->kind];
}

/* A process ends after misuse, as under glibc. The lock is released: a handler of SIGABRT may allocate. */
static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    char text[96];
    const int bytes = snprintf(text, sizeof text, "quarry: %s: %p\n", kind_of(misuse), misuse->pointer);
    const ssize_t written = write(STDERR_FILENO, text, (size_t)bytes);
    (void)written;
    process_unlock();
    abort();
}

static struct quarry_heap *make_heap(void)
{
    const struct quarry_source source = quarry_mmap_source();
    const struct quarry_options options = {.on_misuse = on_misuse};
    made_heap = quarry_create_from_source(&source, &options);
    return made_heap;
}

/* NULL if the system has no memory for it; the next call tries again. */
static inline struct quarry_heap *process_heap(void)
{
    return made_heap != NULL ? made_heap : make_heap();
}

/* --- requests --- */

static size_t system_page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static inline void *allocate_aligned(size_t align_bytes, size_t bytes)
{
    struct quarry_heap *heap = process_heap();
    return heap != NULL ? quarry_aligned_alloc(heap, align_bytes, bytes) : NULL;
}

void *process_malloc(size_t bytes)
{
    struct quarry_heap *heap = process_heap();
    return with_errno(heap != NULL ? quarry_malloc(heap, bytes) : NULL);
}

void *process_calloc(size_t count, size_t bytes)
{
    struct quarry_heap *heap = process_heap();
    return with_errno(heap != NULL ? quarry_calloc(heap, count, bytes) : NULL);
}

/* realloc(block, 0) frees, as glibc's does. */
void *process_realloc(void *block, size_t bytes)
{
    struct quarry_heap *heap = process_heap();
    if (heap == NULL)
        return with_errno(NULL);
    if (bytes == 0 && block != NULL) {
        quarry_free(heap, block);
        return NULL;
    }
    return with_errno(quarry_realloc(heap, block, bytes));
}

void *process_reallocarray(void *block, size_t count, size_t bytes)
{
    return reallocarray_by(process_realloc, block, count, bytes);
}

void process_free(void *block)
{
    if (block != NULL && process_heap() != NULL)
        quarry_free(made_heap, block);
}

void process_cfree(void *block)
{
    process_free(block);
}

void process_free_sized(void *block, size_t bytes)
{
    if (block != NULL && process_heap() != NULL)
        quarry_free_sized(made_heap, block, bytes);
}

void process_free_aligned_sized(void *block, size_t align_bytes, size_t bytes)
{
    (void)align_bytes;
    process_free_sized(block, bytes);
}

void *process_aligned_alloc(size_t align_bytes, size_t bytes)
{
    return aligned_alloc_by(allocate_aligned, align_bytes, bytes);
}

/* Rounds the alignment up to a power of two, as glibc's does. */
void *process_memalign(size_t align_bytes, size_t bytes)
{
    size_t power = 1;
    while (power < align_bytes && power <= SIZE_MAX / 2) {
        power *= 2;
    }
    return aligned_alloc_by(allocate_aligned, power >= align_bytes ? power : 0, bytes);
}

int process_posix_memalign(void **block, size_t align_bytes, size_t bytes)
{
    const int saved_errno = errno;
    const int answer = posix_memalign_by(allocate_aligned, block, align_bytes, bytes);
    errno = saved_errno;
    return answer;
}

void *process_valloc(size_t bytes)
{
    return with_errno(allocate_aligned(system_page_bytes(), bytes));
}

void *process_pvalloc(size_t bytes)
{
    return with_errno(pvalloc_by(allocate_aligned, system_page_bytes(), bytes));
}

size_t process_malloc_usable_size(void *block)
{
    return block != NULL && process_heap() != NULL ? quarry_usable_size(made_heap, block) : 0;
}

int process_malloc_trim(size_t pad_bytes)
{
    (void)pad_bytes;
    return process_heap() != NULL && quarry_trim(made_heap) != 0;
}

/* There is nothing to set. 1, as glibc says of a parameter that it knows: programs take 0 for a failure. */
int process_mallopt(int parameter, int value)
{
    (void)parameter, (void)value;
    return 1;
}

/* --- figures --- */

static struct quarry_stats read_stats(void)
{
    struct quarry_stats stats = {0};
    if (process_heap() != NULL)
        quarry_get_stats(made_heap, &stats);
    return stats;
}

struct mallinfo2 process_mallinfo2(void)
{
    const struct quarry_stats stats = read_stats();
    return (struct mallinfo2){
            .arena = stats.acquired_bytes,
            .ordblks = stats.free_runs,
            .uordblks = stats.used_bytes,
            .fordblks = stats.free_bytes,
    };
}

struct mallinfo process_mallinfo(void)
{
    const struct mallinfo2 info = process_mallinfo2();
    return (struct mallinfo){
            .arena = (int)info.arena,
            .ordblks = (int)info.ordblks,
            .uordblks = (int)info.uordblks,
            .fordblks = (int)info.fordblks,
    };
}

/* Writes without stdio, which may allocate, and which a program may have closed. */
static void print_stats(int file, const char *title)
{
    const struct quarry_stats stats = read_stats();
    char text[256];
    const int bytes = snprintf(text, sizeof text,
                               "quarry: %s: %zu blocks, %zu bytes used, %zu at most; %zu bytes from the system, "
                               "%zu at most; %zu requests refused\n",
                               title, stats.blocks, stats.used_bytes, stats.used_peak_bytes, stats.acquired_bytes,
                               stats.acquired_peak_bytes, stats.failures);
    const ssize_t written = write(file, text, (size_t)bytes);
    (void)written;
}

void process_malloc_stats(void)
{
    print_stats(STDERR_FILENO, program_invocation_short_name);
}

int process_malloc_info(int options, FILE *file)
{
    if (options != 0)
        return EINVAL;
    const struct quarry_stats stats = read_stats();
    return fprintf(file,
                   "<malloc version=\"1\">\n<total type=\"used\" count=\"%zu\" size=\"%zu\"/>\n"
                   "<system type=\"current\" size=\"%zu\"/>\n<system type=\"max\" size=\"%zu\"/>\n</malloc>\n",
                   stats.blocks, stats.used_bytes, stats.acquired_bytes, stats.acquired_peak_bytes) < 0
                   ? -1
                   : 0;
}

/* QUARRY_REPORT names a file: each process adds a line to it when it ends by exit(). */
__attribute__((destructor)) static void report_at_exit(void)
{
    const char *name = getenv("QUARRY_REPORT");
    const int file = name != NULL ? open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (file < 0)
        return;
    print_stats(file, program_invocation_short_name);
    close(file);
}
