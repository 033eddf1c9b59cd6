/* SPDX-License-Identifier: MIT
 *
 * chunk.h: a chunk's layout, its page codes, and which chunk, if any, holds an address.
 *
 * A chunk is contiguous memory dealt out as pages. Its control data stands in front of them and never in them:
 *
 *   low address                                                               (cell = one field or array)
 *   +--------------+------------------------+---------------------+- - -+--------+--------+-- ... --+--------+
 *   | struct chunk | E | codes[page_count] | E | maps[page_count] | pad | page 0 | page 1 |         | page n |
 *   +--------------+------------------------+---------------------+- - -+--------+--------+-- ... --+--------+
 *   the heap's first chunk: inside struct quarry_heap        pages are aligned to QUARRY_PAGE_BYTES
 *
 *   codes   one a page: what starts there (below). E: a code that no neighbour merges with.
 *   maps    CONTROL_MAP_BYTES a page. A run of small blocks: its free slots, bit 0 = slot 0, from the map of its first
 *           page on. A large block: its length, in the map of its first page. A free run: its length, in the maps of
 *           its first and of its last page.
 *
 * How codes, maps, numbers and links are kept: see control/control.h.
 *
 * Invariants
 *   C1  every page is in exactly one free run, large block or run of small blocks
 *   C2  a start or free code stands only where that run starts (free: and ends); all else is nothing or an inner code
 *   C3  an inner code with distance d at page p of a run of small blocks that starts at q: p - d == q. Elsewhere wide
 *       inner codes are erased. Narrow ones may be stale, which is harmless: a step back from one lands on no start, on
 *       a large block (which only its exact start names) or on a run of small blocks that is too short to have a slot
 *       there.
 *   C4  no two free runs are neighbours
 *   C5  capacity_bytes is the sum of chunk_capacity_bytes() over all chunks
 *
 * Chunks other than the first are found by address through a binary digital search tree over their intervals: each
 * node decides by one bit of the address, lower nodes by lower bits, and all chunks at and below a node agree in the
 * bits above its own. A chunk's bit is the highest in which its first and last byte differ, or one above. So looking
 * up, inserting and removing take at most one step for each bit of an address, need no balancing, and no memory beyond
 * two links and a bit's number for each chunk. The hot chunk, in which the last block outside it was found, is asked
 * first: most blocks are freed near others. (Digital search trees: E. Coffman, J. Eve, "File structures using hashing
 * functions", 1970; bits that are skipped: D. Morrison, "PATRICIA", 1968; the rule that lets intervals share a tree is
 * ours.)
 *
 *   e.g. 3 chunks, their addresses in binary:        [ 0100, bit 3 ]
 *                                                  0 /            \ 1
 *                                         [ 0010, bit 1 ]    [ 1100, bit 2 ]
 */
#ifndef QUARRY_CHUNK_H
#define QUARRY_CHUNK_H

#include "page_codes.h"
#include "source.h"

/* The maps of so many pages. */
#define CHUNK_MAPS_BYTES(pages) (((size_t)(pages) + CONTROL_SPARE_MAPS) * CONTROL_MAP_BYTES)

/* Of a huge block pages is the block, and page_count 0, so that no address is found to lie in a page. */
struct chunk {
    union {
        struct control_pages at;
        struct {
            CONTROL_PAGES
        };
    };
    size_t bytes;             /* from this struct (the first chunk: from the heap) to the end of the memory */
    struct added_chunk *next; /* list of all chunks; this and the links below are coded: chunk_link() */
    CONTROL_WORD(seal)        /* the sum of the first five */
};

/* A chunk that is not the heap's first, or the memory of a huge block. */
struct added_chunk {
    struct chunk chunk;
    struct added_chunk **link; /* the word of the list that points here */
    CONTROL_WORD(link_check)   /* its complement */
    struct added_chunk *low;   /* the tree below: addresses whose bit is 0 */
    struct added_chunk *high;  /* addresses whose bit is 1 */
    uint8_t *start;            /* of its memory: this struct, or the memory that this struct is the end of */
    size_t position;           /* in memory of a source that takes nothing back: see reserve.h */
    uint8_t from_source;       /* 1; 0: a region */
    uint8_t padding;           /* bytes of the region before this struct */
    uint8_t bit;               /* number of the address bit by which the tree below is decided */
    uint8_t part;              /* enum chunk_part, of such memory */
    CONTROL_WORD(origin)       /* the complement of the sum of these six */
};

/* Which part of a piece of memory is it, that a source gave which takes nothing back? */
enum chunk_part { CHUNK_IS_FIRST = 1, CHUNK_IS_LAST = 2, CHUNK_IS_IDLE = 4 /* in no use */ };

/* A chunk is at least 4 KB, so the address space has room for no more chunks than this. */
enum { CHUNK_COUNT_WIDTH = sizeof(size_t) * 8 - 10 };

struct chunk_set {
    struct source source;
    struct chunk first;
    struct added_chunk *root;
    size_t chunk_count : CHUNK_COUNT_WIDTH; /* huge blocks included */
    size_t first_padding : 4;               /* bytes of the first chunk's region before the heap */
    size_t capacity_bytes;                  /* the sum over all chunks of what blocks could have of each */
};

BITS_INLINE uint8_t *chunk_page_address(const struct chunk *chunk, size_t page)
{
    return chunk->pages + (page << UNITS_PAGE_SHIFT);
}

/* What blocks could have of a chunk: its pages; of a huge block's memory, and of idle memory, all but the struct. */
BITS_INLINE size_t chunk_capacity_bytes(const struct chunk *chunk)
{
    return chunk->page_count != 0 ? units_bytes_from_pages(chunk->page_count)
                                  : chunk->bytes - sizeof(struct added_chunk);
}

/* What a chunk's seal must be. */
BITS_INLINE uintptr_t chunk_sum(const struct chunk *chunk)
{
    return (uintptr_t)chunk->pages + chunk->page_count + (uintptr_t)chunk->codes + (uintptr_t)chunk->maps +
           chunk->bytes;
}

BITS_INLINE bool chunk_is_valid(const struct chunk *chunk)
{
    return control_matches(chunk, seal, chunk_sum(chunk));
}

/* After a change of what is sealed. */
BITS_INLINE void chunk_seal(struct chunk *chunk)
{
    control_keep(chunk, seal, chunk_sum(chunk));
}

/* Where a link leads; NULL: nowhere, or it is damaged. */
BITS_INLINE struct added_chunk *chunk_link(struct added_chunk *const *link)
{
    return control_pointer(*link);
}

BITS_INLINE bool chunk_link_is_valid(struct added_chunk *const *link)
{
    return control_pointer_is_valid(*link);
}

BITS_INLINE void chunk_set_link(struct added_chunk **link, const struct added_chunk *to)
{
    *link = control_coded(to);
}

/* Is it an undamaged chunk of the set, but not the first? Nothing there is read before that is known. */
bool qi_chunk_is_added(const struct chunk_set *set, const struct chunk *chunk);

/* Makes it the chunk whose blocks the hot paths free; of a damaged one they free nothing. */
BITS_INLINE void chunk_make_hot(struct chunk_set *set, struct chunk *chunk)
{
    control_set_hot_pages(&set->source.hot, &chunk->at, chunk_is_valid(chunk));
}

enum { CHUNK_PADDING_SHIFT = 8, CHUNK_BIT_SHIFT = 16, CHUNK_PART_SHIFT = 24 };

/* What is written twice of an added chunk's origin and of its place in the tree. */
BITS_INLINE uintptr_t chunk_origin_sum(const struct added_chunk *added)
{
    return (uintptr_t)added->start + added->position + added->from_source +
           ((uintptr_t)added->padding << CHUNK_PADDING_SHIFT) + ((uintptr_t)added->bit << CHUNK_BIT_SHIFT) +
           ((uintptr_t)added->part << CHUNK_PART_SHIFT);
}

/* Memory whose origin is damaged does not go back to a source. */
BITS_INLINE bool chunk_origin_is_valid(const struct added_chunk *added)
{
    return control_matches(added, origin, ~chunk_origin_sum(added));
}

/* Is what an added chunk says of its memory undamaged: its pages, its length, where it begins and comes from? */
BITS_INLINE bool chunk_added_is_valid(const struct added_chunk *added)
{
    return chunk_is_valid(&added->chunk) && chunk_origin_is_valid(added);
}

/* Where an added chunk's memory comes from and begins. */
BITS_INLINE void chunk_set_origin(struct added_chunk *added, void *start, bool from_source, size_t padding)
{
    added->start = start;
    added->from_source = from_source;
    added->padding = (uint8_t)padding;
    added->bit = 0;
    added->position = 0;
    added->part = 0;
    control_keep(added, origin, ~chunk_origin_sum(added));
}

/* Which part of which piece it is. */
BITS_INLINE void chunk_set_part(struct added_chunk *added, size_t position, unsigned part)
{
    added->position = position;
    added->part = (uint8_t)part;
    control_keep(added, origin, ~chunk_origin_sum(added));
}

/* Memory that no block and no chunk uses. */
BITS_INLINE bool chunk_is_idle(const struct chunk *chunk)
{
    return chunk->page_count == 0 && (((const struct added_chunk *)(const void *)chunk)->part & CHUNK_IS_IDLE) != 0;
}

BITS_INLINE bool chunk_is_from_source(const struct added_chunk *added)
{
    return added->from_source != 0 && chunk_origin_is_valid(added);
}

/* The side of the tree below a chunk on which an address lies: is it the high one? */
BITS_INLINE bool chunk_is_high(const struct added_chunk *added, uintptr_t address)
{
    return (address >> CONTROL_MOST_BIT(added->bit) & 1) != 0;
}

BITS_INLINE uint8_t *chunk_map_in(const struct control_pages *pages, size_t page)
{
    return pages->maps + page * CONTROL_MAP_BYTES;
}

BITS_INLINE uint8_t *chunk_map(const struct chunk *chunk, size_t page)
{
    return chunk_map_in(&chunk->at, page);
}

/* The code of the run in which a page lies, and in *page the page where that run starts: of a run of small blocks from
 * any of its pages, of anything else only from its first. */
BITS_INLINE unsigned chunk_run_code(const page_code_t *codes, size_t *page)
{
    unsigned code = codes[*page];
    if (CONTROL_DIRECT_CODES) {
        if (code >= PAGE_SMALL)
            *page -= page_code_distance(code);
    } else if (code < PAGE_SMALL) {
        *page -= page_code_distance(code);
        code = codes[(ptrdiff_t)*page]; /* a damaged code may lead to an edge in front */
    }
    return code;
}

/* How far address lies behind the first page; one before it comes out as a huge number. */
BITS_INLINE size_t chunk_offset_in(const struct control_pages *pages, const void *address)
{
    return (uintptr_t)address - (uintptr_t)pages->pages;
}

BITS_INLINE size_t chunk_offset(const struct chunk *chunk, const void *address)
{
    return chunk_offset_in(&chunk->at, address);
}

BITS_INLINE bool chunk_holds(const struct chunk *chunk, const void *address)
{
    return chunk_offset(chunk, address) >> UNITS_PAGE_SHIFT < chunk->page_count;
}

/* The hot chunk itself; NULL if it, or what says which it is, is damaged. */
BITS_INLINE struct chunk *chunk_hot(const struct chunk_set *set)
{
    struct chunk *hot = (struct chunk *)set->source.hot.pages;
    return chunk_is_valid(&set->first) && control_valid(hot == &set->first || qi_chunk_is_added(set, hot)) ? hot : NULL;
}

/* The added chunk whose memory holds address, or NULL; nothing at address is read. */
struct added_chunk *qi_chunk_find_added(const struct chunk_set *set, const void *address);

/* The added chunk that begins at an address or, if none does, next above it; NULL: there is none. False: the tree is
 * damaged. At most two steps for each bit of an address. */
bool qi_chunk_next(const struct chunk_set *set, const void *address, struct added_chunk **next);

/* The chunk that may hold a block at address, or NULL; nothing at address is read. */
BITS_INLINE const struct chunk *chunk_find(const struct chunk_set *set, const void *address)
{
    if (bits_likely(chunk_holds(&set->first, address)))
        return chunk_is_valid(&set->first) ? &set->first : NULL;
    return (const struct chunk *)qi_chunk_find_added(set, address);
}

/* Control bytes that stand before so many pages: edges, codes, maps, and padding to load a word anywhere. */
#define CHUNK_CONTROL_BYTES(pages)                                                                                     \
    (((size_t)(pages) + CONTROL_EDGES + 1) * sizeof(page_code_t) + CHUNK_MAPS_BYTES(pages) + sizeof(uintptr_t) - 1)

/* How many pages a chunk of span bytes has, which begin with control data and end at a page boundary. */
size_t qi_chunk_pages_that_fit(size_t span);

/* Lays out a chunk: codes from control on, which is aligned for them, pages up to end, which is 0 behind the last byte
 * of the address space. False if not one page fits. Clears a code a page. */
bool qi_chunk_format(struct chunk *chunk, uint8_t *control, uintptr_t end);

/* Makes every page of a formatted chunk nothing again. Clears a code a page. */
void qi_chunk_clear(struct chunk *chunk);

/* Does what an added chunk says twice agree? */
bool qi_chunk_links_are_valid(const struct added_chunk *added);

/* Makes a set of its formatted first chunk alone. */
void qi_chunk_set_begin(struct chunk_set *set);

/* Puts an added chunk whose origin and chunk.bytes are set into the list and the tree. At most one step for each bit of
 * an address; removing needs no more. */
void qi_chunk_insert(struct chunk_set *set, struct added_chunk *added);

/* False after a report of damage. */
bool qi_chunk_may_be_removed(struct chunk_set *set, struct added_chunk *added);

/* False, nothing changed, if it may not be removed. */
bool qi_chunk_remove(struct chunk_set *set, struct added_chunk *added);

/* Does memory of this heap lie anywhere in these bytes, apart from what a region has beside its chunk? At most two
 * steps for each bit of an address. */
bool qi_chunk_meets(const struct chunk_set *set, const void *start, size_t bytes);

/* The same of what regions have beside their chunks too. Grows with the number of chunks. */
bool qi_chunk_set_overlaps(const struct chunk_set *set, const void *start, size_t bytes);

#endif
