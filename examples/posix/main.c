/* SPDX-License-Identifier: MIT
 *
 * main.c: a process with a heap of its own on mmap. To start your own, copy this folder. `make preload` runs a program
 * that exists on Quarry instead of the C library's allocator.
 */
#include <stdio.h>

#include "mmap_source.h"

int main(void)
{
    const struct quarry_source source = quarry_mmap_source();
    struct quarry_heap *heap = quarry_create_from_source(&source, NULL);
    void *small = quarry_malloc(heap, 100), *huge = quarry_malloc(heap, 100 * 1024 * 1024);
    if (small == NULL || huge == NULL)
        return 1;
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    printf("%zu blocks, %zu bytes in use\n", stats.blocks, stats.used_bytes);
    quarry_free(heap, small);
    quarry_free(heap, huge);
    quarry_destroy(heap);
    return 0;
}
