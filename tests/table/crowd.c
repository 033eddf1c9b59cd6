/* SPDX-License-Identifier: MIT
 *
 * crowd.c: see crowd.h.
 */
#include "crowd.h"

/* Mostly small, some large, on a source some huge. */
static size_t random_bytes(const struct crowd *crowd)
{
    switch (test_random_below(16)) {
    case 0:
    case 1:
        return 1 + test_random_below(LARGE_BYTES);
    case 2:
        return crowd->on_source ? 1 + test_random_below(2 * SMALLEST_CHUNK_BYTES) : 1;
    case 3:
        return test_random_below(sizeof(void *) > 4 ? 2048 : 128);
    default:
        return test_random_below(100);
    }
}

static void free_one(struct crowd *crowd, unsigned i)
{
    crowd->dead[i] = crowd->live[i];
    crowd->live[i].start = NULL;
    crowd->count--;
    quarry_free(crowd->heap, crowd->dead[i].start);
}

static void take_one(struct crowd *crowd, unsigned i)
{
    struct crowd_block *block = &crowd->live[i];
    block->start = test_random_below(8) != 0
                           ? quarry_malloc(crowd->heap, random_bytes(crowd))
                           : quarry_aligned_alloc(crowd->heap, (size_t)1 << test_random_below(9), random_bytes(crowd));
    if (block->start == NULL)
        return;
    crowd->count++;
    block->bytes = quarry_usable_size(crowd->heap, block->start);
    block->pattern = test_random();
    test_fill(block->start, block->bytes, block->pattern);
}

void crowd_change(struct crowd *crowd, unsigned times)
{
    while (times-- != 0) {
        unsigned i = (unsigned)test_random_below(CROWD_BLOCKS);
        if (crowd->live[i].start != NULL)
            free_one(crowd, i);
        else
            take_one(crowd, i);
    }
    CHECK_EQ(take_reports(), 0);
}

bool crowd_begin(struct crowd *crowd, bool on_source)
{
    static const struct crowd none;
    struct quarry_options options = table_options();
    test_memory_release();
    *crowd = none;
    crowd->on_source = on_source;
    options.entropy = test_random();
    if (on_source) {
        if (!test_source_init(&crowd->source, 8 * SMALLEST_CHUNK_BYTES))
            return false;
        crowd->heap = quarry_create_from_source(&crowd->source.source, &options);
    } else {
        size_t bytes = SCENE_BYTES / 4 + test_random_below(3 * SCENE_BYTES / 4);
        void *region = test_memory(bytes, test_random_below(64));
        if (region == NULL)
            return false;
        crowd->heap = quarry_create(region, bytes, &options);
    }
    if (!CHECK(crowd->heap != NULL))
        return false;
    crowd_change(crowd, 20 + (unsigned)test_random_below(100));
    return !test_is_over();
}

bool crowd_is_live(const struct crowd *crowd, const void *address)
{
    for (unsigned i = 0; i < CROWD_BLOCKS; i++)
        if (crowd->live[i].start == address)
            return true;
    return false;
}

/* A block has less than a page beside what was asked for and the least canary. */
bool crowd_is_free(const struct crowd *crowd, const unsigned char *start, size_t bytes)
{
    for (unsigned i = 0; i < CROWD_BLOCKS; i++) {
        const struct crowd_block *block = &crowd->live[i];
        if (block->start != NULL && (uintptr_t)block->start < (uintptr_t)start + bytes &&
            (uintptr_t)start < (uintptr_t)block->start + block->bytes + CANARY_BYTES + QUARRY_PAGE_BYTES)
            return false;
    }
    return true;
}

const struct crowd_block *crowd_pick(const struct crowd_block *blocks)
{
    for (unsigned tries = 0; tries < 8; tries++) {
        const struct crowd_block *block = &blocks[test_random_below(CROWD_BLOCKS)];
        if (block->start != NULL)
            return block;
    }
    return NULL;
}

bool crowd_is_valid(const struct crowd *crowd)
{
    bool sound = CHECK(quarry_check(crowd->heap));
    for (unsigned i = 0; i < CROWD_BLOCKS && sound; i++) {
        const struct crowd_block *block = &crowd->live[i];
        if (block->start != NULL)
            sound = CHECK(quarry_owns(crowd->heap, block->start)) &&
                    CHECK(test_is_filled(block->start, block->bytes, block->pattern));
    }
    return CHECK_EQ(take_reports(), 0) && sound;
}
