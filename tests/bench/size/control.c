/* SPDX-License-Identifier: MIT
 *
 * control.c: how much of a region is control data: the region less what a fresh heap has free; a program for the host.
 *
 * Prints a row for each region, the smallest first: bits, bytes of the region, bytes of control data.
 */
#include <stdio.h>
#include <stdlib.h>

#include "quarry.h"

enum { REGION_ALIGN_BYTES = 4096 };

int main(void)
{
    const size_t region_bytes[] = {quarry_min_region_bytes(), 4 << 10, 64 << 10, 1 << 20};
    for (size_t i = 0; i < sizeof region_bytes / sizeof region_bytes[0]; i++) {
        void *region = aligned_alloc(REGION_ALIGN_BYTES, region_bytes[i]);
        struct quarry_heap *heap = quarry_create(region, region_bytes[i], NULL);
        struct quarry_stats stats;
        if (heap == NULL) {
            fprintf(stderr, "control: no heap in %zu bytes\n", region_bytes[i]);
            return 1;
        }
        quarry_get_stats(heap, &stats);
        printf("%zu\t%zu\t%zu\n", sizeof(void *) * 8, region_bytes[i], region_bytes[i] - stats.free_bytes);
        free(region);
    }
    return 0;
}
