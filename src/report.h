/* SPDX-License-Identifier: MIT
 *
 * report.h: reports of misuse: the heap's hook, or quarry_panic().
 *
 * The reporter lies at the start of the heap, so its address is the heap's. Reporting calls the heap's on_misuse hook,
 * or quarry_panic() where there is none; the caller then leaves everything as it is. A constant number of instructions
 * apart from the hook's own.
 *
 * Where control data is checked, a hook whose address was damaged is not called, but quarry_panic() instead.
 */
#ifndef QUARRY_REPORT_H
#define QUARRY_REPORT_H

#include "control/control.h"
#include "memory_hooks.h"
#include "quarry.h"

struct reporter {
    void *context; /* handed to the hooks */
    void (*on_misuse)(void *context, const struct quarry_misuse *misuse);
    CONTROL_WORD(secret) /* that links in free memory are mixed with */
    CONTROL_WORD(seal)   /* the sum of the others */
};

BITS_INLINE uintptr_t reporter_secret(const struct reporter *reporter)
{
    return control_word(reporter, secret);
}

BITS_INLINE uintptr_t reporter_sum(const struct reporter *reporter)
{
    return (uintptr_t)reporter->context + (uintptr_t)reporter->on_misuse + reporter_secret(reporter);
}

BITS_INLINE bool reporter_is_valid(const struct reporter *reporter)
{
    return control_matches(reporter, seal, reporter_sum(reporter));
}

/* After a change of its fields. */
BITS_INLINE void reporter_seal(struct reporter *reporter)
{
    control_keep(reporter, seal, reporter_sum(reporter));
}

/* Makes the secret of the user's entropy, and of the heap's address, so that it is not 0 without any. */
void qi_report_set_secret(struct reporter *reporter, uintptr_t entropy);

/* pointer: what was given, or the place found damaged. bytes: the size given, or 0. From between lock_enter() and
 * lock_leave(). */
void qi_report(const struct reporter *reporter, enum quarry_misuse_kind kind, const void *pointer, size_t bytes);

/* The same from outside. */
BITS_INLINE void report_unlocked(const struct reporter *reporter, enum quarry_misuse_kind kind, const void *pointer,
                                 size_t bytes)
{
    memory_work_begins();
    qi_report(reporter, kind, pointer, bytes);
    memory_work_ends();
}

/* A pointer that no heap is there for: to quarry_panic(), with heap NULL. From outside. */
void qi_report_without_heap(enum quarry_misuse_kind kind, const void *pointer);

/* Free memory was written to at this place. */
void qi_report_write(const struct reporter *reporter, const void *place);

/* Control data, or a link in free memory, makes no sense at this place. False, so that a check may end in it. */
bool qi_report_damage(const struct reporter *reporter, const void *place);

#endif
