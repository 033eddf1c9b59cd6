/* SPDX-License-Identifier: MIT
 *
 * figures.h: a heap's figures as NuttX shows them, for both managers.
 */
#ifndef QUARRY_NUTTX_FIGURES_H
#define QUARRY_NUTTX_FIGURES_H

#include <malloc.h>
#include <string.h>

#include "quarry.h"

static inline struct mallinfo figures_of(struct quarry_heap *heap)
{
    struct quarry_stats stats;
    struct mallinfo info;
    quarry_get_stats(heap, &stats);
    memset(&info, 0, sizeof info);
    info.arena = (int)stats.acquired_bytes;
    info.ordblks = (int)stats.free_runs;
    info.aordblks = (int)stats.blocks;
    info.mxordblk = (int)stats.largest_free_bytes;
    info.uordblks = (int)stats.used_bytes;
    info.fordblks = (int)stats.free_bytes;
    info.usmblks = (int)stats.used_peak_bytes;
    return info;
}

#endif
