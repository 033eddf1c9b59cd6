/* SPDX-License-Identifier: MIT
 *
 * units.h: the geometry that everything else is built on, and the only conversions between its units.
 *
 *   granule   the smallest slot, and the step of slot sizes: two pointers, because a free slot must be able
 *             to hold a list node. 8 bytes on 32-bit targets, 16 on 64-bit ones.
 *   page      QUARRY_PAGE_BYTES; a whole number of granules.
 *   map       the bits of a page that say which slots of a run are allocated: UNITS_MAP_BYTES for each page, so
 *             that a run has at least as many map bits as slots whatever its slot size; from check level 2 a word, so
 *             that it has two, as a run has two pages at least.
 *
 *   bytes 0               64              128             192             256     (e.g. 32-bit, 64-byte pages)
 *         +---------------+---------------+---------------+---------------+
 *         | page 0        | page 1        | page 2        | page 3        |
 *         +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *           granules 0 to 7    8 to 15         16 to 23        24 to 31
 */
#ifndef QUARRY_UNITS_H
#define QUARRY_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "bits.h"
#include "quarry_config.h"

/* From check level 2 control data is guarded: it says things twice, or in words of which no single bit can change
 * without making nonsense, so that damage to it is seen before it does harm. */
enum { UNITS_GUARDED = QUARRY_CHECK_LEVEL >= 2 };

/* What a chunk notes of each page; wide where that is little beside the page, or where a narrow code has no bit left
 * for its guard. */
#define UNITS_WIDE_CODES                                                                                               \
    (UINTPTR_MAX > 0xFFFFFFFFu || QUARRY_PAGE_BYTES >= 256 || (QUARRY_CHECK_LEVEL >= 2 && QUARRY_PAGE_BYTES >= 128))
#if UNITS_WIDE_CODES
typedef uint16_t page_code_t;
#else
typedef uint8_t page_code_t;
#endif

#define UNITS_GRANULE_BYTES (2 * sizeof(void *))

enum {
    UNITS_PAGE_SHIFT = __builtin_ctz(QUARRY_PAGE_BYTES),
    UNITS_GRANULE_SHIFT = sizeof(void *) == 8 ? 4 : 3,
    UNITS_PAGE_GRANULE_SHIFT = UNITS_PAGE_SHIFT - UNITS_GRANULE_SHIFT,
    UNITS_PAGE_GRANULES = 1 << UNITS_PAGE_GRANULE_SHIFT,
    UNITS_MAP_BYTES = UNITS_GUARDED              ? (int)sizeof(uintptr_t)
                      : UNITS_PAGE_GRANULES >= 8 ? UNITS_PAGE_GRANULES / 8
                                                 : 1,
};

_Static_assert((1u << UNITS_GRANULE_SHIFT) == UNITS_GRANULE_BYTES, "a granule is two pointers");
_Static_assert(UNITS_PAGE_GRANULES >= 2, "a page holds at least two of the smallest blocks");

/* No region or source memory is treated as one chunk beyond this; a longer region becomes several chunks. Page
 * counts fit size_t with room to spare. A test may lower it. */
#ifndef UNITS_CHUNK_MAX_BYTES
#define UNITS_CHUNK_MAX_BYTES (sizeof(void *) == 8 ? (size_t)QUARRY_PAGE_BYTES << 31 : SIZE_MAX)
#endif

/* Requests above this cannot be served by anything, so arithmetic on smaller ones cannot overflow. */
#define UNITS_REQUEST_MAX_BYTES (SIZE_MAX / 2 - ((size_t)1 << 20))

/* A source is asked for multiples of this: the frame size of nearly every kernel. */
#define UNITS_SOURCE_BYTES ((size_t)4096)

BITS_INLINE size_t units_bytes_from_pages(size_t pages)
{
    return pages << UNITS_PAGE_SHIFT;
}

/* Rounds up. */
BITS_INLINE size_t units_pages_from_bytes(size_t bytes)
{
    return (bytes + QUARRY_PAGE_BYTES - 1) >> UNITS_PAGE_SHIFT;
}

#endif
