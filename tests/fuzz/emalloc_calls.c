/* SPDX-License-Identifier: MIT
 *
 * emalloc_calls.c: see emalloc_calls.h.
 */
#include "emalloc_calls.h"

#include <setjmp.h>

static jmp_buf way_back;
static bool is_armed;

QUARRY_NORETURN void quarry_out_of_memory(struct quarry_heap *heap, size_t bytes)
{
    FUZZ_TRACE("  out of memory: %p, %zu\n", (void *)heap, bytes);
    FUZZ_CHECK(is_armed);
    is_armed = false;
    longjmp(way_back, 1);
}

size_t emalloc_wanted(const struct emalloc_call *call, const struct emalloc_kind *kind)
{
    size_t count = kind->has_count ? call->count : 1, offset = kind->has_offset ? call->offset : 0, bytes;
    if (kind->is_text)
        return call->text_bytes + 1;
    if (__builtin_mul_overflow(count, call->bytes, &bytes) || __builtin_add_overflow(bytes, offset, &bytes))
        return SIZE_MAX;
    return bytes;
}

const struct emalloc_kind emalloc_takes[] = {
        {.who = OF_CURRENT},
        {.who = OF_CURRENT, .has_count = true, .is_zero = true},
        {.who = OF_CURRENT, .has_count = true, .has_offset = true},
        {.who = OF_CURRENT, .is_text = true},
        {.who = OF_CURRENT, .is_text = true},
        {.who = OF_CURRENT, .is_fallible = true},
        {.who = OF_CURRENT, .is_fallible = true, .has_count = true, .is_zero = true},
        {.who = OF_CURRENT, .is_fallible = true, .has_count = true, .has_offset = true},
        {.who = OF_NAMED},
        {.who = OF_NAMED, .has_count = true, .is_zero = true},
        {.who = OF_PERSISTENT},
        {.who = OF_PERSISTENT, .has_count = true, .is_zero = true},
        {.who = OF_PERSISTENT, .has_count = true, .has_offset = true},
        {.who = OF_PERSISTENT, .is_text = true},
        {.who = OF_PERSISTENT, .is_text = true},
};
const unsigned emalloc_take_count = sizeof emalloc_takes / sizeof *emalloc_takes;

static void *take(const struct emalloc_call *c)
{
    switch (c->number) {
    case 0: /* constants go another way */
        return c->bytes == 40 ? emalloc(40) : c->bytes == 100 ? emalloc(100) : emalloc(c->bytes);
    case 1:
        return ecalloc(c->count, c->bytes);
    case 2:
        return safe_emalloc(c->count, c->bytes, c->offset);
    case 3:
        return estrdup(c->text);
    case 4:
        return estrndup(c->text, c->text_bytes);
    case 5:
        return femalloc(c->bytes, true);
    case 6:
        return fecalloc(c->count, c->bytes, true);
    case 7:
        return safe_femalloc(c->count, c->bytes, c->offset, true);
    case 8:
        return zend_mm_alloc(c->heap, c->bytes);
    case 9:
        return zend_mm_calloc(c->heap, c->count, c->bytes);
    case 10:
        return pemalloc(c->bytes, true);
    case 11:
        return pecalloc(c->count, c->bytes, true);
    case 12:
        return safe_pemalloc(c->count, c->bytes, c->offset, true);
    case 13:
        return pestrdup(c->text, true);
    default:
        return pestrndup(c->text, c->text_bytes, true);
    }
}

const struct emalloc_kind emalloc_changes[] = {
        {.who = OF_CURRENT},
        {.who = OF_CURRENT, .has_copy_bytes = true},
        {.who = OF_CURRENT, .has_count = true, .has_offset = true},
        {.who = OF_CURRENT, .is_fallible = true},
        {.who = OF_CURRENT, .is_fallible = true, .has_copy_bytes = true},
        {.who = OF_CURRENT, .is_fallible = true, .has_count = true, .has_offset = true},
        {.who = OF_NAMED},
        {.who = OF_NAMED, .has_copy_bytes = true},
        {.who = OF_PERSISTENT},
        {.who = OF_PERSISTENT, .has_count = true, .has_offset = true},
};
const unsigned emalloc_change_count = sizeof emalloc_changes / sizeof *emalloc_changes;

static void *change(const struct emalloc_call *c)
{
    switch (c->number) {
    case 0:
        return erealloc(c->block, c->bytes);
    case 1:
        return erealloc2(c->block, c->bytes, c->copy_bytes);
    case 2:
        return safe_erealloc(c->block, c->count, c->bytes, c->offset);
    case 3:
        return ferealloc(c->block, c->bytes, true);
    case 4:
        return ferealloc2(c->block, c->bytes, c->copy_bytes, true);
    case 5:
        return safe_ferealloc(c->block, c->count, c->bytes, c->offset, true);
    case 6:
        return zend_mm_realloc(c->heap, c->block, c->bytes);
    case 7:
        return zend_mm_realloc2(c->heap, c->block, c->bytes, c->copy_bytes);
    case 8:
        return perealloc(c->block, c->bytes, true);
    default:
        return safe_perealloc(c->block, c->count, c->bytes, c->offset, true);
    }
}

static void *call_by(void *(*function)(const struct emalloc_call *), const struct emalloc_call *call, bool *ran_out)
{
    *ran_out = false;
    if (setjmp(way_back) != 0) {
        *ran_out = true;
        return NULL;
    }
    is_armed = true;
    void *block = function(call);
    is_armed = false;
    return block;
}

void *emalloc_take_by(const struct emalloc_call *call, bool *ran_out)
{
    return call_by(take, call, ran_out);
}

void *emalloc_change_by(const struct emalloc_call *call, bool *ran_out)
{
    return call_by(change, call, ran_out);
}
