/* SPDX-License-Identifier: MIT
 *
 * canary.c: see canary.h.
 */
#include "canary.h"

#include "fill.h"

#if QUARRY_CHECK_LEVEL >= 3 || QUARRY_MARK != QUARRY_MARK_NONE

/* The number of spare bytes is multiplied by the factor. A tail that was changed comes out, all but certainly, as more
 * bytes than the block has. */
#define SPARE_FACTOR  ((uintptr_t)0x9E3779B97F4A7C15u)
#define SPARE_INVERSE ((uintptr_t)0xF1DE83E19937733Du)

_Static_assert((uintptr_t)(SPARE_FACTOR *SPARE_INVERSE) == 1, "the inverse of the factor");

/* What the tail at a place is mixed with. */
static uintptr_t mask(const struct reporter *reporter, const uint8_t *tail)
{
    return reporter_secret(reporter) ^ bits_rotate_right((uintptr_t)tail, 5);
}

/* The tail of a block that is dead: no number of spare bytes is so large. */
static uintptr_t dead_tail(const struct reporter *reporter, const uint8_t *tail)
{
    return mask(reporter, tail) ^ (0 - SPARE_FACTOR);
}

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

void qi_canary_write(const struct reporter *reporter, uint8_t *start, size_t whole_bytes, size_t asked_bytes)
{
    uint8_t *tail = start + whole_bytes - sizeof(uintptr_t);
    size_t spare = whole_bytes - sizeof(uintptr_t) - asked_bytes;
    const uint8_t *end = start + asked_bytes + least(spare, CANARY_LOOKED_AT_BYTES);
    for (uint8_t *at = start + asked_bytes; at != end; at++)
        *(uint8_t *)mark_owners(at) = (uint8_t)bits_unknown(CANARY_BYTE);
    bits_store(tail, mask(reporter, tail) ^ (spare * SPARE_FACTOR));
}

void qi_canary_write_dead(const struct reporter *reporter, uint8_t *start, size_t whole_bytes)
{
    uint8_t *tail = start + whole_bytes - sizeof(uintptr_t);
    qi_fill(start, whole_bytes - sizeof(uintptr_t));
    bits_store(tail, dead_tail(reporter, tail));
}

/* Are the bytes as qi_canary_write() left them? */
static bool is_whole(const uint8_t *at, size_t bytes)
{
    for (const uint8_t *end = at + bytes; at != end; at++) {
        if (*(const uint8_t *)mark_owners(at) != CANARY_BYTE)
            return false;
    }
    return true;
}

enum canary_state qi_canary_read(const struct reporter *reporter, const uint8_t *start, size_t whole_bytes,
                                 size_t *asked_bytes)
{
    *asked_bytes = 0;
    if (whole_bytes <= sizeof(uintptr_t)) /* what says its length is damaged */
        return CANARY_DAMAGED;
    const uint8_t *tail = canary_tail(start, whole_bytes);
    const uintptr_t found = bits_load(tail);
    const size_t room = whole_bytes - sizeof(uintptr_t);
    if (found == dead_tail(reporter, tail))
        return CANARY_DEAD;
    const size_t spare = (found ^ mask(reporter, tail)) * SPARE_INVERSE;
    if (spare == 0 || spare > room)
        return CANARY_DAMAGED;
    *asked_bytes = room - spare;
    return is_whole(start + *asked_bytes, least(spare, CANARY_LOOKED_AT_BYTES)) ? CANARY_LIVE : CANARY_DAMAGED;
}

#endif
