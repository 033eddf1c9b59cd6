/* SPDX-License-Identifier: MIT
 *
 * bytes.c: what a check level takes in bytes; a program for the host. Prints names and figures: control data of fresh
 * regions of two sizes, the smallest region of all, and what a block loses to the library, by what the contract says of
 * sizes: a large block is a whole number of pages, less what its user cannot have.
 */
#include <stdio.h>
#include <stdlib.h>

#include "quarry.h"

enum { REGION_ALIGN_BYTES = 4096 };

static struct quarry_heap *heap_in(size_t bytes)
{
    struct quarry_heap *heap = quarry_create(aligned_alloc(REGION_ALIGN_BYTES, bytes), bytes, NULL);
    if (heap == NULL) {
        fprintf(stderr, "bytes: no heap in %zu bytes\n", bytes);
        exit(1);
    }
    return heap;
}

static size_t control_bytes(size_t bytes)
{
    struct quarry_stats stats;
    quarry_get_stats(heap_in(bytes), &stats);
    return bytes - stats.free_bytes;
}

int main(void)
{
    size_t large = quarry_good_size(heap_in(65536), 4 * QUARRY_PAGE_BYTES + QUARRY_PAGE_BYTES / 2);
    printf("block\t%zu\n", (size_t)-large & (QUARRY_PAGE_BYTES - 1));
    printf("smallest heap\t%zu\n", quarry_min_region_bytes());
    printf("control of 4 KB\t%zu\n", control_bytes(4096));
    printf("control of 64 KB\t%zu\n", control_bytes(65536));
    return 0;
}
