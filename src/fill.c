/* SPDX-License-Identifier: MIT
 *
 * fill.c: see fill.h.
 */
#include "fill.h"

void qi_fill(void *at, size_t bytes)
{
    uintptr_t *word = at;
    for (size_t words = bytes / sizeof *word; words != 0; words--)
        *word++ = bits_unknown(FILL_WORD);
}

const void *qi_fill_damage(const void *at, size_t bytes)
{
    const uintptr_t *word = at;
    for (size_t words = bytes / sizeof *word; words != 0; words--, word++) {
        if (*word != FILL_WORD)
            return word;
    }
    return NULL;
}
