/* SPDX-License-Identifier: MIT
 *
 * report.c: see report.h. quarry_panic() is weak: a user's own definition replaces it.
 */
#include "report.h"

__attribute__((weak)) void quarry_panic(const struct quarry_misuse *misuse)
{
    (void)misuse;
    __builtin_trap();
}

/* Each step can be undone, so no entropy is lost, and each bit changes about half of the others. (Multiply and shift as
 * in Austin Appleby's MurmurHash3.) */
void qi_report_set_secret(struct reporter *reporter, uintptr_t entropy)
{
    uintptr_t mixed = entropy ^ (uintptr_t)reporter;
    for (unsigned round = 0; round < 2; round++) {
        mixed ^= mixed >> (BITS_WORD / 2 + 1);
        mixed *= (uintptr_t)0xFF51AFD785EBCA6Bu;
    }
    mixed ^= mixed >> (BITS_WORD / 2);
    control_keep(reporter, secret, mixed);
}

BITS_COLD void qi_report(const struct reporter *reporter, enum quarry_misuse_kind kind, const void *pointer,
                         size_t bytes)
{
    struct quarry_misuse misuse = {
            .kind = kind, .heap = (struct quarry_heap *)(uintptr_t)reporter, .pointer = pointer, .bytes = bytes};
    if (!reporter_is_valid(reporter))
        misuse.kind = QUARRY_CORRUPT;
    memory_work_ends();
    if (reporter->on_misuse != NULL && reporter_is_valid(reporter))
        reporter->on_misuse(reporter->context, &misuse);
    else
        quarry_panic(&misuse);
    memory_work_begins();
}

BITS_COLD void qi_report_without_heap(enum quarry_misuse_kind kind, const void *pointer)
{
    const struct quarry_misuse misuse = {.kind = kind, .heap = NULL, .pointer = pointer, .bytes = 0};
    quarry_panic(&misuse);
}

BITS_COLD void qi_report_write(const struct reporter *reporter, const void *place)
{
    qi_report(reporter, QUARRY_WRITE_AFTER_FREE, place, 0);
}

BITS_COLD bool qi_report_damage(const struct reporter *reporter, const void *place)
{
    qi_report(reporter, QUARRY_CORRUPT, place, 0);
    return false;
}
