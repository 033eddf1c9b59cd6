/* SPDX-License-Identifier: MIT
 *
 * bin.h: the size classes of small blocks, their runs, and each bin's list of runs with room.
 *
 * Slot sizes are every granule up to 16 granules, then four to a doubling. A run of a bin comes in one of four lengths: a
 * bin's first runs are short, so that a small heap spends little on a bin that it hardly uses, later ones longer,
 * which costs less work and loses less at the end of a run.
 *
 *   a run of 3 pages with 8 slots of 24 bytes (e.g. 32-bit; nothing is lost)                   (cell = slot)
 *   page 0                    page 1                    page 2
 *   +--------+--------+-------|+--------+--------+------|+--------+--------+--------+
 *   | used   | free   | used  || free   | used   | used || used   | free   | used   |
 *   +--------+--------+-------|+--------+--------+------|+--------+--------+--------+
 *   codes: PAGE_SMALL | length class 2 | bin 3      1                         2
 *   map:   bits 0 2 4 5 6 … set                node: in the highest free slot
 *
 * The bin's first run with room is its current one: small requests take its lowest free slot. Runs with room form a list
 * through one node each, which lies in the run's highest free slot: the last that would be taken, so most calls
 * do not touch it. The bitmap alone decides which slots are free; the nodes only say where room is.
 *
 * Invariants
 *   B1  a run with a free slot and a used one is either its bin's current run or in its bin's list, once
 *   B2  the node of such a run lies in its highest free slot
 *   B3  a run without a free slot is in no list; a run without a used slot does not exist
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
};

_Static_assert(BITS_WORD <= QUARRY_PAGE_BYTES, "the low bits of a run's address hold a bit count");

/* A run of small blocks. */
struct bin_run {
    uint8_t *start;
    uint8_t *map;
    struct chunk *chunk;
    pages_t page;
    unsigned bin;
    unsigned length; /* class */
};

BITS_INLINE uint8_t *bin_current_start(const struct bin *bin) {
    return (uint8_t *)(bin->run & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1));
}

BITS_INLINE unsigned bin_current_unused_bits(const struct bin *bin) {
    return (unsigned)(bin->run & (BITS_WORD - 1));
}

/* The node of a run whose free slots are these; free_slots is not 0. */
BITS_INLINE struct list_node *bin_node(uint8_t *start, unsigned bin, uintptr_t free_slots) {
    return (struct list_node *)(void *)(start + bits_highest(free_slots) * bin_slot_bytes(bin));
}

/* Where the list of a bin's runs with room begins, the current one not counted; NULL after a report of damage. */
struct list_node **qi_bin_list(struct bin_set *set, unsigned bin);

/* Makes the list's first run with room, or else a new run, the current one; false if there is no memory. */
bool qi_bin_refill(struct bin_set *set, unsigned bin);

/* A run that was full now has one free slot. False, nothing changed, after a report of damage. */
bool qi_bin_add_room(struct bin_set *set, const struct bin_run *run, uint8_t *slot);

/* The run's highest free slot is now another one: the node moves there. False, nothing changed, after a report. */
bool qi_bin_move_node(struct bin_set *set, const struct bin_run *run, uintptr_t before, uint8_t *slot);

/* Takes the current run's last free slot off the list, before it is marked. False, nothing changed, after a report. */
bool qi_bin_take_last(struct bin_set *set, unsigned bin);

/* Gives back the pages of a run whose last used slot is about to be free. */
enum run_given qi_bin_give_run(struct bin_set *set, const struct bin_run *run, uintptr_t free_slots);

/* The run and slot at a granule of a chunk, in a run that starts at page with this code (PAGE_SMALL); BIN_NO_SLOT if
 * no slot starts there. */
BITS_INLINE unsigned bin_locate(struct chunk *chunk, size_t granule, pages_t page, unsigned code,
                                struct bin_run *run) {
    run->chunk = chunk;
    run->page = page;
    run->bin = code & ((1u << BIN_LENGTH_SHIFT) - 1);
    run->length = code >> BIN_LENGTH_SHIFT & (BIN_LENGTHS - 1);
    run->start = chunk_page_address(chunk, page);
    run->map = chunk_map(chunk, page);
    unsigned offset = (unsigned)(granule - ((size_t)page << UNITS_PAGE_GRANULE_SHIFT));
    const struct bin_shape *shape = &qi_bin_shapes[run->bin];
    unsigned slot = (offset * shape->reciprocal) >> 15; /* exact for multiples of the slot's size */
    return slot * shape->granules == offset && slot < shape->slots[run->length] ? slot : BIN_NO_SLOT;
}

#endif
