/* SPDX-License-Identifier: MIT
 *
 * run_lengths.h: how the maps of a large block or of a free run hold its length.
 */
#ifndef QUARRY_RUN_LENGTHS_H
#define QUARRY_RUN_LENGTHS_H

#include "units.h"

/* Run lengths in the maps: one byte, or, where a run's maps are longer, an escape and four more. Guarded, a word each.
 *
 *   maps of a run of n pages
 *     n < 255:  | n | ... | n |        else:  | 255 | n (4 bytes) | ... | n (4 bytes) | 255 |
 *     guarded:  | n * CHUNK_LENGTH_FACTOR | ... | - n * CHUNK_LENGTH_FACTOR |, of a single page the first
 *
 * The factor and its inverse modulo the word; a word that is no multiple of the factor comes out as a length above all
 * that any chunk has. (Arithmetic codes: D. Brown, "Error detecting and correcting binary codes for arithmetic
 * operations", 1960.) The lengths that are read are not believed before they are compared with the chunk's. As lengths
 * at ends are negative, no end passes for a start. */
enum { CHUNK_LENGTH_LONG = 255 };
#if UINTPTR_MAX > 0xFFFFFFFFu
#define CHUNK_LENGTH_FACTOR  ((uintptr_t)0xFFFFFFFBu)
#define CHUNK_LENGTH_INVERSE ((uintptr_t)0x70A3D70A33333333u)
#else
#define CHUNK_LENGTH_FACTOR  ((uintptr_t)61u)
#define CHUNK_LENGTH_INVERSE ((uintptr_t)0xC10C9715u)
#endif

_Static_assert((uintptr_t)(CHUNK_LENGTH_FACTOR *CHUNK_LENGTH_INVERSE) == 1, "the inverse of the factor");

/* A page's map as a word. */
struct chunk_map_word {
    uintptr_t value;
} __attribute__((may_alias));

BITS_INLINE struct chunk_map_word *chunk_map_word(uint8_t *map)
{
    return (struct chunk_map_word *)(void *)map;
}

BITS_INLINE size_t chunk_guarded_length(const uint8_t *map)
{
    return ((const struct chunk_map_word *)(const void *)map)->value * CHUNK_LENGTH_INVERSE;
}

BITS_INLINE size_t chunk_length_at_start(const uint8_t *maps, size_t first)
{
    const uint8_t *map = maps + first * UNITS_MAP_BYTES;
    if (UNITS_GUARDED)
        return chunk_guarded_length(map);
    size_t pages = map[0];
    return bits_likely(pages != CHUNK_LENGTH_LONG) ? pages : bits_load_u32(map + 1);
}

BITS_INLINE size_t chunk_length_at_end(const uint8_t *maps, size_t last)
{
    const uint8_t *map = maps + (last + 1) * UNITS_MAP_BYTES;
    if (UNITS_GUARDED) {
        const size_t length = chunk_guarded_length(map - UNITS_MAP_BYTES);
        const size_t sign = 0 - (length >> (BITS_WORD - 1)); /* all bits, or none */
        return (length ^ sign) - sign;
    }
    size_t pages = map[-1];
    return bits_likely(pages != CHUNK_LENGTH_LONG) ? pages : bits_load_u32(map - 5);
}

BITS_INLINE void chunk_set_length_at_start(uint8_t *maps, size_t first, size_t pages)
{
    uint8_t *map = maps + first * UNITS_MAP_BYTES;
    if (UNITS_GUARDED) {
        chunk_map_word(map)->value = pages * CHUNK_LENGTH_FACTOR;
        return;
    }
    map[0] = (uint8_t)pages;
    if (!bits_likely(pages < CHUNK_LENGTH_LONG)) {
        map[0] = CHUNK_LENGTH_LONG;
        bits_store_u32(map + 1, (uint32_t)pages);
    }
}

/* At both ends. */
BITS_INLINE void chunk_set_lengths(uint8_t *maps, size_t first, size_t pages)
{
    uint8_t *start = maps + first * UNITS_MAP_BYTES, *end = start + pages * UNITS_MAP_BYTES;
    if (UNITS_GUARDED) {
        chunk_map_word(end - UNITS_MAP_BYTES)->value = 0 - pages * CHUNK_LENGTH_FACTOR;
        chunk_map_word(start)->value = pages * CHUNK_LENGTH_FACTOR; /* which of a single page is the same word */
        return;
    }
    uint8_t one_byte = bits_likely(pages < CHUNK_LENGTH_LONG) ? (uint8_t)pages : CHUNK_LENGTH_LONG;
    start[0] = end[-1] = one_byte;
    if (one_byte == CHUNK_LENGTH_LONG) {
        bits_store_u32(start + 1, (uint32_t)pages);
        bits_store_u32(end - 5, (uint32_t)pages);
    }
}

#endif
