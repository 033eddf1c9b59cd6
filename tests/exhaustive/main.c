/* SPDX-License-Identifier: MIT
 *
 * main.c: exhaustive quick|full [SCOPE]: searches all scopes, or one, and prints a row of docs/exhaustive.md for each.
 *
 * quick is what make test runs, full what make exhaustive runs; without arguments the scopes are listed. A scope passes
 * if no fault was found, and as many states as its bounds demand. With LEVELS in the environment the number of states
 * of each level is shown while it works.
 */
#include <stdio.h>
#include <string.h>

#include "search.h"

static bool run(const struct scope *scope, const struct bounds *bounds)
{
    struct found found = search(scope, bounds->depth);
    char depth[32];
    snprintf(depth, sizeof depth, found.closed ? "any (%u)" : "%u", found.depth);
    printf("| %s | %u-bit, %u | %d | %s | %zu | %zu |\n", scope->name, (unsigned)sizeof(void *) * 8,
           (unsigned)QUARRY_PAGE_BYTES, QUARRY_CHECK_LEVEL, depth, found.states, found.calls);
    fflush(stdout);
    bool enough = found.states >= bounds->least_states && (found.closed || found.depth == bounds->depth);
    if (!enough)
        printf("FAIL %s: fewer states than %zu\n", scope->name, bounds->least_states);
    return enough;
}

int main(int count, char **arguments)
{
    bool full = count > 1 && strcmp(arguments[1], "full") == 0;
    unsigned passed = 0, failed = 0;
    for (unsigned i = 0; count == 1 && i < scope_count; i++)
        printf("%s: %s\n", scopes[i].name, scopes[i].what);
    if (count == 1)
        return 0;
    for (unsigned i = 0; i < scope_count; i++) {
        if (count > 2 && strcmp(arguments[2], scopes[i].name) != 0)
            continue;
        if (run(&scopes[i], full ? &scopes[i].full : &scopes[i].quick))
            passed++;
        else
            failed++;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
