/* SPDX-License-Identifier: MIT
 *
 * flipped_bits.c: control data in which one bit has changed. From check level 2 whatever is called next reports it or is
 * not affected: no call crashes, goes on for ever, hands out memory that is not free, or writes where it should not.
 *
 * A scene is made once and copied. Then, for each bit of the control data in turn, it is put back, the bit is changed,
 * and one of four programs runs: one takes blocks, one gives all back and takes others, one changes the size of all, one
 * asks for everything there is to ask, and resets. (In the larger scene, and where time is short, one of the four for each
 * bit.) Every block handed out must lie in the heap's memory and beside all
 * blocks that live, and what is written into blocks must stay. A block that was given back counts as gone, although the
 * heap may have kept it after a report.
 */
#include "misuse.h"

enum { MOST_BLOCKS = 160, PROGRAMS = 4, MOST_GRANULES = 64 };

struct held {
    unsigned char *at;
    size_t bytes;
};

static struct scene {
    struct quarry_heap *heap;
    struct test_source *source, source_first; /* NULL: a region */
    unsigned char ledger_first[MOST_GRANULES];
    unsigned char *memory, *copy;
    size_t bytes;
    struct held held[MOST_BLOCKS], held_first[MOST_BLOCKS];
    unsigned count, first_count;
    unsigned refused; /* requests answered with NULL */
    unsigned char *control, *first_page;
} scene;

static uint32_t seed_of(const unsigned char *at)
{
    return (uint32_t)(uintptr_t)at * 2654435761u;
}

static void copy_bytes(void *to, const void *from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    while (bytes-- != 0)
        *out++ = *in++;
}

/* A block that was handed out: where may it lie? */
static void hold(unsigned char *at, size_t bytes)
{
    if (at == NULL) {
        scene.refused++;
        return;
    }
    size_t offset = (size_t)(at - scene.memory);
    if (!CHECK(offset < scene.bytes && bytes <= scene.bytes - offset))
        return;
    for (unsigned i = 0; i < scene.count; i++)
        if (!CHECK(at + bytes <= scene.held[i].at || scene.held[i].at + scene.held[i].bytes <= at))
            return;
    REQUIRE(scene.count < MOST_BLOCKS);
    test_fill(at, bytes, seed_of(at));
    scene.held[scene.count].at = at;
    scene.held[scene.count++].bytes = bytes;
}

static void drop(unsigned index)
{
    scene.held[index] = scene.held[--scene.count];
}

static void take_block(size_t bytes)
{
    hold(quarry_malloc(scene.heap, bytes), bytes);
}

static void give(unsigned index)
{
    quarry_free(scene.heap, scene.held[index].at);
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
    for (unsigned index = scene.count; index-- != 0 && !test_is_over();)
        give(index);
    take_blocks();
}

static void change_blocks(void)
{
    for (unsigned index = 0, number = 0; index < scene.count && number < MOST_BLOCKS && !test_is_over(); number++) {
        struct held old = scene.held[index];
        size_t bytes = number % 3 == 0 ? old.bytes * 2 + 1 : number % 3 == 1 ? old.bytes / 2 + 1 : old.bytes + 40;
        CHECK(quarry_usable_size(scene.heap, old.at) >= old.bytes || test_log.count != 0);
        quarry_resize(scene.heap, old.at, bytes);
        unsigned char *at = quarry_realloc(scene.heap, old.at, bytes);
        if (at == NULL) {
            index++;
            continue;
        }
        CHECK(test_is_filled(at, old.bytes < bytes ? old.bytes : bytes, seed_of(old.at)));
        drop(index);
        hold(at, bytes);
        index += number % 2;
    }
    hold(quarry_aligned_alloc(scene.heap, 64, 100), 100);
    hold(quarry_calloc(scene.heap, 5, 9), 45);
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
    quarry_check(scene.heap);
    quarry_get_stats(scene.heap, &stats);
    quarry_walk(scene.heap, count_blocks, &blocks);
    CHECK(blocks < 100000);
    for (unsigned index = 0; index < scene.count; index++)
        quarry_owns(scene.heap, scene.held[index].at);
    quarry_owns(scene.heap, &stats);
    quarry_good_size(scene.heap, 1000);
    quarry_set_limit(scene.heap, stats.acquired_bytes + 4096);
    quarry_trim(scene.heap);
    quarry_free(scene.heap, &stats);
    quarry_free_sized(scene.heap, scene.held[0].at, scene.held[0].bytes + 100);
    take_blocks();
    for (unsigned index = 0; index < scene.count && !test_is_over(); index++)
        CHECK(test_is_filled(scene.held[index].at, scene.held[index].bytes, seed_of(scene.held[index].at)));
    quarry_reset(scene.heap);
    quarry_get_stats(scene.heap, &stats);
    if (stats.blocks == 0) /* otherwise it was refused */
        scene.count = 0;
    take_blocks();
}

static void (*const programs[PROGRAMS])(void) = {take_blocks, give_and_take_blocks, change_blocks, ask_everything};

/* --- the scene, and one bit after the other --- */

/* Full runs, runs with room, an emptied one, large blocks between free runs. */
static void populate(void)
{
    static const size_t sizes[] = {8, 24, 60, 120, 24, 24, 60, 200, 24, 400, 24, 60, 700, 8, 24, 1030};
    scene.count = 0;
    for (unsigned round = 0; round < 4; round++)
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
            take_block(sizes[i]);
    for (unsigned index = scene.count; index-- != 0;)
        if (index % 3 == 1 || scene.held[index].bytes == 120)
            give(index);
}

static bool lowest_pointer(void *context, const struct quarry_block *block)
{
    unsigned char **lowest = context;
    unsigned char *at = (unsigned char *)(uintptr_t)block->pointer;
    if (at >= scene.control && at < scene.memory + scene.bytes && (*lowest == NULL || at < *lowest))
        *lowest = at;
    return true;
}

/* Remembers the scene as it is. */
static void keep_scene(void)
{
    struct quarry_stats stats;
    quarry_get_stats(scene.heap, &stats);
    scene.copy = test_memory(scene.bytes, 0);
    if (scene.copy == NULL)
        return;
    copy_bytes(scene.copy, scene.memory, scene.bytes);
    copy_bytes(scene.held_first, scene.held, sizeof scene.held);
    scene.first_count = scene.count;
    if (scene.source == NULL)
        return;
    scene.source_first = *scene.source;
    REQUIRE(scene.source->granules <= MOST_GRANULES);
    copy_bytes(scene.ledger_first, scene.source->ledger, scene.source->granules);
}

static void put_scene_back(void)
{
    copy_bytes(scene.memory, scene.copy, scene.bytes);
    copy_bytes(scene.held, scene.held_first, sizeof scene.held);
    scene.count = scene.first_count;
    test_log.count = 0;
    if (scene.source == NULL)
        return;
    *scene.source = scene.source_first;
    copy_bytes(scene.source->ledger, scene.ledger_first, scene.source->granules);
}

static void run_with_bit(unsigned char *place, unsigned bit, unsigned program)
{
    put_scene_back();
    *place ^= (unsigned char)(1u << bit);
    programs[program]();
    for (unsigned index = 0; index < scene.count && !test_is_over(); index++)
        CHECK(test_is_filled(scene.held[index].at, scene.held[index].bytes, seed_of(scene.held[index].at)));
    CHECK(scene.source == NULL || scene.source->errors == 0);
    if (!test_is_over())
        return;
    test_print("  with bit ");
    test_print_unsigned(bit);
    test_print(" of byte ");
    test_print_unsigned((uintptr_t)(place - (unsigned char *)scene.heap));
    test_print(" of the heap changed, in program ");
    test_print_unsigned(program);
    test_print("\n");
}

static void flip_each_bit(void)
{
    scene.first_page = NULL;
    quarry_walk(scene.heap, lowest_pointer, &scene.first_page);
    REQUIRE(scene.first_page != NULL);
    const unsigned step = scene.source == NULL && TEST_SCALE >= 20 && QUARRY_CHECK_LEVEL < 4 ? 1 : PROGRAMS;
    for (unsigned char *place = scene.control; place < scene.first_page; place++)
        for (unsigned bit = 0; bit < 8; bit++)
            for (unsigned program = (bit + (unsigned)(place - scene.control)) % step; program < PROGRAMS;
                 program += step) {
                run_with_bit(place, bit, program);
                if (test_is_over())
                    return;
            }
    put_scene_back();
}

#define NEEDS_LEVEL_2()                                                                                                \
    if (QUARRY_CHECK_LEVEL < 2)                                                                                        \
    SKIP("control data is guarded from check level 2 on")

TEST(test_each_flipped_bit_of_control_data_is_reported_or_harmless)
{
    NEEDS_LEVEL_2();
    scene.source = NULL;
    scene.bytes = sizeof(void *) > 4 ? 40960 : 12288;
    scene.memory = test_memory(scene.bytes, 0);
    if (scene.memory == NULL)
        return;
    struct quarry_options options = test_options();
    options.entropy = 0x5bd1e995u;
    scene.heap = quarry_create(scene.memory, scene.bytes, &options);
    REQUIRE(scene.heap != NULL);
    scene.control = (unsigned char *)scene.heap;
    populate();
    keep_scene();
    if (!test_is_over())
        flip_each_bit();
}

/* Memory of the source's at whose start control data stands: the heap's first chunk, other chunks, huge blocks. */
static bool is_grant(size_t granule)
{
    return scene.source->ledger[granule] == 1;
}

TEST(test_each_flipped_bit_in_front_of_each_chunk_is_reported_or_harmless)
{
    NEEDS_LEVEL_2();
    static struct test_source source;
    if (!test_source_init(&source, 8 * SMALLEST_CHUNK_BYTES))
        return;
    scene.source = &source;
    scene.heap = test_source_heap(&source);
    REQUIRE(scene.heap != NULL);
    scene.memory = source.memory;
    scene.bytes = 8 * SMALLEST_CHUNK_BYTES;
    populate();
    for (size_t bytes = SMALLEST_CHUNK_BYTES / 8; bytes < 2 * SMALLEST_CHUNK_BYTES; bytes *= 2)
        take_block(bytes);
    REQUIRE(stats_of(scene.heap).chunks >= 4);
    keep_scene();
    for (size_t granule = 0; granule < source.granules && !test_is_over(); granule++) {
        if (!is_grant(granule))
            continue;
        scene.control = source.memory + granule * GRANULE_BYTES;
        flip_each_bit();
    }
}
