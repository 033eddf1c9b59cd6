/* SPDX-License-Identifier: MIT
 *
 * main.c: a Zephyr application whose malloc() is Quarry, and which has a heap of its own beside it. To start your own,
 * copy this folder.
 */
#include <stdlib.h>

#include <zephyr/kernel.h>

#include "quarry.h"

struct quarry_heap *quarry_zephyr_heap(void); /* the module's: that of malloc() */
QUARRY_HEAP_DEFINE(packets, 8 * 1024);

int main(void)
{
    struct quarry_stats stats;
    char *text = malloc(100);
    void *packet = quarry_aligned_alloc(packets(), 32, 1500);
    if (text == NULL || packet == NULL)
        return 1;
    quarry_get_stats(quarry_zephyr_heap(), &stats);
    printk("%u of %u bytes are in use\n", (unsigned)stats.used_bytes, (unsigned)stats.acquired_bytes);
    quarry_free(packets(), packet);
    free(text);
    return 0;
}
