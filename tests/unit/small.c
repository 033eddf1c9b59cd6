/* SPDX-License-Identifier: MIT
 *
 * small.c: single slots. First the inline functions alone, on map words that are no heap's, against loops over bits;
 * then in a heap, where all of it is checked after every step, and with it the place of every run's node (B1 to B3).
 */
#include "../../src/small.h"

#include "unit_bin.h"

/* --- map words --- */

enum { WORDS = 40 };

static uintptr_t random_word(void)
{
    uintptr_t word = 0;
    for (unsigned bit = 0; bit < BITS_WORD; bit += 16)
        word |= (uintptr_t)(test_random() >> 16) << bit;
    return word;
}

/* The slots' bits of a word: none, all, one of either, or some; the bits above are other runs', or there are none. */
static uintptr_t some_word(const struct bin_shape *shape, unsigned kind)
{
    const uintptr_t slots = slots_bits(shape);
    const uintptr_t one = (uintptr_t)1 << test_random_below(shape->slots);
    const uintptr_t some[] = {0, slots, one, slots ^ one, random_word() & slots};
    return (CONTROL_OWN_WORD ? 0 : random_word() & ~slots) | some[kind % 5];
}

static unsigned count_free(const struct bin_shape *shape, uintptr_t word)
{
    unsigned count = 0;
    for (unsigned slot = 0; slot < shape->slots; slot++)
        count += word >> slot & 1;
    return count;
}

/* A map between other maps, at an address that is aligned as little as a map may be. A guarded one has two words. */
enum {
    MAP_BYTES = (QUARRY_CHECK_LEVEL >= 2 ? 2 : 1) * sizeof(uintptr_t),
    LEAST_ALIGN = QUARRY_CHECK_LEVEL >= 2  ? sizeof(uintptr_t)
                  : CONTROL_MAP_BYTES >= 4 ? 4
                                           : 1,
    BESIDE_BYTES = sizeof(uintptr_t)
};

struct map {
    uint8_t bytes[LEAST_ALIGN + MAP_BYTES + BESIDE_BYTES] __attribute__((aligned(8)));
};

static uint8_t *map_begin(struct map *map, uintptr_t word, uintptr_t tag)
{
    uint8_t *at = map->bytes + LEAST_ALIGN;
    test_fill(map->bytes, sizeof map->bytes, 7);
    if (QUARRY_CHECK_LEVEL >= 2)
        control_map_store(at, 0, word, tag);
    else
        set_map_word(at, word);
    return at;
}

static bool is_kept_beside(const struct map *map)
{
    return test_is_filled(map->bytes, LEAST_ALIGN, 7) &&
           test_is_filled(map->bytes + LEAST_ALIGN + MAP_BYTES, BESIDE_BYTES, (uint32_t)(7 + LEAST_ALIGN + MAP_BYTES));
}

static void check_give(const struct bin_shape *shape, uintptr_t word, unsigned slot)
{
    struct map map;
    const uintptr_t tag = test_random();
    uint8_t *at = map_begin(&map, word, tag);
    const unsigned free_slots = count_free(shape, word);
    enum small_freed expected = SMALL_FREED;
    if ((word >> slot & 1) != 0)
        expected = SMALL_WRONG;
    else if (free_slots + 1 == shape->slots || free_slots == 0)
        expected = SMALL_MORE;
    if (expected == SMALL_WRONG && QUARRY_CHECK_LEVEL == 0)
        return;
    CHECK_EQ(small_free(at, shape, slot), expected);
    CHECK_EQ(map_word(at), expected == SMALL_FREED ? word | (uintptr_t)1 << slot : word);
    CHECK(control_map_is_valid(at, tag));
    CHECK(is_kept_beside(&map));
}

TEST(test_small_give_sets_a_bit_or_says_what_is_to_be_asked)
{
    for (unsigned code = 0; code < BIN_CODES; code++)
        for (unsigned kind = 0; kind < WORDS && qi_bin_shapes[code].slots != 0 && !test_is_over(); kind++) {
            const uintptr_t word = some_word(&qi_bin_shapes[code], kind);
            for (unsigned slot = 0; slot < qi_bin_shapes[code].slots; slot++)
                check_give(&qi_bin_shapes[code], word, slot);
        }
}

/* Takes until the run is full: the lowest free slot each time. */
static void check_takes(struct bin_set *set, unsigned index, const struct bin_shape *shape, uintptr_t word)
{
    struct map map;
    struct bin *bin = &set->bins[index];
    uint8_t *start = (uint8_t *)(16 * (uintptr_t)QUARRY_PAGE_BYTES); /* never looked at */
    const uintptr_t tag = bin_tag(start, bin_unused_bits(shape));
    bin_set_current(bin, tag, map_begin(&map, word, tag));
    CHECK_EQ(bin_current_start(bin), start);
    CHECK_EQ(bin_current_unused_bits(bin), bin_unused_bits(shape));
    for (unsigned slot = 0; slot < shape->slots; slot++) {
        if ((word >> slot & 1) == 0)
            continue;
        CHECK(small_has_slot(set, index));
        CHECK_EQ(small_take(set, index, bin_slot_bytes(index)), start + slot * bin_slot_bytes(index));
        word ^= (uintptr_t)1 << slot;
        CHECK_EQ(map_word(bin->map), word);
    }
    CHECK(!small_has_slot(set, index));
    CHECK(is_kept_beside(&map));
}

TEST(test_small_take_clears_the_lowest_bit_of_the_runs_slots)
{
    struct bin_set *set = test_memory(sizeof *set, 0);
    if (set == NULL)
        return;
    qi_bin_format(set);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++)
            for (unsigned kind = 0; kind < WORDS && !test_is_over(); kind++)
                check_takes(set, bin, shape_of(bin, length), some_word(shape_of(bin, length), kind));
}

/* --- in a heap --- */

/* A bin whose runs of one of the first two lengths have so many slots; BIN_COUNT: there is none. */
static unsigned bin_with_slots(unsigned slots, unsigned *length)
{
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (*length = 0; *length < 2; ++*length)
            if (slots_of(bin, *length) == slots)
                return bin;
    return BIN_COUNT;
}

/* Takes every slot of the bin's runs that come before the one with length. */
static void fill_shorter(struct quarry_heap *heap, unsigned bin, unsigned length)
{
    if (length == 1)
        take_full_run(heap, bin);
}

TEST(test_small_take_gives_slots_of_a_run_lowest_first)
{
    const unsigned bin = 3;
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 2));
    if (heap == NULL)
        return;
    uint8_t *first = take(heap, bin);
    for (unsigned slot = 1; slot < slots_of(bin, 0); slot++)
        CHECK_EQ(take(heap, bin), first + slot * bin_slot_bytes(bin));
    CHECK(!small_has_slot(&heap->bins, bin));
    CHECK_EQ(bin_current_start(&heap->bins.bins[bin]), first);
    CHECK_EQ(list_first(&heap->bins.rooms[bin]), NULL);
    uint8_t *other = take(heap, bin);
    CHECK_EQ(bin_current_start(&heap->bins.bins[bin]), other);
    CHECK_EQ((uintptr_t)other & (QUARRY_PAGE_BYTES - 1), 0);
}

TEST(test_small_give_then_take_reuses_slot)
{
    const unsigned bin = 1;
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 2));
    if (heap == NULL)
        return;
    uint8_t *blocks[3] = {take(heap, bin), take(heap, bin), NULL};
    blocks[2] = blocks[0] + 2 * bin_slot_bytes(bin);
    CHECK_EQ(give(heap, blocks[0]), RUN_FREED);
    CHECK(unit_settle(heap));
    CHECK_EQ(take(heap, bin), blocks[0]);
    if (slots_of(bin, 0) > 2)
        CHECK_EQ(take(heap, bin), blocks[2]);
}

/* Takes four slots, gives them back in this order (two bits a step); false: the order names a slot twice. */
static bool give_in_order(struct quarry_heap *heap, unsigned bin, unsigned order)
{
    uint8_t *blocks[4];
    unsigned named = 0;
    for (unsigned step = 0; step < 4; step++)
        named |= 1u << (order >> 2 * step & 3);
    if (named != 15)
        return false;
    for (unsigned slot = 0; slot < 4; slot++)
        blocks[slot] = take(heap, bin);
    CHECK_EQ(blocks[3], blocks[0] + 3 * bin_slot_bytes(bin));
    for (unsigned step = 0; step < 4 && !test_is_over(); step++) {
        CHECK(give(heap, blocks[order >> 2 * step & 3]) != RUN_REFUSED);
        CHECK(unit_settle(heap));
    }
    return true;
}

TEST(test_small_give_of_four_slots_in_every_order_gives_pages_back)
{
    unsigned length;
    const unsigned bin = bin_with_slots(4, &length);
    if (bin == BIN_COUNT)
        SKIP("no run has four slots");
    struct quarry_heap *heap = unit_heap(pages_of_runs(bin, 2));
    if (heap == NULL)
        return;
    fill_shorter(heap, bin, length);
    const size_t free_pages = heap->bins.runs.free_pages;
    unsigned orders = 0;
    for (unsigned order = 0; order < 256 && !test_is_over(); order++) {
        orders += give_in_order(heap, bin, order);
        CHECK_EQ(heap->bins.bins[bin].run, 0);
        CHECK_EQ(heap->bins.runs.free_pages, free_pages);
    }
    CHECK_EQ(orders, 24);
}

TEST(test_small_slot_of_used_and_free_is_told_apart)
{
    struct quarry_heap *heap = unit_heap(pages_of_runs(4, 2));
    struct heap_block found;
    if (heap == NULL)
        return;
    uint8_t *block = take(heap, 4);
    take(heap, 4);
    CHECK_EQ(qi_heap_locate(heap, block, 1, &found), 0);
    CHECK(small_is_used(&found.run, 0) && small_is_used(&found.run, 1));
    give(heap, block);
    CHECK(!small_is_used(&found.run, 0) && small_is_used(&found.run, 1));
    CHECK_EQ(qi_heap_locate(heap, block, 1, &found), QUARRY_DOUBLE_FREE);
}

/* --- random calls --- */

enum { LIVE = 40, BINS = 3 };

struct live {
    uint8_t *block;
    uint8_t bin, seed;
};

static void random_step(struct quarry_heap *heap, struct live *live)
{
    const size_t bytes = live->block == NULL ? 0 : bin_slot_bytes(live->bin);
    if (live->block == NULL) {
        live->bin = (uint8_t)(1 + test_random_below(BINS));
        live->block = try_take(heap, live->bin);
        if (live->block == NULL)
            return;
        live->seed = (uint8_t)test_random();
        test_fill(live->block, bin_slot_bytes(live->bin), live->seed);
    } else {
        CHECK(test_is_filled(live->block, bytes, live->seed));
        CHECK(give(heap, live->block) != RUN_REFUSED);
        live->block = NULL;
    }
}

TEST(test_small_random_calls_keep_blocks_apart_and_end_in_one_run)
{
    struct quarry_heap *heap = unit_heap(30);
    struct live *live = heap == NULL ? NULL : test_memory(LIVE * sizeof *live, 0);
    if (live == NULL)
        return;
    for (unsigned i = 0; i < LIVE; i++)
        live[i].block = NULL;
    for (unsigned round = 0; round < 1000 * TEST_SCALE && !test_is_over(); round++) {
        random_step(heap, &live[test_random_below(LIVE)]);
        if (round % 4 == 0)
            CHECK(unit_settle(heap));
    }
    for (unsigned i = 0; i < LIVE; i++)
        if (live[i].block != NULL)
            random_step(heap, &live[i]);
    CHECK(unit_settle(heap));
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        CHECK_EQ(list_first(&heap->bins.rooms[bin]), NULL);
    CHECK(qi_run_chunk_is_free(unit_first(heap)));
}
