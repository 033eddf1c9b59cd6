/* SPDX-License-Identifier: MIT
 *
 * main.c: an application of RIOT with a heap of its own. To start your own, copy this folder.
 */
#include <stdio.h>

#include "quarry.h"

QUARRY_HEAP_DEFINE(packets, 8 * 1024);

int main(void)
{
    struct quarry_stats stats;
    void *packet = quarry_malloc(packets(), 1500);
    if (packet == NULL)
        return 1;
    quarry_get_stats(packets(), &stats);
    printf("%u of %u bytes are in use\n", (unsigned)stats.used_bytes, (unsigned)stats.acquired_bytes);
    quarry_free(packets(), packet);
    return quarry_check(packets()) ? 0 : 1;
}
