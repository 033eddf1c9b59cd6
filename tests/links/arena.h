/* SPDX-License-Identifier: MIT
 *
 * arena.h: the memory of tests/links: pieces with unreadable memory on both sides, so that a step outside is a crash,
 * and for each granule of it which live block has it. Regions come from it, and so does a source's memory, which is
 * unreadable again once it was released.
 */
#ifndef QUARRY_ARENA_H
#define QUARRY_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quarry.h"

enum { ARENA_FRAME_BYTES = 4096, ARENA_FRAMES = 1024, ARENA_BYTES = ARENA_FRAMES * ARENA_FRAME_BYTES };

/* Makes all of it unreadable, and owned by nobody. */
void arena_begin(void);

/* Readable memory of so many frames, at random; NULL: there is none. */
uint8_t *arena_piece(size_t frames);

/* A source of pieces. */
struct quarry_source arena_source(bool takes_back);

/* Does the arena have so many bytes of readable memory there? */
bool arena_has(const void *start, size_t bytes);

/* Gives memory to a live block, or takes it away (owner 0). False: some of it is another's, or not there. */
bool arena_own(const void *start, size_t bytes, uint16_t owner);

/* Who owns a word; 0: nobody. */
uint16_t arena_owner(const void *word);

uint8_t *arena_start(void);

uint32_t random_word(void);
size_t random_below(size_t bound);
void random_seed(uint32_t seed);

#endif
