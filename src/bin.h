/* SPDX-License-Identifier: MIT
 *
 * bin.h: the size classes of small blocks, their runs, and each bin's list of runs with room.
 *
 * While memory is ample a bin's runs are long, which costs less work; where it is not, its first runs are short, so
 * that a small heap spends little on a bin that it hardly uses, and later ones longer.
 *
 *   a run of 3 pages with 8 slots of 24 bytes (e.g. 32-bit; nothing is lost)        (cell = slot)
 *   page 0                page 1               page 2
 *   +-------+-------+-------+-------+-------+-------+-------+-------+
 *   | used  | free  | used  | free  | used  | used  | used  | free  |
 *   +-------+-------+-------+-------+-------+-------+-------+-------+
 *   codes: PAGE_SMALL |   PAGE_SECOND |        2
 *          length 2,      slot of the
 *          bin 2          node
 *   map:   bits 0 2 4 5 6 are set
 *
 * The bin's first run with room is its current one: small requests take its lowest free slot. Runs with room form a
 * list through one node each, in a free slot. The current run's node lies in its highest free slot, the last that would
 * be taken, so most calls do not touch it; any other's stays where it was put when the run stopped being full, and the
 * code of the run's second page says which slot that is. The bitmap alone decides which slots are free; the nodes only
 * say where room is.
 *
 * A run whose last block is given back gives its pages back, unless it is its bin's current run in the first chunk:
 * then it stays as the heap's one spare, and the spare before it goes. A program that takes and gives back a block
 * again and again does not make and unmake a run each time. Whoever wants pages and finds none, or looks at the heap's
 * figures or pages, has the spare given back first, so it is never missed.
 *
 * Invariants
 *   B1  a run with a free slot and a used one is either its bin's current run or in its bin's list, once
 *   B2  the node of the current run lies in its highest free slot; that of another run with room in the slot that the
 *       code of its second page names, which is free
 *   B3  a run without a free slot is in no list; a run without a used slot is the spare
 *   B4  run_count is the number of the bin's runs, or BIN_COUNT_MAX if it ever was that many
 */
#ifndef QUARRY_BIN_H
#define QUARRY_BIN_H

#include "bin_shapes.h"
#include "run.h"

enum { BIN_COUNT_MAX = 255, BIN_NO_SLOT = 255 };

struct bin {
    uintptr_t run; /* the current run's address | how many bits of a word it has no slots for; 0: no current run */
    union {
        uint8_t *map;           /* with a current run: its map */
        struct list_node *next; /* without: the list of runs with room */
    } u;
};

struct bin_set {
    struct run_set runs;
    struct bin bins[BIN_COUNT];
    uint8_t run_count[BIN_COUNT];
    uint8_t spare; /* 1 + the bin whose current run, in the first chunk, may be without a used slot; 0: none */
};

_Static_assert(BITS_WORD <= QUARRY_PAGE_BYTES, "the low bits of a run's address hold a bit count");

/* A run of small blocks. */
struct bin_run {
    struct chunk *chunk;
    pages_t page;
    unsigned code; /* PAGE_SMALL | length | bin */
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

/* The map bits of the run's slots. */
BITS_INLINE uintptr_t bin_run_slots(const struct bin_run *run)
{
    return bin_slots_mask(bin_unused_bits(run->code));
}

BITS_INLINE uint8_t *bin_current_start(const struct bin *bin)
{
    return (uint8_t *)(bin->run & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1));
}

BITS_INLINE unsigned bin_current_unused_bits(const struct bin *bin)
{
    return (unsigned)(bin->run & (BITS_WORD - 1));
}

/* Makes the list's first run with room the current one. There is no current one, and the list is not empty. False
 * after a report of damage. */
bool qi_bin_take_from_list(struct bin_set *set, unsigned bin);

/* The first slot of a new run, which becomes the current one if it has more; there is none with room. NULL: no memory,
 * or a report of damage. */
void *qi_bin_new_run(struct bin_set *set, unsigned bin);

/* Takes the current run's last free slot off the list, before it is marked. False, nothing changed, after a report. */
bool qi_bin_take_last(struct bin_set *set, unsigned bin);

/* Frees an allocated slot of which the list must hear: the run's first free one, or a slot above all free ones of the
 * current run. The run stays, even if it was the last used one. False, nothing changed, after a report of damage. */
bool qi_bin_give_slot(struct bin_set *set, struct chunk *chunk, pages_t page, unsigned slot);

/* Gives back the pages of a run whose last used slot is about to be free, or is free already. */
enum run_given qi_bin_give_run(struct bin_set *set, struct bin_run run);

/* The run's last used slot becomes free: may the run stay as the spare? False too after a report of damage. */
bool qi_bin_may_keep(struct bin_set *set, struct bin_run run);

/* Gives the spare's pages back; false if there is none, or after a report of damage. */
bool qi_bin_give_spare(struct bin_set *set);

/* The node of a run with room. */
struct list_node *qi_bin_node(const struct bin_set *set, struct bin_run run);

/* The slot of a run that starts at a granule of its chunk; BIN_NO_SLOT if none does. */
BITS_INLINE unsigned bin_slot_at(const struct bin_run *run, size_t granule)
{
    const struct bin_shape *shape = &qi_bin_shapes[run->code & (BIN_CODES - 1)];
    unsigned offset = (unsigned)(granule - ((size_t)run->page << UNITS_PAGE_GRANULE_SHIFT));
    unsigned slot = (offset * shape->reciprocal) >> 15; /* exact for multiples of the slot's size */
    if (slot * shape->granules != offset || slot >= shape->slots)
        return BIN_NO_SLOT;
    return slot;
}

#endif
