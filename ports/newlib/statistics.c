/* SPDX-License-Identifier: MIT
 *
 * statistics.c: mallinfo(), and malloc_stats(), which prints: it needs stderr and fprintf(), so both are in a file of
 * their own.
 */
#include <malloc.h>
#include <stdio.h>

#include "names.h"

#ifdef __PICOLIBC__
struct _reent; /* picolibc has none, and calls none of the names with _r */
#endif

struct mallinfo libc_mallinfo(void) LINKED_AS(mallinfo);
struct mallinfo libc_mallinfo_r(struct _reent *reent) LINKED_AS(_mallinfo_r);
void libc_malloc_stats(void) LINKED_AS(malloc_stats);
void libc_malloc_stats_r(struct _reent *reent) LINKED_AS(_malloc_stats_r);
void libc_mstats(const char *title) LINKED_AS(mstats);
void libc_mstats_r(struct _reent *reent, const char *title) LINKED_AS(_mstats_r);

static struct quarry_stats read_stats(void)
{
    struct quarry_stats stats = {0};
    struct quarry_heap *heap = quarry_libc_heap();
    if (heap != NULL)
        quarry_get_stats(heap, &stats);
    return stats;
}

/* arena is all memory; uordblks is that of live blocks, fordblks that of free pages, ordblks how many runs these are.
 * The rest is control data, and free slots in runs of small blocks. */
struct mallinfo libc_mallinfo(void)
{
    const struct quarry_stats stats = read_stats();
    return (struct mallinfo){
            .arena = stats.acquired_bytes,
            .ordblks = stats.free_runs,
            .uordblks = stats.used_bytes,
            .fordblks = stats.free_bytes,
    };
}

struct mallinfo libc_mallinfo_r(struct _reent *reent)
{
    (void)reent;
    return libc_mallinfo();
}

/* The three lines of newlib's. */
void libc_malloc_stats(void)
{
    const struct quarry_stats stats = read_stats();
    fprintf(stderr, "max system bytes = %10lu\n", (unsigned long)stats.acquired_peak_bytes);
    fprintf(stderr, "system bytes     = %10lu\n", (unsigned long)stats.acquired_bytes);
    fprintf(stderr, "in use bytes     = %10lu\n", (unsigned long)stats.used_bytes);
}

void libc_malloc_stats_r(struct _reent *reent)
{
    (void)reent;
    libc_malloc_stats();
}

void libc_mstats(const char *title)
{
    fprintf(stderr, "Memory allocation statistics %s\n", title);
    libc_malloc_stats();
}

void libc_mstats_r(struct _reent *reent, const char *title)
{
    (void)reent;
    libc_mstats(title);
}
