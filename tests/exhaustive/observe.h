/* SPDX-License-Identifier: MIT
 *
 * observe.h: what must hold in every state, whatever call comes next.
 *
 * observe() compares all that can be asked of a heap with the model, and notes what the next call's answer is judged
 * by. The other functions try what must change nothing, and what must bring everything back. All of them leave the
 * state as it was.
 */
#ifndef QUARRY_EXHAUSTIVE_OBSERVE_H
#define QUARRY_EXHAUSTIVE_OBSERVE_H

#include "state.h"

enum { SLOT_SIZES_MOST = 16 };

/* What is known of a state. */
struct known {
    struct quarry_stats stats;
    unsigned slot_sizes; /* sizes of slots that are free */
    size_t slot_bytes[SLOT_SIZES_MOST];
    enum quarry_block_kind kind[BLOCKS_MOST]; /* of each live block */
    size_t room_bytes[BLOCKS_MOST];           /* of the free run right behind it */
};

/* Notes what an empty heap looks like, with one region or both. To be called in the first state. */
void observe_begin(const struct scope *scope);

/* state: the state in memory. */
void observe(struct known *known, const struct image *state);

/* Is there a free slot that a request of so many bytes must get? */
bool known_has_slot(const struct known *known, size_t bytes);

/* Every wrong pointer to every call that takes one: reported, and nothing else. */
void observe_wrong_pointers(const struct image *state);

/* Remembers an address that was handed out. */
void observe_handed_out(size_t offset);

/* Freeing every block, in this order or the other, brings back what there was at the start. */
void observe_freeing_all(const struct image *state);

#endif
