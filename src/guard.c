/* SPDX-License-Identifier: MIT
 *
 * guard.c: see guard.h. quarry_panic() is weak: a user's own definition replaces it.
 */
#include "guard.h"

__attribute__((weak)) void quarry_panic(const struct quarry_misuse *misuse)
{
    (void)misuse;
    __builtin_trap();
}

BITS_COLD void qi_guard_report(const struct guard *guard, enum quarry_misuse_kind kind, const void *pointer,
                               size_t bytes)
{
    struct quarry_misuse misuse;
    misuse.kind = kind;
    misuse.heap = (struct quarry_heap *)(uintptr_t)guard;
    misuse.pointer = pointer;
    misuse.bytes = bytes;
    if (guard->on_misuse != NULL)
        guard->on_misuse(guard->context, &misuse);
    else
        quarry_panic(&misuse);
}

BITS_COLD bool qi_guard_report_damage(const struct guard *guard, const void *place)
{
    qi_guard_report(guard, QUARRY_CORRUPT, place, 0);
    return false;
}
