/* SPDX-License-Identifier: MIT
 *
 * guarded.h: control data of which no single bit can change unseen, from check level 2. See control.h for what each
 * name means.
 *
 *   numbers   A check word beside them is their sum: no single bit of one of them can change without changing it.
 *   pointers  Links between chunks and heads of lists are written as their product with 3.
 *   codes     Any two codes that mean something differ in two bits, but for inner ones, of which a wrong one leads to
 *             no slot. So many edges stand in front that no inner code leads out of the array.
 *   lengths   A length is written as its product with a factor; one changed bit makes a length that no chunk has. At
 *             the end of a run the product is negative, so that no end passes for a start.
 *   maps      A run has two words: its free slots, and what is left of its tag without them. A changed bit is one too
 *             many or too few in the sum. A spare map stands behind the last, because an inner code that became a
 *             start has its map run on by a word until that is noticed.
 *   nodes     Both words of a node in free memory are mixed with the heap's secret and the node's address: a writer who
 *             does not know the secret cannot make a link that is followed, nor copy one.
 */
#if QUARRY_CHECK_LEVEL >= 2 && !defined QUARRY_CONTROL_ACCESSORS_H
#define QUARRY_CONTROL_ACCESSORS_H

#define control_valid(condition) (condition)

#define CONTROL_WORD(name)                uintptr_t name;
#define control_word(holder, name)        ((holder)->name)
#define control_keep(holder, name, value) ((holder)->name = (uintptr_t)(value))

/* --- page codes: narrow ones of longer pages have no bit left for a check --- */

#define CONTROL_WIDE_CODES   (UINTPTR_MAX > 0xFFFFFFFFu || QUARRY_PAGE_BYTES >= 128)
#define CONTROL_DIRECT_CODES 0 /* whatever could say where a run starts would be one more place to damage */
#if CONTROL_WIDE_CODES
typedef uint16_t page_code_t;
#else
typedef uint8_t page_code_t;
#endif

#define CONTROL_FREE_END  5 /* as its first page: the sign of the length says which it is */
#define CONTROL_EDGES     (CONTROL_WIDE_CODES ? 32 : 16)
#define CONTROL_CODE_BITS 1

/* Makes the number of set bits of a code below 128 odd. */
#define CONTROL_CODE_CHECK(code) (BITS_IS_ODD(code) ^ 1u)

/* The number of an address bit, which may be damaged. */
#define CONTROL_MOST_BIT(bit) ((bit) & (BITS_WORD - 1))

/* --- pointers: links between chunks, and the heads of lists --- */

/* A pointer to a word's boundary is kept as its product with 3, less its two low bits. A multiple of 3 in which a
 * bit was changed is none any more, and comes out as a number above all that the product can be of. */
#define CONTROL_THIRD (UINTPTR_MAX / 3 * 2 + 1) /* times 3 it is 1 */

_Static_assert((uintptr_t)(3 * CONTROL_THIRD) == 1, "the inverse of 3");

BITS_INLINE bool control_pointer_is_valid(const void *coded)
{
    return (uintptr_t)coded * CONTROL_THIRD <= UINTPTR_MAX >> 2;
}

/* NULL: it is damaged. */
BITS_INLINE void *control_pointer(const void *coded)
{
    return control_pointer_is_valid(coded) ? (void *)((uintptr_t)coded * CONTROL_THIRD << 2) : NULL;
}

BITS_INLINE void *control_coded(const void *pointer)
{
    return (void *)(((uintptr_t)pointer >> 2) * 3);
}

/* --- nodes in free memory --- */

BITS_INLINE uintptr_t control_node_mask(uintptr_t secret, const void *node)
{
    return secret ^ bits_rotate_right((uintptr_t)node, 9);
}

/* --- heads of lists: all of them in the struct, so that there is no address of theirs to be damaged --- */

#define CONTROL_HEADS(type, most)      struct type heads[most];
#define CONTROL_HEADS_LEAST(least)     0
#define control_heads_count(set, most) ((void)(set), (unsigned)(most))

/* The end of what they take up in the memory from place on. */
#define control_place_heads(set, place, count) ((void)(set), (void)(count), (uint8_t *)(place))

/* --- maps: a word for each page, so that a run has two --- */

enum { CONTROL_MAP_BYTES = sizeof(uintptr_t), CONTROL_MAP_ALIGN = sizeof(uintptr_t) };
enum { CONTROL_SPARE_MAPS = 1, CONTROL_OWN_WORD = 1 };

/* Lengths. The factor and its inverse modulo the word; a word that is no multiple of the factor comes out as a length
 * above all that any chunk has. (Arithmetic codes: D. Brown, "Error detecting and correcting binary codes for
 * arithmetic operations", 1960.) */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define CONTROL_LENGTH_FACTOR  ((uintptr_t)0xFFFFFFFBu)
#define CONTROL_LENGTH_INVERSE ((uintptr_t)0x70A3D70A33333333u)
#else
#define CONTROL_LENGTH_FACTOR  ((uintptr_t)61u)
#define CONTROL_LENGTH_INVERSE ((uintptr_t)0xC10C9715u)
#endif

_Static_assert((uintptr_t)(CONTROL_LENGTH_FACTOR *CONTROL_LENGTH_INVERSE) == 1, "the inverse of the factor");

struct control_map_word {
    uintptr_t value;
} __attribute__((may_alias));

BITS_INLINE struct control_map_word *control_word_at(const uint8_t *maps, size_t page)
{
    return (struct control_map_word *)(uintptr_t)(maps + page * CONTROL_MAP_BYTES);
}

BITS_INLINE size_t control_length_at_start(const uint8_t *maps, size_t first)
{
    return control_word_at(maps, first)->value * CONTROL_LENGTH_INVERSE;
}

/* Of a single page the word is that of its start. */
BITS_INLINE size_t control_length_at_end(const uint8_t *maps, size_t last)
{
    const size_t length = control_length_at_start(maps, last);
    return length >> (BITS_WORD - 1) != 0 ? 0 - length : length;
}

BITS_INLINE void control_set_length_at_start(uint8_t *maps, size_t first, size_t pages)
{
    control_word_at(maps, first)->value = pages * CONTROL_LENGTH_FACTOR;
}

/* At both ends. */
BITS_INLINE void control_set_lengths(uint8_t *maps, size_t first, size_t pages)
{
    control_word_at(maps, first + pages - 1)->value = 0 - pages * CONTROL_LENGTH_FACTOR;
    control_set_length_at_start(maps, first, pages);
}

/* The map of a run. Allocating and freeing move a bit from one word to the other. What allocates a slot, or changes
 * more than a bit, checks the sum before. */
struct control_map {
    uintptr_t free, rest;
} __attribute__((may_alias));

BITS_INLINE struct control_map *control_map_at(const uint8_t *map)
{
    return (struct control_map *)(uintptr_t)map;
}

BITS_INLINE uintptr_t control_map_load(const uint8_t *map, unsigned unused_bits)
{
    (void)unused_bits;
    return control_map_at(map)->free;
}

/* Hides damage. */
BITS_INLINE void control_map_store(uint8_t *map, unsigned unused_bits, uintptr_t word, uintptr_t tag)
{
    (void)unused_bits;
    control_map_at(map)->free = word;
    control_map_at(map)->rest = tag - word;
}

BITS_INLINE void control_map_free(uint8_t *map, unsigned unused_bits, uintptr_t word, uintptr_t more)
{
    (void)unused_bits;
    control_map_at(map)->free = more;
    control_map_at(map)->rest -= more - word;
}

BITS_INLINE bool control_map_is_valid(const uint8_t *map, uintptr_t tag)
{
    return control_map_at(map)->free + control_map_at(map)->rest == tag;
}

/* --- the hot chunk --- */

struct control_pages {
    CONTROL_PAGES
};

/* With a copy of what leads to the chunk's pages, and the sum of that, so that no damaged address is followed. */
struct hot_limits {
    size_t bytes; /* it may be damaged: a bin is asked for whether there is one */
    struct control_pages *pages;
    struct control_pages copy;
    uintptr_t seal;
};

BITS_INLINE uintptr_t control_pages_sum(const struct control_pages *pages)
{
    return (uintptr_t)pages->pages + pages->page_count + (uintptr_t)pages->codes + (uintptr_t)pages->maps;
}

/* NULL: it is damaged. */
BITS_INLINE const struct control_pages *control_hot_pages(const struct hot_limits *limits)
{
    return bits_likely(control_pages_sum(&limits->copy) == limits->seal) ? &limits->copy : NULL;
}

/* What says which chunk it is may be damaged. */
BITS_INLINE struct control_pages *control_believed_hot(const struct hot_limits *limits)
{
    (void)limits;
    return NULL;
}

/* Of a chunk that is not valid nothing is freed on the hot path. */
BITS_INLINE void control_set_hot_pages(struct hot_limits *limits, struct control_pages *pages, bool is_valid)
{
    limits->pages = pages;
    limits->copy.pages = pages->pages;
    limits->copy.page_count = pages->page_count;
    limits->copy.codes = pages->codes;
    limits->copy.maps = pages->maps;
    limits->seal = control_pages_sum(&limits->copy) + (is_valid ? 0 : 1);
}

BITS_INLINE void control_copy_hot_limits(struct hot_limits *to, const struct hot_limits *from)
{
    control_set_hot_pages(to, (struct control_pages *)(uintptr_t)&from->copy, true);
    to->bytes = from->bytes;
    to->pages = from->pages;
    to->seal = from->seal;
}

#endif
