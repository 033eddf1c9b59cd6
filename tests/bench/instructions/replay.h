/* SPDX-License-Identifier: MIT
 *
 * replay.h: what an image replays.
 */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

#include "../../../examples/common/trace.h"

struct trace bench_trace(void);

extern const size_t bench_region_bytes;

#endif
