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
 *   codes   1 byte a page: what starts there (enum below). E: a code that no neighbour merges with.
 *   maps    UNITS_MAP_BYTES a page. A run of small blocks: its allocated slots, bit 0 = slot 0, from the map of its
 *           first page on. A large block: its length, in the map of its first page. A free run: its length, in
 *           the maps of its first and of its last page.
 *
 * Invariants
 *   C1  every page is in exactly one free run, large block or run of small blocks
 *   C2  a start or free code stands only where that run starts (free: and ends); all else holds 0 or an inner code
 *   C3  an inner code i at page p of a run of small blocks that starts at q: p - i == q; a second-page code counts as
 *       1. Such codes elsewhere are stale and harmless: a step back from one lands on no start, on a large block (which
 *       only its exact start names) or on a run of small blocks that is too short to have a slot there.
 *   C4  no two free runs are neighbours
 *
 * Chunks other than the first are found by address through a binary digital search tree over their intervals: each
 * node decides by one bit of the address, and a chunk stands on the path to the highest bit in which its first and
 * last byte differ, or above. So a lookup takes at most one step for each bit of an address, needs no balancing and
 * no memory beyond two links a chunk. (Digital search trees: E. Coffman, J. Eve, "File structures using
 * hashing functions", 1970; the rule that lets intervals share one is ours.)
 */
#ifndef QUARRY_CHUNK_H
#define QUARRY_CHUNK_H

#include "source.h"
#include "units.h"

enum page_code {
    PAGE_NOTHING = 0x00,    /* nothing starts here */
    PAGE_INNER_LAST = 0x1F, /* 2 to this: inside a run of small blocks, so many pages from its start */
    PAGE_LARGE = 0x20,      /* start of a large block */
    PAGE_EDGE = 0x21,       /* before the first and after the last page */
    PAGE_FREE = 0x22,       /* first and last page of a free run */
    PAGE_SECOND = 0x40,     /* second page of a run of small blocks; bits 0 to 5: a slot, see bin.h */
    PAGE_SMALL = 0x80,      /* start of a run of small blocks; bits 0 to 4: bin, 5 and 6: length class */
};

struct added_chunk;

struct chunk {
    uint8_t *pages;           /* page 0; a huge block: the block */
    size_t granules;          /* in all pages; a huge block: 0, so that no address is found to lie in a page */
    uint8_t *codes;           /* codes[-1] and codes[page_count] are PAGE_EDGE */
    uint8_t *maps;            /* followed by padding, so that a whole word may be loaded at any of them */
    size_t bytes;             /* from this struct (the first chunk: from the heap) to the end of the memory */
    struct added_chunk *next; /* list of all chunks */
};

/* A chunk that is not the heap's first, or the memory of a huge block. */
struct added_chunk {
    struct chunk chunk;
    struct added_chunk **link;      /* the word of the list that points here */
    struct added_chunk *low, *high; /* the tree below: address bit 0, 1 */
    bool from_source;               /* else: a region */
    uint8_t lead;                   /* bytes of the region before this struct */
};

/* A chunk is at least 4 KB, so the address space has room for no more chunks than this. */
enum { CHUNK_COUNT_WIDTH = sizeof(size_t) * 8 - 10 };

struct chunk_set {
    struct source source;
    struct chunk first;
    struct added_chunk *root;
    size_t chunk_count : CHUNK_COUNT_WIDTH; /* huge blocks included */
    size_t top_bit : 6;                     /* the bit by which root decides */
    size_t first_lead : 4;                  /* bytes of the first chunk's region before the heap */
};

BITS_INLINE pages_t chunk_page_count(const struct chunk *chunk)
{
    return (pages_t)(chunk->granules >> UNITS_PAGE_GRANULE_SHIFT);
}

BITS_INLINE uint8_t *chunk_page_address(const struct chunk *chunk, pages_t page)
{
    return chunk->pages + units_bytes_from_pages(page);
}

BITS_INLINE uint8_t *chunk_map(const struct chunk *chunk, pages_t page)
{
    return chunk->maps + (size_t)page * UNITS_MAP_BYTES;
}

/* The code of the run in which a page lies, and in *page the page where that run starts: of a run of small blocks from
 * any of its pages, of anything else only from its first. */
BITS_INLINE unsigned chunk_run_code(const struct chunk *chunk, pages_t *page)
{
    unsigned code = chunk->codes[*page];
    if (code >= PAGE_SMALL)
        return code;
    if (code >= PAGE_SECOND)
        code = 1;
    if (code > PAGE_INNER_LAST)
        return code;
    *page -= code;
    return chunk->codes[*page];
}

/* The granule of the chunk that starts at address. Anything that is misaligned or outside the pages comes out at or
 * above chunk->granules: the rotation moves the low bits of the difference to the top. */
BITS_INLINE size_t chunk_granule(const struct chunk *chunk, const void *address)
{
    return bits_rotate_right((uintptr_t)address - (uintptr_t)chunk->pages, UNITS_GRANULE_SHIFT);
}

/* The added chunk whose memory holds address, or NULL; nothing at address is read. */
struct added_chunk *qi_chunk_find_added(const struct chunk_set *set, const void *address);

/* The chunk that may hold a block at address, or NULL; nothing at address is read. */
BITS_INLINE const struct chunk *chunk_find(const struct chunk_set *set, const void *address)
{
    if (bits_likely(chunk_granule(&set->first, address) < set->first.granules))
        return &set->first;
    return (const struct chunk *)qi_chunk_find_added(set, address);
}

/* Does a granule of a page of this heap start at address? */
static inline bool chunk_set_holds(const struct chunk_set *set, const void *address)
{
    const struct chunk *chunk = chunk_find(set, address);
    return chunk != NULL && chunk_granule(chunk, address) < chunk->granules;
}

/* Run lengths in the maps: one byte, or, where a run's maps are longer, an escape and four more.
 *
 *   maps of a run of n pages
 *     n < 255:  | n | ... | n |        else:  | 255 | n (4 bytes) | ... | n (4 bytes) | 255 |
 */
enum { CHUNK_LENGTH_LONG = 255 };

static inline pages_t chunk_length_at_start(const struct chunk *chunk, pages_t first)
{
    const uint8_t *map = chunk_map(chunk, first);
    return bits_likely(map[0] != CHUNK_LENGTH_LONG) ? map[0] : bits_load_u32(map + 1);
}

static inline pages_t chunk_length_at_end(const struct chunk *chunk, pages_t last)
{
    const uint8_t *map = chunk_map(chunk, last) + UNITS_MAP_BYTES - 1;
    return bits_likely(map[0] != CHUNK_LENGTH_LONG) ? map[0] : bits_load_u32(map - 4);
}

static inline void chunk_set_length_at_start(const struct chunk *chunk, pages_t first, pages_t pages)
{
    uint8_t *map = chunk_map(chunk, first);
    if (bits_likely(pages < CHUNK_LENGTH_LONG)) {
        map[0] = (uint8_t)pages;
        return;
    }
    map[0] = CHUNK_LENGTH_LONG;
    bits_store_u32(map + 1, pages);
}

static inline void chunk_set_length_at_end(const struct chunk *chunk, pages_t last, pages_t pages)
{
    uint8_t *map = chunk_map(chunk, last) + UNITS_MAP_BYTES - 1;
    if (bits_likely(pages < CHUNK_LENGTH_LONG)) {
        map[0] = (uint8_t)pages;
        return;
    }
    map[0] = CHUNK_LENGTH_LONG;
    bits_store_u32(map - 4, pages);
}

/* Control bytes that stand before so many pages: two edges, codes, maps, and padding to load a word anywhere. */
#define CHUNK_CONTROL_BYTES(pages) (2 + (size_t)(pages) * (1 + UNITS_MAP_BYTES) + sizeof(uintptr_t) - 1)

/* How many pages a chunk of span bytes has, which begin with control data and end at a page boundary. */
pages_t qi_chunk_pages_that_fit(size_t span);

/* Lays out a chunk: codes from control on, pages up to end. False if not one page fits. Clears a byte a page. */
bool qi_chunk_format(struct chunk *chunk, uint8_t *control, const uint8_t *end);

/* Makes every page of a formatted chunk nothing again. Clears a byte a page. */
void qi_chunk_clear(struct chunk *chunk);

/* Puts an added chunk whose chunk.bytes is set into the list and the tree. At most one step for each address bit. */
void qi_chunk_insert(struct chunk_set *set, struct added_chunk *added);
void qi_chunk_remove(struct chunk_set *set, struct added_chunk *added);

/* Does memory of this heap lie anywhere in these bytes? Grows with the number of chunks. */
bool qi_chunk_set_overlaps(const struct chunk_set *set, const void *start, size_t bytes);

#endif
