/* SPDX-License-Identifier: MIT
 *
 * random_flips.c: what flips.c asks of one scene, asked of random ones: a heap of random size on one to three regions,
 * after random calls; then, again and again, one random bit of the control data in front of a region is changed and
 * random calls follow, of which one adds the next region. No block handed out may overlap a live one or lie outside,
 * and what is in live blocks must stay.
 */
#include "table.h"

enum { REGIONS = 3, MOST_BLOCKS = 96, FLIPS = 60 };

struct random_block {
    unsigned char *at;
    size_t bytes;
    uint32_t seed;
};

static struct world {
    struct quarry_heap *heap;
    unsigned char *memory[REGIONS], *copy[REGIONS], *lowest[REGIONS];
    size_t bytes[REGIONS];
    struct random_block blocks[MOST_BLOCKS], blocks_first[MOST_BLOCKS];
    unsigned count, count_first;
    unsigned regions, regions_first; /* of which the heap has been told */
} world;

static bool lies_inside(const unsigned char *at, size_t bytes)
{
    for (unsigned region = 0; region < REGIONS; region++)
        if (at >= world.memory[region] && at + bytes <= world.memory[region] + world.bytes[region])
            return true;
    return false;
}

static void hold(unsigned char *at, size_t bytes)
{
    if (at == NULL || !CHECK(lies_inside(at, bytes)))
        return;
    for (unsigned i = 0; i < world.count; i++)
        if (!CHECK(at + bytes <= world.blocks[i].at || world.blocks[i].at + world.blocks[i].bytes <= at))
            return;
    if (world.count == MOST_BLOCKS) /* this one is forgotten */
        return;
    struct random_block *block = &world.blocks[world.count++];
    block->at = at;
    block->bytes = bytes;
    block->seed = test_random();
    test_fill(at, bytes, block->seed);
}

static void drop(unsigned index)
{
    world.blocks[index] = world.blocks[--world.count];
}

static size_t random_bytes(void)
{
    static const size_t bounds[] = {40, 200, 1000, 24, 4000};
    return test_random_below(bounds[test_random_below(5)]) + 1;
}

static void change(unsigned index, size_t bytes)
{
    const struct random_block old = world.blocks[index];
    unsigned char *at = quarry_realloc(world.heap, old.at, bytes);
    if (at == NULL)
        return;
    CHECK(test_is_filled(at, old.bytes < bytes ? old.bytes : bytes, old.seed));
    drop(index);
    hold(at, bytes);
}

static bool see(void *context, const struct quarry_block *block)
{
    unsigned char *at = (unsigned char *)(uintptr_t)block->pointer;
    (void)context;
    for (unsigned region = 0; region < REGIONS; region++)
        if (at >= world.memory[region] && at < world.memory[region] + world.bytes[region] &&
            (world.lowest[region] == NULL || at < world.lowest[region]))
            world.lowest[region] = at;
    return true;
}

static void add_region(void)
{
    if (world.regions < REGIONS &&
        quarry_add_region(world.heap, world.memory[world.regions], world.bytes[world.regions]))
        world.regions++;
}

/* Right calls; the last six kinds only once a bit has been changed. */
static void call(unsigned kinds)
{
    const size_t kind = test_random_below(kinds), bytes = random_bytes();
    const unsigned index = world.count != 0 ? (unsigned)test_random_below(world.count) : MOST_BLOCKS;
    struct quarry_stats stats;
    if (kind < 3) {
        hold(quarry_malloc(world.heap, bytes), bytes);
    } else if (kind == 3) {
        hold(quarry_aligned_alloc(world.heap, (size_t)1 << test_random_below(9), bytes), bytes);
    } else if (kind == 7) {
        quarry_check(world.heap);
    } else if (kind == 8) {
        quarry_walk(world.heap, see, NULL);
    } else if (kind == 9) {
        quarry_get_stats(world.heap, &stats);
        quarry_trim(world.heap);
    } else if (kind == 10) {
        add_region();
    } else if (index == MOST_BLOCKS) {
        return;
    } else if (kind < 6) {
        quarry_free(world.heap, world.blocks[index].at);
        drop(index);
    } else if (kind == 6) {
        change(index, bytes);
    } else if (kind == 11) {
        quarry_free_sized(world.heap, world.blocks[index].at, world.blocks[index].bytes);
        drop(index);
    } else {
        quarry_usable_size(world.heap, world.blocks[index].at);
        quarry_free(world.heap, &stats);
    }
}

/* Puts the bit at an offset of a region's control data, or any when there is only one region. */
static void flip_one(void)
{
    const size_t region = test_random_below(REGIONS);
    unsigned char *start = region == 0 ? (unsigned char *)world.heap : world.memory[region];
    if (world.lowest[region] <= start)
        return;
    start[test_random_below((size_t)(world.lowest[region] - start))] ^= (unsigned char)(1u << test_random_below(8));
    for (size_t calls = 5 + test_random_below(60); calls != 0 && !test_is_over(); calls--)
        call(13);
    for (unsigned i = 0; i < world.count && !test_is_over(); i++)
        CHECK(test_is_filled(world.blocks[i].at, world.blocks[i].bytes, world.blocks[i].seed));
}

/* false: the machine has not the memory. */
static bool begin(void)
{
    struct quarry_options options = test_options();
    options.entropy = test_random();
    world.count = 0;
    for (unsigned region = 0; region < REGIONS; region++) {
        world.bytes[region] = (sizeof(void *) > 4 ? 8000 : 2500) + test_random_below(16000);
        world.memory[region] = test_memory(world.bytes[region], test_random_below(64));
        world.copy[region] = test_memory(world.bytes[region], 0);
        world.lowest[region] = NULL;
        if (world.memory[region] == NULL || world.copy[region] == NULL)
            return false;
    }
    world.heap = quarry_create(world.memory[0], world.bytes[0], &options);
    if (!CHECK(world.heap != NULL))
        return false;
    world.regions = 1;
    const size_t more = test_random_below(REGIONS);
    for (size_t added = 0; added < more; added++)
        add_region();
    CHECK_EQ(world.regions, 1 + more);
    for (size_t calls = test_random_below(300); calls != 0 && !test_is_over(); calls--)
        call(7);
    quarry_walk(world.heap, see, NULL);
    for (unsigned region = 0; region < REGIONS; region++)
        table_copy(world.copy[region], world.memory[region], world.bytes[region]);
    table_copy(world.blocks_first, world.blocks, sizeof world.blocks);
    world.count_first = world.count;
    world.regions_first = world.regions;
    return CHECK_EQ(test_log.count, 0);
}

TEST(test_random_flips_in_random_heaps_are_reported_or_harmless)
{
    if (QUARRY_CHECK_LEVEL < 2)
        SKIP("control data is guarded from check level 2 on");
    for (unsigned heap = 0; heap < 40 * TEST_SCALE && !test_is_over(); heap++) {
        test_seed(heap + 1);
        if (!begin())
            return;
        for (unsigned flip = 0; flip < FLIPS && !test_is_over(); flip++) {
            for (unsigned region = 0; region < REGIONS; region++)
                table_copy(world.memory[region], world.copy[region], world.bytes[region]);
            table_copy(world.blocks, world.blocks_first, sizeof world.blocks);
            world.count = world.count_first;
            world.regions = world.regions_first;
            flip_one();
            test_log.count = 0;
        }
        test_memory_release();
    }
}
