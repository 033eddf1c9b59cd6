/* SPDX-License-Identifier: MIT
 *
 * report.h: keeps what Quarry's leak report says, each distinct line once, with how often it was said.
 *
 * A server that loses a block in one request of a hundred would otherwise print the same line for as long as it runs.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Prints every distinct line and how often it was reported. */
void report_print(void);

/* Was exactly this reported: times times a block that was asked for at this place, and none of any other place? */
bool report_is(const char *file, unsigned line, size_t times);

#endif
