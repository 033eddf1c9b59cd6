/* SPDX-License-Identifier: MIT
 *
 * counter.h: the clock of a QEMU machine from which measure.c derives instructions; a file counter_*.c for each kind.
 *
 * With -icount shift=10 an instruction takes exactly 1,024 ns of virtual time, whatever it does.
 */
#ifndef BENCH_COUNTER_H
#define BENCH_COUNTER_H

#include <stdint.h>

/* Half nanoseconds between two steps: half, because 16 MHz are 62.5 ns. */
extern const uint32_t counter_half_ns;

/* All bits that counter_read() may have set. */
extern const uint64_t counter_mask;

void counter_start(void);

/* Goes up; after counter_mask comes 0. */
uint64_t counter_read(void);

#endif
