/* SPDX-License-Identifier: MIT
 *
 * canary.h: how a block ends from check level 3 on.
 *
 * A block's slot or pages are longer than what was asked for. Every byte behind that is a canary's, so that the first
 * byte written too far is seen. The last word of all, the tail, says how many bytes that are; so the size asked for is
 * found from the slot's end.
 *
 *                       low address
 *   slot or pages       +------------------------------+---------------------------+------+
 *   of a live block     | bytes asked for              | CANARY_BYTE, spare times  | tail |    spare >= 1
 *                       +------------------------------+---------------------------+------+
 *   small block that    | FILL_WORD, again and again                               | tail |
 *   was freed and waits +----------------------------------------------------------+------+
 *
 * The tail is mixed with the heap's secret and its own place. Where more than CANARY_LOOKED_AT_BYTES are spare, which
 * only a huge block's can be whose source does not truncate it, the ones behind these are not looked at.
 * Every function takes a step for each byte that was not asked for; qi_canary_write_dead() one for each word.
 */
#ifndef QUARRY_CANARY_H
#define QUARRY_CANARY_H

#include "../report.h"
#include "mark.h"

/* What a block's slot or pages have beside what was asked for, at least. With memory tags the tail lies in a granule
 * that is not the block's. */
#define CANARY_LEAST_BYTES (MARK_IS_ON ? MARK_GRANULE_BYTES : sizeof(uintptr_t) + 1)

/* No text in UTF-8 has this byte, and memory is rarely filled with it. */
enum { CANARY_BYTE = 0xC1, CANARY_LOOKED_AT_BYTES = 4096 };

enum canary_state { CANARY_LIVE, CANARY_DEAD, CANARY_DAMAGED };

/* Writes what stands behind the bytes asked for; whole_bytes: of the slot, or of the pages. */
void qi_canary_write(const struct reporter *reporter, uint8_t *start, size_t whole_bytes, size_t asked_bytes);

/* Fills a small block that was freed, and notes that it is dead. */
void qi_canary_write_dead(const struct reporter *reporter, uint8_t *start, size_t whole_bytes);

/* What the end of a block says. asked_bytes: what was asked for; 0 unless the block is live, or its tail is valid. */
enum canary_state qi_canary_read(const struct reporter *reporter, const uint8_t *start, size_t whole_bytes,
                                 size_t *asked_bytes);

/* The tail of a block. */
BITS_INLINE const uint8_t *canary_tail(const uint8_t *start, size_t whole_bytes)
{
    return start + whole_bytes - sizeof(uintptr_t);
}

#endif
