/* SPDX-License-Identifier: MIT
 *
 * units.h: the geometry that everything else is built on, and the only conversions between its units.
 *
 *   granule   the smallest slot, and the step of slot sizes: two pointers, because a free slot must be able
 *             to hold a list node. 8 bytes on 32-bit targets, 16 on 64-bit ones.
 *   page      QUARRY_PAGE_BYTES; a whole number of granules.
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

#define UNITS_GRANULE_BYTES (2 * sizeof(void *))

enum {
    UNITS_PAGE_SHIFT = __builtin_ctz(QUARRY_PAGE_BYTES),
    UNITS_GRANULE_SHIFT = sizeof(void *) == 8 ? 4 : 3,
    UNITS_PAGE_GRANULE_SHIFT = UNITS_PAGE_SHIFT - UNITS_GRANULE_SHIFT,
    UNITS_PAGE_GRANULES = 1 << UNITS_PAGE_GRANULE_SHIFT,
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
