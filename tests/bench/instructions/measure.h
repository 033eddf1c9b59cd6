/* SPDX-License-Identifier: MIT
 *
 * measure.h: how many instructions a call takes, exactly.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be measured: any function of up to four words that returns a word or nothing. On every ABI here these
 * travel in the same registers, whatever their types. */
typedef uintptr_t measured_function(uintptr_t, uintptr_t, uintptr_t, uintptr_t);
#define MEASURED(function) ((measured_function *)(void (*)(void))(function))

/* Starts the counter, and times code of known length. false, after saying so, if the counter is not exact. */
bool measure_start(void);

/* Calls the function. *instructions: what it executes, from its first instruction to its return, both included; the
 * call itself is not in it. */
uintptr_t measure(measured_function *function, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
                  uint32_t *instructions);

/* A number without commas, then a tab. */
void print_field(size_t number);

#endif
