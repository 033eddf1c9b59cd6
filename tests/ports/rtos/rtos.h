/* SPDX-License-Identifier: MIT
 *
 * rtos.h: what the tests of the RTOS ports share. A file for each RTOS has its functions, as the port's headers declare
 * them, over one lock; locks.c calls heaps and looks at that lock.
 */
#ifndef RTOS_H
#define RTOS_H

#include <stdbool.h>

#include "quarry.h"

/* The first failure ends the program: what follows it might crash. */
#define CHECK(condition) rtos_check(condition, __FILE__, __LINE__, #condition)
void rtos_check(bool holds, const char *file, int line, const char *text);

/* Is it locked now, and how often was it locked from unlocked? */
bool rtos_is_locked(void);
extern unsigned rtos_locks;
/* May a task lock twice? */
extern const bool rtos_nests;
/* What only this RTOS has. */
void rtos_own_tests(void);

#endif
