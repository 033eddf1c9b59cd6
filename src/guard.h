/* SPDX-License-Identifier: MIT
 *
 * guard.h: who is told of a misuse.
 *
 * The guard lies at the start of the heap, so its address is the heap's. Reporting calls the heap's on_misuse hook,
 * or quarry_panic() where there is none; the caller then leaves everything as it is. A constant number of instructions
 * apart from the hook's own.
 */
#ifndef QUARRY_GUARD_H
#define QUARRY_GUARD_H

#include "bits.h"
#include "quarry.h"

/* The secret that links are mixed with, from check level 2. */
#if QUARRY_CHECK_LEVEL >= 2
#define GUARD_SECRET_FIELD             uintptr_t secret;
#define guard_secret(guard)            ((guard)->secret)
#define guard_keep_secret(guard, word) ((guard)->secret = (word))
#else
#define GUARD_SECRET_FIELD
#define guard_secret(guard)            ((void)(guard), (uintptr_t)0)
#define guard_keep_secret(guard, word) ((void)(guard), (void)(word))
#endif

struct guard {
    void *context; /* handed to the hooks */
    void (*on_misuse)(void *context, const struct quarry_misuse *misuse);
    GUARD_SECRET_FIELD
};

/* Makes the secret of the user's entropy, and of the heap's address, so that it is not 0 without any. */
void qi_guard_set_secret(struct guard *guard, uintptr_t entropy);

/* pointer: what was given, or the place found damaged. bytes: the size given, or 0. */
void qi_guard_report(const struct guard *guard, enum quarry_misuse_kind kind, const void *pointer, size_t bytes);

/* Free memory was written to at this place. */
void qi_guard_report_write(const struct guard *guard, const void *place);

/* Control data, or a link in free memory, makes no sense at this place. False, so that a check may end in it. */
bool qi_guard_report_damage(const struct guard *guard, const void *place);

#endif
