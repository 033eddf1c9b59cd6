/* SPDX-License-Identifier: MIT
 *
 * unit_bin.h: what the tests of small blocks share: single slots taken and given as the API does it, and what a bin's
 * runs should look like. Lengths are compared by shape, because a bin's lengths may come out alike.
 */
#ifndef QUARRY_UNIT_BIN_H
#define QUARRY_UNIT_BIN_H

#include "../../src/small.h"

#include "unit.h"

static inline const struct bin_shape *shape_of(unsigned bin, unsigned length)
{
    return &qi_bin_shapes[bin_shape_index(length, bin)];
}

/* Where in a map the bit of a slot lies: where maps are shorter than a word, they have their slots in order, byte by
 * byte, on every CPU. */
static inline unsigned byte_of_slot(unsigned slot)
{
    return !CONTROL_OWN_WORD || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? slot / 8
                                                                          : (unsigned)sizeof(uintptr_t) - 1 - slot / 8;
}

/* A run's map word, whose bit 0 is slot 0. */
static inline uintptr_t map_word(const uint8_t *map)
{
    uintptr_t word = 0;
    for (unsigned slot = 0; slot < BITS_WORD; slot += 8)
        word |= (uintptr_t)map[byte_of_slot(slot)] << slot;
    return word;
}

static inline void set_map_word(uint8_t *map, uintptr_t word)
{
    for (unsigned slot = 0; slot < BITS_WORD; slot += 8)
        map[byte_of_slot(slot)] = (uint8_t)(word >> slot);
}

static inline unsigned slots_of(unsigned bin, unsigned length)
{
    return shape_of(bin, length)->slots;
}

static inline size_t pages_of(unsigned bin, unsigned length)
{
    return shape_of(bin, length)->pages;
}

static inline bool is_same_shape(const struct bin_shape *one, const struct bin_shape *other)
{
    return one->granules == other->granules && one->pages == other->pages && one->slots == other->slots;
}

/* The bits of the slots in a map word, one by one. */
static inline uintptr_t slots_bits(const struct bin_shape *shape)
{
    uintptr_t bits = 0;
    for (unsigned slot = 0; slot < shape->slots; slot++)
        bits |= (uintptr_t)1 << slot;
    return bits;
}

/* What a page of a run must say, as the drawing in chunk.h has it: the run's length and bin, how far behind the start
 * the page lies, and its part of the slot in which the run's node lies, or lay last; 0: never was one. */
static inline unsigned code_of_page(unsigned length_and_bin, size_t inner, unsigned node_slot)
{
    const unsigned low = node_slot % 8, high = node_slot / 8;
    const unsigned shift = CONTROL_WIDE_CODES ? 12 : 4;
    if (inner == 0)
        return (CONTROL_WIDE_CODES ? 0x8000u | high << shift : 0x80u) | length_and_bin;
    if (CONTROL_DIRECT_CODES)
        return 0x8000u | (inner == 1 ? low : 0) << shift | (unsigned)inner << 7 | length_and_bin;
    const bool has_high = inner == 2 && !CONTROL_WIDE_CODES && qi_bin_shapes[length_and_bin].slots > 8;
    return (inner == 1 ? low : has_high ? high : 0) << shift | (unsigned)inner;
}

static inline unsigned length_and_bin_of(const struct bin_run *run)
{
    return (unsigned)(bin_shape_of(run->code) - qi_bin_shapes);
}

/* Each page of a run says what it must and leads to the run's start. */
static inline void check_run_codes(const struct bin_run *run, unsigned node_slot)
{
    const unsigned length_and_bin = length_and_bin_of(run);
    for (size_t inner = 0; inner < qi_bin_shapes[length_and_bin].pages; inner++) {
        size_t page = run->page + inner;
        CHECK_EQ(run->chunk->codes[page], code_of_page(length_and_bin, inner, node_slot));
        CHECK_EQ(bin_shape_of(chunk_run_code(run->chunk->codes, &page)), &qi_bin_shapes[length_and_bin]);
        CHECK_EQ(page, run->page);
    }
}

/* NULL: there is none. */
static inline uint8_t *try_take(struct quarry_heap *heap, unsigned bin)
{
    return small_has_slot(&heap->bins, bin) ? small_take(&heap->bins, bin, bin_slot_bytes(bin))
                                            : qi_bin_allocate(&heap->bins, bin);
}

static inline uint8_t *take(struct quarry_heap *heap, unsigned bin)
{
    uint8_t *block = try_take(heap, bin);
    CHECK(block != NULL);
    CHECK(unit_settle(heap));
    return block;
}

/* A slot is given back by the inline functions, or else by the one that does all. */
static inline enum run_freed give_slot(struct quarry_heap *heap, const struct bin_run *run, unsigned slot, bool inlined)
{
    if (!inlined)
        return qi_bin_free(&heap->bins, run, slot);
    const enum small_freed freed = small_free(bin_run_map(run), bin_shape_of(run->code), slot);
    CHECK(freed == SMALL_FREED || freed == SMALL_MORE);
    return freed == SMALL_MORE ? qi_bin_free(&heap->bins, run, slot) : RUN_FREED;
}

/* The same for a slot of a full run that is not the current one, while that has room, so that the run comes into the
 * list; the current run is full before and afterwards. */
static inline enum run_freed give_to_list(struct quarry_heap *heap, const struct bin_run *run, unsigned slot,
                                          bool inlined)
{
    const unsigned bin = bin_of_code(run->code);
    uint8_t *current = bin_current_start(&heap->bins.bins[bin]);
    CHECK(!small_has_slot(&heap->bins, bin));
    const struct heap_block found = unit_find(heap, current);
    CHECK_EQ(give_slot(heap, &found.run, 0, inlined), RUN_FREED);
    const enum run_freed freed = give_slot(heap, run, slot, inlined);
    CHECK_EQ(small_take(&heap->bins, bin, bin_slot_bytes(bin)), current);
    return freed;
}

static inline enum run_freed give(struct quarry_heap *heap, const uint8_t *block)
{
    const struct heap_block found = unit_find(heap, block);
    if (!CHECK_EQ(found.kind, QUARRY_SMALL))
        return RUN_REFUSED;
    return give_slot(heap, &found.run, found.slot, test_random_below(2) != 0);
}

/* A slot of a new run, while the heap seems to have so many free pages. */
static inline uint8_t *take_while_free(struct quarry_heap *heap, unsigned bin, size_t free_pages)
{
    const size_t hidden = free_pages - heap->bins.runs.free_pages;
    heap->bins.runs.free_pages += hidden;
    uint8_t *block = qi_bin_allocate(&heap->bins, bin);
    heap->bins.runs.free_pages -= hidden;
    return block;
}

/* Takes what is left of the bin's current run. */
static inline void fill_current(struct quarry_heap *heap, unsigned bin)
{
    while (small_has_slot(&heap->bins, bin))
        small_take(&heap->bins, bin, bin_slot_bytes(bin));
    CHECK(unit_settle(heap));
}

/* A new run, full and current, although other runs may have room. */
static inline struct bin_run take_full_run(struct quarry_heap *heap, unsigned bin)
{
    struct bin_run run = {NULL, 0, 0};
    const uint8_t *start = take(heap, bin);
    if (start != NULL) {
        run = unit_find(heap, start).run;
        CHECK_EQ(bin_run_start(&run), start);
        fill_current(heap, bin);
    }
    return run;
}

/* The same with a run of the longest length, as where memory is ample. */
static inline struct bin_run take_full_longest_run(struct quarry_heap *heap, unsigned bin)
{
    struct bin_run run = {NULL, 0, 0};
    const uint8_t *start = take_while_free(heap, bin, BIN_AMPLE_PAGES);
    if (CHECK(start != NULL)) {
        run = unit_find(heap, start).run;
        CHECK(is_same_shape(bin_shape_of(run.code), shape_of(bin, 3)));
        fill_current(heap, bin);
    }
    return run;
}

static inline uint8_t *slot_address(const struct bin_run *run, unsigned slot)
{
    return bin_run_start(run) + slot * bin_shape_bytes(bin_shape_of(run->code));
}

/* Pages enough for so many runs of a bin, where memory is not ample. */
static inline size_t pages_of_runs(unsigned bin, unsigned count)
{
    return count * pages_of(bin, 2);
}

#endif
