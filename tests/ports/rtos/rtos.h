/* SPDX-License-Identifier: MIT
 *
 * rtos.h: what the tests of the RTOS ports share. A file for each RTOS has its functions, as the port's headers declare
 * them, over one lock; locks.c calls heaps and looks at that lock.
 */
#ifndef RTOS_H
#define RTOS_H

#include <stdbool.h>
#include <stdio.h>

#include "quarry.h"

extern unsigned rtos_failures;

#define CHECK(condition)                                                                                               \
    ((condition) ? (void)0 : (void)(rtos_failures++ < 20 && printf("FAIL %s:%d: %s\n", __FILE__, __LINE__, #condition)))

/* Is it locked now, and how often was it locked from unlocked? */
bool rtos_is_locked(void);
extern unsigned rtos_locks;
/* May a task lock twice? */
extern const bool rtos_nests;
/* What only this RTOS has. */
void rtos_own_tests(void);

#endif
