/* SPDX-License-Identifier: MIT
 *
 * check.h: what the tests of ports/kernel share: checks that name their line, frames, and misuse that is expected.
 */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "quarry.h"

extern unsigned check_failures, check_misuses;
extern enum quarry_misuse_kind check_last_misuse;

#define CHECK(condition)                                                                                               \
    ((condition) ? (void)0                                                                                             \
                 : (void)(check_failures++ < 20 && printf("FAIL %s:%d: %s\n", __FILE__, __LINE__, #condition)))

/* Exactly one misuse since the last call, of that kind. */
#define CHECK_MISUSE(kind) CHECK(check_misuses == 1 && check_last_misuse == (kind) && (check_misuses = 0) == 0)

/* Memory in frames of 4,096 bytes; each is counted, and must be freed as it was allocated. */
enum { FRAME_BYTES = 4096, FRAMES = 4096 };
void *frames_allocate(void *context, size_t frames);
void frames_free(void *context, void *start, size_t frames);
size_t frames_in_use(void);
/* Does a block lie in frames that were allocated? */
bool frames_have(const void *block);
/* The longest run that was asked for since the last call. */
size_t frames_longest(void);

/* Runs a test and says how it went. The first that fails ends the program: what follows it might crash. */
void check_run(const char *name, void (*test)(void));
#define RUN(test) check_run(#test, test)
/* Says how many tests passed; the program's status. */
int check_end(void);

#endif
