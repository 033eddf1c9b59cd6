/* SPDX-License-Identifier: MIT
 *
 * report.h: misuse that the heap reports, and the end of a search that found a fault.
 *
 * A search is deterministic and a fault makes all that follows worthless, so the first one ends it: the calls that led
 * there are printed, and the process exits with 1.
 */
#ifndef QUARRY_EXHAUSTIVE_REPORT_H
#define QUARRY_EXHAUSTIVE_REPORT_H

#include "quarry.h"

struct misuse_log {
    unsigned count;
    struct quarry_misuse last;
};
extern struct misuse_log misuse_log;

void report_misuse(void *context, const struct quarry_misuse *misuse);

/* Shows the calls before the fault; set by the search. */
extern void (*report_path)(void);

_Noreturn void report_failure(const char *text);
/* The same with two numbers that explain it. */
_Noreturn void report_failure_of(const char *text, size_t one, size_t other);

#define EXPECT(condition) ((condition) ? (void)0 : report_failure(#condition))
#define EXPECT_EQ(one, other)                                                                                          \
    ((one) == (other) ? (void)0 : report_failure_of(#one " == " #other, (size_t)(one), (size_t)(other)))

#endif
