/* SPDX-License-Identifier: MIT
 *
 * flips.c: control data in which one bit has changed. From check level 2 whatever is called next reports it or is
 * not affected: no call crashes, goes on for ever, hands out memory that is not free, or writes where it should not.
 *
 * A scene is made once and copied. Then, for each bit of the control data in turn, it is put back, the bit is changed,
 * and one of four programs runs: one takes blocks, one gives all back and takes others, one changes the size of all,
 * one asks for everything there is to ask, and resets. (One of the four for each bit, in turn.) Every block handed out
 * must lie in the heap's memory and beside all blocks that live, and what is written into blocks must stay. A block
 * that was given back counts as gone, although the heap may have kept it after a report.
 *
 * In the end the heap is destroyed: its source is never told of another length than it gave, and what does not go back
 * was reported. On a source the bits are changed a second time, one of each byte: while a callback runs.
 */
#include "table.h"

typedef uintptr_t __attribute__((may_alias)) word_t;

enum { MOST_BLOCKS = 160, PROGRAMS = 4, MOST_GRANULES = 64 };

struct held {
    unsigned char *at;
    size_t bytes;
};

static struct flip {
    struct quarry_heap *heap;
    struct test_source *source, source_first; /* NULL: a region */
    unsigned char ledger_first[MOST_GRANULES];
    unsigned char *memory, *copy;
    size_t bytes;
    struct held held[MOST_BLOCKS], held_first[MOST_BLOCKS];
    unsigned count, first_count;
    unsigned char *control, *first_page;
    struct table_flips counts;
    /* The bit to be changed while a callback runs: not in so many of them before. NULL: none, or it is done. */
    unsigned char *late_place;
    unsigned char late_mask;
    unsigned late_calls;
} flip;

static uint32_t seed_of(const unsigned char *at)
{
    return (uint32_t)(uintptr_t)at * 2654435761u;
}

/* A block that was handed out: where may it lie? */
static void hold(unsigned char *at, size_t bytes)
{
    if (at == NULL)
        return;
    size_t offset = (size_t)(at - flip.memory);
    if (!CHECK(offset < flip.bytes && bytes <= flip.bytes - offset))
        return;
    for (unsigned i = 0; i < flip.count; i++)
        if (!CHECK(at + bytes <= flip.held[i].at || flip.held[i].at + flip.held[i].bytes <= at))
            return;
    REQUIRE(flip.count < MOST_BLOCKS);
    test_fill(at, bytes, seed_of(at));
    flip.held[flip.count].at = at;
    flip.held[flip.count++].bytes = bytes;
}

static void drop(unsigned index)
{
    flip.held[index] = flip.held[--flip.count];
}

static void take_block(size_t bytes)
{
    hold(quarry_malloc(flip.heap, bytes), bytes);
}

static void give(unsigned index)
{
    quarry_free(flip.heap, flip.held[index].at);
    drop(index);
}

/* --- the programs --- */

static void take_blocks(void)
{
    for (unsigned round = 0; round < 3 && !test_is_over(); round++)
        for (size_t bytes = 8; bytes <= 1200 && !test_is_over(); bytes += bytes / 3 + 8)
            take_block(bytes);
}

static void give_and_take_blocks(void)
{
    for (unsigned index = flip.count; index-- != 0 && !test_is_over();)
        give(index);
    take_blocks();
}

static void change_blocks(void)
{
    for (unsigned index = 0, number = 0; index < flip.count && number < MOST_BLOCKS && !test_is_over(); number++) {
        struct held old = flip.held[index];
        size_t bytes = number % 3 == 0 ? old.bytes * 2 + 1 : number % 3 == 1 ? old.bytes / 2 + 1 : old.bytes + 40;
        CHECK(quarry_usable_size(flip.heap, old.at) >= old.bytes || test_log.count != 0);
        if (quarry_resize(flip.heap, old.at, bytes) && bytes < old.bytes) /* the rest may be gone */
            flip.held[index].bytes = old.bytes = bytes;
        unsigned char *at = quarry_realloc(flip.heap, old.at, bytes);
        if (at == NULL) {
            index++;
            continue;
        }
        CHECK(test_is_filled(at, old.bytes < bytes ? old.bytes : bytes, seed_of(old.at)));
        drop(index);
        hold(at, bytes);
        index += number % 2;
    }
    hold(quarry_aligned_alloc(flip.heap, 64, 100), 100);
    hold(quarry_calloc(flip.heap, 5, 9), 45);
    give_and_take_blocks();
}

static bool count_blocks(void *context, const struct quarry_block *block)
{
    (void)block;
    return ++*(unsigned *)context < 100000;
}

static void ask_everything(void)
{
    struct quarry_stats stats;
    unsigned blocks = 0;
    quarry_check(flip.heap);
    quarry_get_stats(flip.heap, &stats);
    quarry_walk(flip.heap, count_blocks, &blocks);
    CHECK(blocks < 100000);
    for (unsigned index = 0; index < flip.count; index++)
        quarry_owns(flip.heap, flip.held[index].at);
    quarry_owns(flip.heap, &stats);
    quarry_good_size(flip.heap, 1000);
    quarry_set_limit(flip.heap, stats.acquired_bytes + 4096);
    quarry_trim(flip.heap);
    quarry_free(flip.heap, &stats);
    quarry_free_sized(flip.heap, flip.held[0].at, flip.held[0].bytes + 100);
    take_blocks();
    for (unsigned index = 0; index < flip.count && !test_is_over(); index++)
        CHECK(test_is_filled(flip.held[index].at, flip.held[index].bytes, seed_of(flip.held[index].at)));
    quarry_reset(flip.heap);
    bool was_refused = false;
    for (unsigned index = 0; index < flip.count; index++)
        was_refused |= quarry_owns(flip.heap, flip.held[index].at);
    quarry_get_stats(flip.heap, &stats);
    if (stats.blocks == 0 || !was_refused) /* the figure itself may be damaged */
        flip.count = 0;
    take_blocks();
}

static void (*const programs[PROGRAMS])(void) = {take_blocks, give_and_take_blocks, change_blocks, ask_everything};

/* --- the scene, and one bit after the other --- */

/* Full runs, runs with room, an emptied one, large blocks between free runs. */
static void populate(void)
{
    static const size_t sizes[] = {8, 24, 60, 120, 24, 24, 60, 200, 24, 400, 24, 60, 700, 8, 24, 1030};
    flip.count = 0;
    for (unsigned round = 0; round < 4; round++)
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
            take_block(sizes[i]);
    for (unsigned index = flip.count; index-- != 0;)
        if (index % 3 == 1 || flip.held[index].bytes == 120)
            give(index);
}

static bool lowest_pointer(void *context, const struct quarry_block *block)
{
    unsigned char **lowest = context;
    unsigned char *at = (unsigned char *)(uintptr_t)block->pointer;
    if (at >= flip.control && at < flip.memory + flip.bytes && (*lowest == NULL || at < *lowest))
        *lowest = at;
    return true;
}

/* Remembers the scene as it is. */
static void keep_scene(void)
{
    struct quarry_stats stats;
    quarry_get_stats(flip.heap, &stats);
    flip.copy = test_memory(flip.bytes, 0);
    if (flip.copy == NULL)
        return;
    table_copy(flip.copy, flip.memory, flip.bytes);
    table_copy(flip.held_first, flip.held, sizeof flip.held);
    flip.first_count = flip.count;
    if (flip.source == NULL)
        return;
    flip.source_first = *flip.source;
    REQUIRE(flip.source->granules <= MOST_GRANULES);
    table_copy(flip.ledger_first, flip.source->ledger, flip.source->granules);
}

static void put_scene_back(void)
{
    table_copy(flip.memory, flip.copy, flip.bytes);
    table_copy(flip.held, flip.held_first, sizeof flip.held);
    flip.count = flip.first_count;
    test_log.count = 0;
    if (flip.source == NULL)
        return;
    *flip.source = flip.source_first;
    table_copy(flip.source->ledger, flip.ledger_first, flip.source->granules);
}

/* Is the place still control data? The heap's first chunk stays; another may have gone back, and come again as a block,
 * but then it holds something else. */
static bool is_control_still(const unsigned char *place)
{
    const size_t offset = (size_t)(place - flip.memory) & ~(sizeof(word_t) - 1);
    return place - (unsigned char *)flip.heap < (ptrdiff_t)SMALLEST_CHUNK_BYTES ||
           *(word_t *)(void *)(flip.memory + offset) == *(word_t *)(void *)(flip.copy + offset);
}

/* Called from each of the source's callbacks. */
static void flip_late(struct test_source *source)
{
    (void)source;
    if (flip.late_place == NULL || flip.late_calls-- != 0)
        return;
    if (is_control_still(flip.late_place)) {
        flip.counts.bits++;
        *flip.late_place ^= flip.late_mask;
    }
    flip.late_place = NULL;
}

/* All goes back to the source, or it was reported that something does not. */
static void destroy(void)
{
    quarry_destroy(flip.heap);
    if (flip.source == NULL)
        return;
    CHECK_EQ(flip.source->errors, 0);
    CHECK(flip.source->granted_bytes == 0 || test_log.count != 0);
}

/* late: while a callback runs. */
static void run_with_bit(unsigned char *place, unsigned bit, unsigned program, bool late)
{
    put_scene_back();
    if (late) {
        flip.source->during = flip_late;
        flip.late_place = place;
        flip.late_mask = (unsigned char)(1u << bit);
        flip.late_calls = (unsigned)(place - flip.control) / 3 % 4;
    } else {
        flip.counts.bits++;
        *place ^= (unsigned char)(1u << bit);
    }
    programs[program]();
    for (unsigned index = 0; index < flip.count && !test_is_over(); index++)
        CHECK(test_is_filled(flip.held[index].at, flip.held[index].bytes, seed_of(flip.held[index].at)));
    destroy();
    flip.late_place = NULL;
    flip.counts.reported += test_log.count != 0;
    if (!test_is_over())
        return;
    test_print("  with bit ");
    test_print_unsigned(bit);
    test_print(" of byte ");
    test_print_unsigned((uintptr_t)(place - (unsigned char *)flip.heap));
    test_print(late ? " of the heap changed in a callback, in program " : " of the heap changed, in program ");
    test_print_unsigned(program);
    test_print("\n");
}

/* late: in callbacks, one bit of each byte. */
static void flip_each_bit(bool late)
{
    flip.first_page = NULL;
    quarry_walk(flip.heap, lowest_pointer, &flip.first_page);
    REQUIRE(flip.first_page != NULL);
    /* In QEMU, and where each call checks everything, one bit of each byte, in turn. */
    const bool is_slow = TEST_SCALE < 20 || QUARRY_CHECK_LEVEL >= 4 || late;
    const size_t stride = TEST_SCALE < 20 && QUARRY_CHECK_LEVEL >= 3 ? 7 : 1;
    for (unsigned char *place = flip.control; place < flip.first_page; place += stride) {
        const unsigned number = (unsigned)(place - flip.control);
        for (unsigned bit = is_slow ? number % 8 : 0; bit < 8 && !test_is_over(); bit += is_slow ? 8 : 1)
            run_with_bit(place, bit, (number / 8 + bit + number) % PROGRAMS, late);
    }
    put_scene_back();
}

static bool begin_on_region(void)
{
    flip.source = NULL;
    flip.bytes = sizeof(void *) > 4 ? 40960 : 12288;
    flip.memory = test_memory(flip.bytes, 0);
    if (flip.memory == NULL)
        return false;
    struct quarry_options options = test_options();
    options.entropy = 0x5bd1e995u;
    flip.heap = quarry_create(flip.memory, flip.bytes, &options);
    if (!CHECK(flip.heap != NULL))
        return false;
    populate();
    keep_scene();
    return !test_is_over();
}

static bool begin_on_source(struct test_source *source)
{
    if (!test_source_init(source, 8 * SMALLEST_CHUNK_BYTES))
        return false;
    flip.source = source;
    flip.heap = test_source_heap(source);
    if (!CHECK(flip.heap != NULL))
        return false;
    flip.memory = source->memory;
    flip.bytes = 8 * SMALLEST_CHUNK_BYTES;
    populate();
    for (size_t bytes = SMALLEST_CHUNK_BYTES / 8; bytes < 2 * SMALLEST_CHUNK_BYTES; bytes *= 2)
        take_block(bytes);
    CHECK(stats_of(flip.heap).chunks >= 4);
    keep_scene();
    return !test_is_over();
}

void table_copy(void *to, const void *from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    if ((((uintptr_t)out | (uintptr_t)in) & (sizeof(word_t) - 1)) == 0)
        for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t), out += sizeof(word_t), in += sizeof(word_t))
            *(word_t *)(void *)out = *(const word_t *)(const void *)in;
    while (bytes-- != 0)
        *out++ = *in++;
}

/* The control data of a region's heap; then all that stands in front of what a source gave: the heap's first chunk,
 * other chunks, a huge block. */
struct table_flips table_flip_every_bit(void)
{
    static struct test_source source;
    flip.counts.bits = flip.counts.reported = flip.counts.broken = 0;
    if (QUARRY_CHECK_LEVEL < 2)
        return flip.counts;
    if (begin_on_region()) {
        flip.control = (unsigned char *)flip.heap;
        flip_each_bit(false);
        test_memory_release();
    }
    if (!test_is_over() && begin_on_source(&source)) {
        for (size_t granule = 0; granule < source.granules && !test_is_over(); granule++) {
            flip.control = source.memory + granule * GRANULE_BYTES;
            if (source.ledger[granule] == 1)
                flip_each_bit(false);
            if (source.ledger[granule] == 1 && !test_is_over())
                flip_each_bit(true);
        }
        test_memory_release();
    }
    flip.counts.broken = test_is_over();
    return flip.counts;
}
