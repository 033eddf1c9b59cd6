/* SPDX-License-Identifier: MIT
 *
 * trace.c: the trace of an image, -DBENCH_TRACE=<name>, and the most bytes that its region has, -DBENCH_REGION_BYTES.
 */
#include "replay.h"

/* TRACE and TRACE_SYMBOLS paste their argument; this has BENCH_TRACE replaced first. */
#define EXPAND(macro, name) macro(name)

EXPAND(TRACE_SYMBOLS, BENCH_TRACE);

const size_t bench_region_bytes = BENCH_REGION_BYTES;

struct trace bench_trace(void)
{
    return EXPAND(TRACE, BENCH_TRACE);
}
