/* SPDX-License-Identifier: MIT
 *
 * check.h: counts what holds and what does not, for programs with a C library.
 */
#ifndef QUARRY_TESTS_PORTS_CHECK_H
#define QUARRY_TESTS_PORTS_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static unsigned checks_passed, checks_failed;

static inline void check(bool holds, const char *text, const char *file, int line)
{
    if (!holds && checks_failed < 20)
        printf("FAIL %s:%d: %s\n", file, line, text);
    checks_failed += !holds;
    checks_passed += holds;
}

#define CHECK(condition) check(condition, #condition, __FILE__, __LINE__)

static inline int report_checks(void)
{
    printf("%u passed, %u failed\n", checks_passed, checks_failed);
    return checks_failed != 0;
}

#endif
