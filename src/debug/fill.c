/* SPDX-License-Identifier: MIT
 *
 * fill.c: see fill.h.
 */
#include "fill.h"

#if QUARRY_CHECK_LEVEL >= 3 || QUARRY_MARK != QUARRY_MARK_NONE

/* What is looked at was written as whatever its owner kept there, and what is filled is next read as something else. */
typedef uintptr_t __attribute__((may_alias)) fill_word_t;

void qi_fill(void *at, size_t bytes)
{
    fill_word_t *word = at;
    for (size_t words = bytes / sizeof *word; words != 0; words--)
        *word++ = bits_unknown(FILL_WORD);
}

const void *qi_fill_damage(const void *at, size_t bytes)
{
    const fill_word_t *word = at;
    for (size_t words = bytes / sizeof *word; words != 0; words--, word++) {
        if (*word != FILL_WORD)
            return word;
    }
    return NULL;
}

#endif
