/* SPDX-License-Identifier: MIT
 *
 * fill.h: what free memory looks like from check level 3: filled, so that a write to it is seen.
 *
 * Memory is a multiple of a word, at a word's boundary. Both functions look at each word.
 */
#ifndef QUARRY_FILL_H
#define QUARRY_FILL_H

#include "../bits.h"
#include "quarry_config.h"

/* Is free memory filled, and looked at before it is used again? */
enum { FILL_IS_ON = QUARRY_CHECK_LEVEL >= 3 };

#define FILL_WORD (UINTPTR_MAX / 255 * 0xDF)

void qi_fill(void *at, size_t bytes);

/* The first word that is not as qi_fill() left it; NULL: all are. */
const void *qi_fill_damage(const void *at, size_t bytes);

#endif
