/* SPDX-License-Identifier: MIT
 *
 * bin.h: the size classes of small blocks, their runs, and each bin's runs with room.
 *
 * While memory is ample a bin's runs are long, which costs less work; where it is not, each is a length longer than the
 * current one before it, so that a small heap spends little on a bin that it hardly uses.
 *
 *   a run of 3 pages with 8 slots of 24 bytes (e.g. 32-bit; nothing is lost)        (cell = slot)
 *   page 0                page 1               page 2
 *   +-------+-------+-------+-------+-------+-------+-------+-------+
 *   | used  | free  | used  | free  | used  | used  | used  | free  |
 *   +-------+-------+-------+-------+-------+-------+-------+-------+
 *   codes: PAGE_SMALL |   distance 1           distance 2
 *          length 2,      and the slot
 *          bin 2          of the node
 *   map:   bits 1 3 7 are set: free
 *
 * Each bin has one current run, which serves small requests by its lowest free slot until it is full. The bin's other
 * runs with room form a list through one node each: in the slot whose free gave the run room, where it stays, because
 * only the current run's slots are allocated. The inner codes say which slot that is. When the current run is full the
 * list's first run becomes the current one, or else a new run; but if a slot of another full run is freed before that,
 * then its run does. The map alone decides which slots are free; the nodes only say where room is.
 *
 * A run whose last block is freed is freed itself at once.
 *
 * Invariants
 *   B1  a run with a free slot and a used one is either its bin's current run or in its bin's list, once
 *   B2  the node of a run in a list lies in the slot that its inner codes name, which is free
 *   B3  a run without a free slot is in no list; each run has a used slot
 *   B4  the head of a bin's list leads to the node of a run that has room and is not the current one, whatever is
 *       written to free memory
 */
#ifndef QUARRY_BIN_H
#define QUARRY_BIN_H

#include "bin_shapes.h"
#include "run.h"

struct bin {
    uintptr_t run;          /* the tag of the current run; 0: there is none */
    uint8_t *map;           /* its map; no current run: a word without a free slot */
    CONTROL_WORD(map_check) /* what makes 0 of its map's address */
} __attribute__((may_alias));

struct bin_set {
    struct run_set runs;
    struct bin bins[BIN_COUNT];
    struct list_head rooms[BIN_COUNT]; /* the lists of other runs with room */
};

_Static_assert(BITS_WORD <= QUARRY_PAGE_BYTES, "the low bits of a run's address hold a bit count");

/* A run of small blocks. */
struct bin_run {
    struct chunk *chunk;
    size_t page;
    unsigned code; /* of one of its pages */
};

BITS_INLINE unsigned bin_of_code(unsigned code)
{
    return code & ((1u << BIN_LENGTH_SHIFT) - 1);
}

BITS_INLINE uint8_t *bin_run_start(const struct bin_run *run)
{
    return chunk_page_address(run->chunk, run->page);
}

BITS_INLINE uint8_t *bin_run_map(const struct bin_run *run)
{
    return chunk_map(run->chunk, run->page);
}

/* A run's tag: its address | how many bits of a map word it has no slots for. */
BITS_INLINE uintptr_t bin_tag(const uint8_t *start, unsigned unused_bits)
{
    return (uintptr_t)start | unused_bits;
}

BITS_INLINE uint8_t *bin_tag_start(uintptr_t tag)
{
    return (uint8_t *)(tag & ~(uintptr_t)(BITS_WORD - 1));
}

BITS_INLINE unsigned bin_tag_unused_bits(uintptr_t tag)
{
    return (unsigned)(tag & (BITS_WORD - 1));
}

BITS_INLINE uint8_t *bin_current_start(const struct bin *bin)
{
    return bin_tag_start(bin->run);
}

BITS_INLINE unsigned bin_current_unused_bits(const struct bin *bin)
{
    return bin_tag_unused_bits(bin->run);
}

/* May the map of what a bin says is its current run be read? */
BITS_INLINE bool bin_map_pointer_is_valid(const struct bin *bin)
{
    return control_valid((uintptr_t)bin->map + control_word(bin, map_check) == 0);
}

/* Has a bin's current run no free slot, or has it none? */
BITS_INLINE bool bin_current_is_full(const struct bin *bin)
{
    const unsigned unused_bits = bin_current_unused_bits(bin);
    return bin_map_pointer_is_valid(bin) &&
           control_map_free_bits(control_map_load(bin->map, unused_bits), unused_bits) == 0;
}

BITS_INLINE void bin_set_current(struct bin *bin, uintptr_t run, uint8_t *map)
{
    bin->run = run;
    bin->map = map;
    control_keep(bin, map_check, 0 - (uintptr_t)map);
}

/* Is a run what its code says? */
BITS_INLINE bool bin_run_is_valid(const struct bin_run *run)
{
    const struct bin_shape *shape = bin_shape_of(run->code);
    return control_valid(shape->slots != 0) &&
           control_map_is_valid(bin_run_map(run), bin_tag(bin_run_start(run), bin_unused_bits(shape)));
}

/* No bin has a run, nor a list. */
void qi_bin_format(struct bin_set *set);

/* A slot, where the bin's current run is full or there is none. NULL: no memory, or a report of damage. */
void *qi_bin_allocate(struct bin_set *set, unsigned bin);

/* Frees an allocated slot. RUN_REFUSED: nothing changed, after a report of damage. */
enum run_freed qi_bin_free(struct bin_set *set, const struct bin_run *run, unsigned slot);

/* The node of a run in a list. Its slot's number stands in two codes of the run, in parts of 3 bits: the upper part in
 * the first page's with wide codes, in the third's with narrow ones. Where a run with narrow codes has just two pages
 * it has at most 8 slots: bin_shapes.c sees to that. */
struct list_node *qi_bin_node(const struct bin_run *run);

/* Says control data that a run of this bin, which is in the bin's list, has its node there? Node may be any address;
 * nothing there is read. */
bool qi_bin_is_listed(const struct bin_set *set, const struct list_node *node, unsigned index);

/* May the node of a run in the bin's list be removed from it? */
bool qi_bin_node_is_valid(const struct bin_set *set, const struct list_node *node, unsigned index);

BITS_INLINE page_code_t bin_with_slot_part(unsigned code, unsigned part)
{
    return (page_code_t)((code & ~((unsigned)PAGE_SLOT_MASK << PAGE_SLOT_SHIFT)) | (part & PAGE_SLOT_MASK)
                                                                                           << PAGE_SLOT_SHIFT);
}

BITS_INLINE void bin_set_node_slot(page_code_t *codes, const struct bin_shape *shape, unsigned slot)
{
    codes[1] = bin_with_slot_part(codes[1], slot);
    if (CONTROL_WIDE_CODES)
        codes[0] = bin_with_slot_part(codes[0], slot >> 3);
    else if (shape->slots > PAGE_SLOT_MASK + 1)
        codes[2] = bin_with_slot_part(codes[2], slot >> 3);
}

BITS_INLINE unsigned bin_node_slot(const page_code_t *codes, const struct bin_shape *shape)
{
    unsigned slot = codes[1] >> PAGE_SLOT_SHIFT & PAGE_SLOT_MASK;
    if (CONTROL_WIDE_CODES)
        slot |= (unsigned)(codes[0] >> PAGE_SLOT_SHIFT & PAGE_SLOT_MASK) << 3;
    else if (shape->slots > PAGE_SLOT_MASK + 1)
        slot |= (unsigned)(codes[2] >> PAGE_SLOT_SHIFT & PAGE_SLOT_MASK) << 3;
    return slot;
}

#endif
