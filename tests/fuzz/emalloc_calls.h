/* SPDX-License-Identifier: MIT
 *
 * emalloc_calls.h: the calls of quarry/emalloc.h that take or change a block, as a table that an input chooses from,
 * and the way back from quarry_out_of_memory().
 */
#ifndef QUARRY_FUZZ_EMALLOC_CALLS_H
#define QUARRY_FUZZ_EMALLOC_CALLS_H

#include "quarry/emalloc.h"

#include "fuzz.h"

/* Who serves a call. */
enum who { OF_CURRENT, OF_NAMED, OF_PERSISTENT };

struct emalloc_call {
    unsigned number;
    zend_mm_heap *heap;          /* OF_NAMED */
    void *block;                 /* to be changed */
    size_t count, bytes, offset; /* what the call is given */
    size_t copy_bytes;           /* likewise */
    const char *text;            /* to be copied, and its length */
    size_t text_bytes;
};

struct emalloc_kind {
    enum who who;
    bool is_fallible, is_zero, is_text;
    bool has_count, has_offset, has_copy_bytes; /* otherwise these do not count */
};

extern const struct emalloc_kind emalloc_takes[], emalloc_changes[];
extern const unsigned emalloc_take_count, emalloc_change_count;

/* What the call asks for; SIZE_MAX: it overflows. */
size_t emalloc_wanted(const struct emalloc_call *call, const struct emalloc_kind *kind);

/* Does it. NULL and *ran_out: it went to quarry_out_of_memory(). */
void *emalloc_take_by(const struct emalloc_call *call, bool *ran_out);
void *emalloc_change_by(const struct emalloc_call *call, bool *ran_out);

#endif
