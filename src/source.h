/* SPDX-License-Identifier: MIT
 *
 * source.h: where memory comes from: a provider's callbacks, under the heap's limit.
 *
 * Owns the figures of what was acquired, and sees to it that no callback is answered with what the limit forbids or
 * with misaligned memory. While a callback runs the hot paths are closed: a call on the same heap from inside it finds
 * no hot path open, and is refused by the API layer. Regions are counted here too. Each function costs a few
 * instructions and one callback at most.
 *
 * Invariants
 *   S1  acquired_bytes <= acquired_peak_bytes
 *   S2  limit_bytes == 0 or acquired_bytes <= limit_bytes
 *   S3  where control data is checked, seal is the sum of what it seals: a damaged callback is not called, nor a
 *   damaged
 *       limit obeyed; it is made anew only over what is undamaged, after a callback too
 */
#ifndef QUARRY_SOURCE_H
#define QUARRY_SOURCE_H

#include "memory_hooks.h"
#include "report.h"

struct chunk;
extern const struct chunk qi_chunk_without_pages; /* const, as nothing writes to it */

struct source {
    struct reporter reporter;
    struct hot_limits hot;
    const struct quarry_source *provider; /* NULL: regions only. The heap's own copy. */
    CONTROL_WORD(provider_check)          /* its complement */
    size_t acquired_bytes;
    size_t acquired_peak_bytes;
    size_t limit_bytes; /* 0: none */
    CONTROL_WORD(seal)  /* the sum of what a callback's call depends on */
};

/* Is what a callback's call depends on undamaged? */
bool qi_source_is_valid(const struct source *source);

/* After a change of its provider, of a callback in it, of the limit or of what was acquired. */
void qi_source_seal(struct source *source);

/* Is a callback running? */
BITS_INLINE bool source_is_busy(const struct source *source)
{
    return source->hot.bytes == 0;
}

/* Closes the hot paths, for a callback or for good, and says what the limits were. (By pointer: small CPUs copy structs
 * by memcpy.) */
void qi_source_close_hot(struct source *source, struct hot_limits *open);

/* Opens them as they were. */
void qi_source_open_hot(struct source *source, const struct hot_limits *open);

/* How much more the limit allows. */
size_t qi_source_room_bytes(const struct source *source);

/* Counts region memory in; the caller has asked for the room. */
void qi_source_count(struct source *source, size_t bytes);

/* What the provider gives, or NULL. It is not counted yet: the caller asks whether the heap has it already, and if not,
 * hands it to qi_source_accept(). */
void *qi_source_ask(struct source *source, size_t bytes, size_t align_bytes);

/* Counts such memory. NULL: it is misaligned or wraps round the address space, and the provider has it again. */
void *qi_source_accept(struct source *source, void *memory, size_t bytes, size_t align_bytes);

/* True if the provider took it back. */
bool qi_source_release(struct source *source, void *memory, size_t bytes);

/* True: the memory is longer, and what was added is not counted yet, as above. */
bool qi_source_extend(struct source *source, void *memory, size_t old_bytes, size_t bytes);

bool qi_source_truncate(struct source *source, void *memory, size_t old_bytes, size_t bytes);

#endif
