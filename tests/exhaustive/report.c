/* SPDX-License-Identifier: MIT
 *
 * report.c: see report.h.
 */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

struct misuse_log misuse_log;
void (*report_path)(void);

void report_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    misuse_log.count++;
    misuse_log.last = *misuse;
}

static void show_end(void)
{
    if (misuse_log.count != 0)
        printf("  last misuse reported: kind %d, at %p\n", (int)misuse_log.last.kind, misuse_log.last.pointer);
    if (report_path != NULL)
        report_path();
    printf("0 passed, 1 failed\n");
    fflush(stdout);
    _Exit(1);
}

_Noreturn void report_failure(const char *text)
{
    printf("FAIL %s\n", text);
    show_end();
    abort();
}

_Noreturn void report_failure_of(const char *text, size_t one, size_t other)
{
    printf("FAIL %s: %zu, %zu\n", text, one, other);
    show_end();
    abort();
}
