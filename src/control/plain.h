/* SPDX-License-Identifier: MIT
 *
 * plain.h: control data as it is, up to check level 1. See control.h for what each name means.
 */
#ifndef QUARRY_CONTROL_ACCESSORS_H
#define QUARRY_CONTROL_ACCESSORS_H

#define control_valid(condition) (true || (condition))

#define CONTROL_WORD(name)
#define control_word(holder, name)        ((void)(holder), (uintptr_t)0)
#define control_keep(holder, name, value) ((void)(holder), (void)(value))

/* --- page codes: wide where two bytes are little beside the page --- */

#define CONTROL_WIDE_CODES   (UINTPTR_MAX > 0xFFFFFFFFu || QUARRY_PAGE_BYTES >= 256)
#define CONTROL_DIRECT_CODES CONTROL_WIDE_CODES
#if CONTROL_WIDE_CODES
typedef uint16_t page_code_t;
#else
typedef uint8_t page_code_t;
#endif

#define CONTROL_FREE_END         4
#define CONTROL_EDGES            1
#define CONTROL_CODE_BITS        0
#define CONTROL_CODE_CHECK(code) 0u
#define CONTROL_MOST_BIT(bit)    (bit)

/* --- pointers: links between chunks, and the heads of lists --- */

BITS_INLINE bool control_pointer_is_valid(const void *coded)
{
    (void)coded;
    return true;
}

BITS_INLINE void *control_pointer(const void *coded)
{
    return (void *)(uintptr_t)coded;
}

BITS_INLINE void *control_coded(const void *pointer)
{
    return (void *)(uintptr_t)pointer;
}

/* --- nodes in free memory --- */

BITS_INLINE uintptr_t control_node_mask(uintptr_t secret, const void *node)
{
    (void)secret, (void)node;
    return 0;
}

/* --- heads of lists: as many as the chunks' lengths need, outside the struct --- */

#define CONTROL_HEADS(type, most)                                                                                      \
    struct type *heads;                                                                                                \
    size_t classes;
#define CONTROL_HEADS_LEAST(least)     (least)
#define control_heads_count(set, most) ((unsigned)(set)->classes)

/* The end of what they take up in the memory from place on. */
#define control_place_heads(set, place, count)                                                                         \
    ((set)->heads = (void *)(place), (set)->classes = (count), (uint8_t *)((set)->heads + (count)))

/* --- maps: at least as many bits as a page has granules --- */

enum { CONTROL_MAP_BYTES = UNITS_PAGE_GRANULES >= 8 ? UNITS_PAGE_GRANULES / 8 : 1 };
enum { CONTROL_MAP_ALIGN = CONTROL_MAP_BYTES >= 4 ? 4 : 1, CONTROL_SPARE_MAPS = 0 };

/* Has every run a map word of its own, because its two pages or more have as many map bits? Then its bits above the
 * slots stay clear; otherwise they are other runs' and must be masked. */
enum { CONTROL_OWN_WORD = 2 * CONTROL_MAP_BYTES >= sizeof(uintptr_t) };

/* Lengths: one byte, or, where a run's maps are longer, an escape and four more.
 *
 *   maps of a run of n pages
 *     n < 255:  | n | ... | n |        else:  | 255 | n (4 bytes) | ... | n (4 bytes) | 255 | */
enum { CONTROL_LENGTH_LONG = 255 };

_Static_assert(5 <= CONTROL_LENGTH_LONG * CONTROL_MAP_BYTES / 2, "both long lengths of a run fit its maps");

BITS_INLINE size_t control_length_at_start(const uint8_t *maps, size_t first)
{
    const uint8_t *map = maps + first * CONTROL_MAP_BYTES;
    size_t pages = map[0];
    return bits_likely(pages != CONTROL_LENGTH_LONG) ? pages : bits_load_u32(map + 1);
}

BITS_INLINE size_t control_length_at_end(const uint8_t *maps, size_t last)
{
    const uint8_t *map = maps + (last + 1) * CONTROL_MAP_BYTES;
    size_t pages = map[-1];
    return bits_likely(pages != CONTROL_LENGTH_LONG) ? pages : bits_load_u32(map - 5);
}

BITS_INLINE void control_set_length_at_start(uint8_t *maps, size_t first, size_t pages)
{
    uint8_t *map = maps + first * CONTROL_MAP_BYTES;
    map[0] = (uint8_t)pages;
    if (!bits_likely(pages < CONTROL_LENGTH_LONG)) {
        map[0] = CONTROL_LENGTH_LONG;
        bits_store_u32(map + 1, (uint32_t)pages);
    }
}

/* At both ends. */
BITS_INLINE void control_set_lengths(uint8_t *maps, size_t first, size_t pages)
{
    uint8_t *start = maps + first * CONTROL_MAP_BYTES, *end = start + pages * CONTROL_MAP_BYTES;
    uint8_t one_byte = bits_likely(pages < CONTROL_LENGTH_LONG) ? (uint8_t)pages : CONTROL_LENGTH_LONG;
    start[0] = end[-1] = one_byte;
    if (one_byte == CONTROL_LENGTH_LONG) {
        bits_store_u32(start + 1, (uint32_t)pages);
        bits_store_u32(end - 5, (uint32_t)pages);
    }
}

/* The map of a run: its free slots, bit 0 = slot 0. One byte has all bits of most runs: where a word would be loaded
 * byte by byte, that is enough. */
struct control_map_word {
    uintptr_t value;
} __attribute__((packed, may_alias, aligned(4)));

BITS_INLINE bool control_map_is_byte(unsigned unused_bits)
{
    return !ARCH_UNALIGNED && CONTROL_MAP_BYTES < 4 && unused_bits >= BITS_WORD - 8;
}

/* The map word of a run with so many unused bits, and perhaps other runs' bits above its own: so where a word is longer
 * than its run's map, the map's bytes are the word's lowest ones whatever the byte order. */
BITS_INLINE uintptr_t control_map_load(const uint8_t *map, unsigned unused_bits)
{
    if (control_map_is_byte(unused_bits))
        return *map;
    const uintptr_t word =
            CONTROL_MAP_BYTES >= 4 ? ((const struct control_map_word *)(const void *)map)->value : bits_load(map);
    return CONTROL_OWN_WORD ? word : bits_lowest_byte_first(word);
}

/* tag: of the run. */
BITS_INLINE void control_map_store(uint8_t *map, unsigned unused_bits, uintptr_t word, uintptr_t tag)
{
    (void)tag;
    if (control_map_is_byte(unused_bits)) {
        *map = (uint8_t)word;
        return;
    }
    if (!CONTROL_OWN_WORD)
        word = bits_lowest_byte_first(word);
    if (CONTROL_MAP_BYTES >= 4)
        ((struct control_map_word *)(void *)map)->value = word;
    else
        bits_store(map, word);
}

/* Makes a word with one bit more of the map's word. */
BITS_INLINE void control_map_free(uint8_t *map, unsigned unused_bits, uintptr_t word, uintptr_t more)
{
    (void)word;
    control_map_store(map, unused_bits, more, 0);
}

BITS_INLINE bool control_map_is_valid(const uint8_t *map, uintptr_t tag)
{
    (void)map, (void)tag;
    return true;
}

/* --- the hot chunk --- */

struct control_pages {
    CONTROL_PAGES
};

struct hot_limits {
    size_t bytes;                /* requests of so many bytes and less; 0: a callback runs */
    struct control_pages *pages; /* of the hot chunk */
};

BITS_INLINE const struct control_pages *control_hot_pages(const struct hot_limits *limits)
{
    return limits->pages;
}

/* NULL: it is not believed without a look at the tree. */
BITS_INLINE struct control_pages *control_believed_hot(const struct hot_limits *limits)
{
    return limits->pages;
}

BITS_INLINE void control_set_hot_pages(struct hot_limits *limits, struct control_pages *pages, bool is_valid)
{
    (void)is_valid;
    limits->pages = pages;
}

BITS_INLINE void control_copy_hot_limits(struct hot_limits *to, const struct hot_limits *from)
{
    to->bytes = from->bytes;
    to->pages = from->pages;
}

#endif
