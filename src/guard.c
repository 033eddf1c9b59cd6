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

/* Each step can be undone, so no entropy is lost, and each bit changes about half of the others. (Multiply and shift as
 * in Austin Appleby's MurmurHash3.) */
void qi_guard_set_secret(struct guard *guard, uintptr_t entropy)
{
    uintptr_t mixed = entropy ^ (uintptr_t)guard;
    for (unsigned round = 0; round < 2; round++) {
        mixed ^= mixed >> (BITS_WORD / 2 + 1);
        mixed *= (uintptr_t)0xFF51AFD785EBCA6Bu;
    }
    mixed ^= mixed >> (BITS_WORD / 2);
    guard_keep(guard, secret, mixed);
}

BITS_COLD void qi_guard_report(const struct guard *guard, enum quarry_misuse_kind kind, const void *pointer,
                               size_t bytes)
{
    struct quarry_misuse misuse;
    misuse.kind = kind;
    misuse.heap = (struct quarry_heap *)(uintptr_t)guard;
    misuse.pointer = pointer;
    misuse.bytes = bytes;
    if (!guard_is_sound(guard))
        misuse.kind = QUARRY_CORRUPT;
    mark_leave();
    if (guard->on_misuse != NULL && guard_is_sound(guard))
        guard->on_misuse(guard->context, &misuse);
    else
        quarry_panic(&misuse);
    mark_enter();
}

BITS_COLD void qi_guard_report_without_heap(enum quarry_misuse_kind kind, const void *pointer)
{
    struct quarry_misuse misuse;
    misuse.kind = kind;
    misuse.heap = NULL;
    misuse.pointer = pointer;
    misuse.bytes = 0;
    quarry_panic(&misuse);
}

BITS_COLD void qi_guard_report_write(const struct guard *guard, const void *place)
{
    qi_guard_report(guard, QUARRY_WRITE_AFTER_FREE, place, 0);
}

BITS_COLD bool qi_guard_report_damage(const struct guard *guard, const void *place)
{
    qi_guard_report(guard, QUARRY_CORRUPT, place, 0);
    return false;
}
