/* SPDX-License-Identifier: MIT
 *
 * storm.h: what the storm and its clocks need of each other. A clock is a file for each kind of CPU: it interrupts as
 * often as it is told to, and measures how long an interrupt was held back.
 *
 * All times are instructions: with QEMU's -icount shift=10 each takes 1,024 ns of virtual time, whatever it does.
 */
#ifndef QUARRY_STORM_H
#define QUARRY_STORM_H

#include <stdbool.h>
#include <stdint.h>

/* Half nanoseconds that an instruction takes. */
#define STORM_INSTRUCTION_HALF_NS 2048

/* Those that share the heap, each more urgent than the one before. */
enum storm_worker { STORM_THREAD, STORM_HANDLER, STORM_NESTED, STORM_WORKERS };

/* --- storm.c --- */

/* The clock's interrupt calls this first, with the time since it was due. The answer is the time to the next one, which
 * the clock sets when the interrupt's work is done. */
uint32_t storm_interrupt(uint32_t late_instructions);

/* Some operations on the heap. */
void storm_work(enum storm_worker worker);

/* --- the clock --- */

/* How many workers there are; the clock's interrupt is the last of them, or, if it does not use the heap, none. */
extern const unsigned storm_workers;

/* The clock's interrupt is not masked by the lock. */
extern const bool storm_clock_is_urgent;

/* Begins to interrupt, and ends. */
void storm_begin(void);
void storm_end(void);

#endif
