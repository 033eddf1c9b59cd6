/* SPDX-License-Identifier: MIT
 *
 * flips.c: one bit changes at any time, from check level 2: between two calls, or while a callback runs: the source's,
 * on_oom or on_misuse. The calls go on, and in the end the heap is destroyed. No call crashes or goes on for ever, no
 * block overlaps a live one or lies outside of what the source gave, what was written into blocks stays; the source is
 * told of the very memory that it gave, and of no other length; and what does not go back to it was reported.
 *
 * An input: the chunk's size and what the source can do, then when and where the bit changes, then calls.
 */
#include "fuzz.h"

#include <string.h>

enum { FRAMES = 96, GRANTS = 32, BLOCKS = 48, CALLS_MOST = 150 };

struct block {
    uint8_t *at;
    size_t bytes;
    uint32_t seed;
};

static struct {
    struct quarry_heap *heap;
    struct quarry_source source;
    struct {
        uint8_t *at;
        size_t bytes;
    } grants[GRANTS];
    struct block blocks[BLOCKS];
    uint8_t *dead;
    uint32_t seed;
    unsigned reports;
    unsigned events_left; /* before the bit changes */
    unsigned flip_grant, flip_offset;
    uint8_t flip_mask; /* 0: it has changed */
    uint8_t *flipped;  /* the byte that changed during the call; NULL: none */
    uint8_t flipped_mask;
} world;

static _Alignas(4096) uint8_t memory[FRAMES * FRAME_BYTES];

/* --- the bit --- */

static bool is_in_block(const uint8_t *place)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (world.blocks[i].at != NULL && (uintptr_t)place - (uintptr_t)world.blocks[i].at < world.blocks[i].bytes)
            return true;
    }
    return false;
}

/* Something happens: a call, or a callback. The bit lies in memory that the heap has and no live block. */
static void event(void)
{
    if (world.flip_mask == 0 || world.events_left-- != 0)
        return;
    unsigned grant = world.flip_grant % GRANTS;
    for (unsigned tries = 0; tries < GRANTS && world.grants[grant].bytes == 0; tries++)
        grant = (grant + 1) % GRANTS;
    const uint8_t mask = world.flip_mask;
    world.flip_mask = 0;
    if (world.grants[grant].bytes == 0)
        return;
    uint8_t *place = world.grants[grant].at + world.flip_offset % world.grants[grant].bytes;
    if (is_in_block(place))
        return;
    FUZZ_TRACE("  bit %02x of %p changes\n", mask, (void *)place);
    *place ^= mask;
    world.flipped = place;
    world.flipped_mask = mask;
}

/* --- the source --- */

static unsigned find_grant(const void *at, size_t bytes)
{
    for (unsigned i = 0; i < GRANTS; i++) {
        if (world.grants[i].bytes != 0 && world.grants[i].at == at) {
            FUZZ_CHECK(world.grants[i].bytes == bytes);
            return i;
        }
    }
    fuzz_fail("the source gave this memory", __FILE__, __LINE__);
}

static bool is_unused(const uint8_t *at, size_t bytes)
{
    if ((uintptr_t)at - (uintptr_t)memory > sizeof memory || bytes > sizeof memory - (size_t)(at - memory))
        return false;
    for (unsigned i = 0; i < GRANTS; i++) {
        if (world.grants[i].bytes != 0 && world.grants[i].at < at + bytes &&
            at < world.grants[i].at + world.grants[i].bytes)
            return false;
    }
    return true;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    FUZZ_CHECK(context == &world && bytes != 0 && bytes % FRAME_BYTES == 0 && align_bytes <= FRAME_BYTES);
    event();
    for (unsigned i = 0; i < GRANTS; i++) {
        if (world.grants[i].bytes != 0)
            continue;
        for (size_t frame = 0; frame < FRAMES; frame++) {
            if (is_unused(memory + frame * FRAME_BYTES, bytes)) {
                world.grants[i].at = memory + frame * FRAME_BYTES;
                world.grants[i].bytes = bytes;
                return world.grants[i].at;
            }
        }
        break;
    }
    return NULL;
}

static void release(void *context, void *at, size_t bytes)
{
    FUZZ_CHECK(context == &world);
    const unsigned grant = find_grant(at, bytes);
    event();
    world.grants[grant].bytes = 0;
}

static bool extend(void *context, void *at, size_t old_bytes, size_t bytes)
{
    FUZZ_CHECK(context == &world && bytes > old_bytes && bytes % FRAME_BYTES == 0);
    const unsigned grant = find_grant(at, old_bytes);
    event();
    if (!is_unused((uint8_t *)at + old_bytes, bytes - old_bytes))
        return false;
    world.grants[grant].bytes = bytes;
    return true;
}

static bool truncate(void *context, void *at, size_t old_bytes, size_t bytes)
{
    FUZZ_CHECK(context == &world && bytes != 0 && bytes < old_bytes && bytes % FRAME_BYTES == 0);
    const unsigned grant = find_grant(at, old_bytes);
    event();
    world.grants[grant].bytes = bytes;
    return true;
}

/* --- hooks --- */

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    FUZZ_CHECK(context == &world);
    FUZZ_TRACE("  reported: %d, %p\n", (int)misuse->kind, misuse->pointer);
    world.reports++;
    event();
}

static bool on_oom(void *context, struct quarry_heap *heap, size_t bytes)
{
    (void)bytes;
    FUZZ_CHECK(context == &world && heap == world.heap);
    event();
    return false;
}

/* What the library calls where the heap's own hook can no longer be trusted. */
void quarry_panic(const struct quarry_misuse *misuse)
{
    FUZZ_TRACE("  panic: %d, %p\n", (int)misuse->kind, misuse->pointer);
    world.reports++;
}

/* --- blocks --- */

static bool is_granted(const uint8_t *at, size_t bytes)
{
    for (unsigned i = 0; i < GRANTS; i++) {
        const size_t offset = (uintptr_t)at - (uintptr_t)world.grants[i].at;
        if (offset < world.grants[i].bytes && bytes <= world.grants[i].bytes - offset)
            return true;
    }
    return false;
}

/* A block that the heap handed out. */
static void hold(uint8_t *at, size_t bytes)
{
    struct block *room = NULL;
    if (at == NULL)
        return;
    FUZZ_CHECK(is_granted(at, bytes == 0 ? 1 : bytes));
    if (world.dead == at)
        world.dead = NULL; /* it is alive again */
    for (unsigned i = 0; i < BLOCKS; i++) {
        const struct block *other = &world.blocks[i];
        if (other->at == NULL)
            room = &world.blocks[i];
        else
            FUZZ_CHECK(at != other->at && (at + bytes <= other->at || other->at + other->bytes <= at));
    }
    if (room == NULL) /* nobody looks at it again */
        return;
    room->at = at;
    room->bytes = bytes;
    room->seed = world.seed += 77;
    fuzz_fill(at, bytes, room->seed);
}

static void check_block(const struct block *block)
{
    FUZZ_CHECK(fuzz_is_filled(block->at, block->bytes, block->bytes, block->seed));
}

static struct block *choose(struct fuzz_input *in)
{
    const unsigned first = fuzz_byte(in) % BLOCKS;
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (world.blocks[(first + i) % BLOCKS].at != NULL)
            return &world.blocks[(first + i) % BLOCKS];
    }
    return NULL;
}

static void give(struct block *block, bool is_sized)
{
    const struct block old = *block;
    check_block(block);
    block->at = NULL; /* it counts as gone, even if the call is refused */
    world.dead = old.at;
    if (is_sized)
        quarry_free_sized(world.heap, old.at, old.bytes);
    else
        quarry_free(world.heap, old.at);
}

/* A block that a call moves is copied before the last callback, which may change a bit where the block is now. */
static bool is_moved(uint8_t *at, size_t bytes, const struct block *old)
{
    if (fuzz_is_filled(at, old->bytes, bytes, old->seed))
        return true;
    if (world.flipped == NULL || (uintptr_t)world.flipped - (uintptr_t)at >= bytes)
        return false;
    *world.flipped ^= world.flipped_mask;
    return fuzz_is_filled(at, old->bytes, bytes, old->seed);
}

static void change(struct block *block, size_t bytes)
{
    const struct block old = *block;
    world.flipped = NULL;
    uint8_t *at = quarry_realloc(world.heap, old.at, bytes);
    if (at == NULL) {
        check_block(&old);
        return;
    }
    FUZZ_CHECK(is_moved(at, bytes < old.bytes ? bytes : old.bytes, &old));
    block->at = NULL;
    hold(at, bytes);
}

static void resize(struct block *block, size_t bytes)
{
    const struct block old = *block;
    if (!quarry_resize(world.heap, old.at, bytes)) {
        check_block(&old);
        return;
    }
    FUZZ_CHECK(fuzz_is_filled(old.at, old.bytes, bytes < old.bytes ? bytes : old.bytes, old.seed));
    block->at = NULL;
    hold(old.at, bytes);
}

/* --- calls --- */

static bool visit(void *context, const struct quarry_block *block)
{
    (void)block;
    return ++*(unsigned *)context < 100000;
}

static void ask(struct fuzz_input *in)
{
    struct quarry_stats stats;
    unsigned blocks = 0;
    switch (fuzz_byte(in) % 6) {
    case 0:
        quarry_check(world.heap);
        break;
    case 1:
        quarry_walk(world.heap, visit, &blocks);
        FUZZ_CHECK(blocks < 100000);
        break;
    case 2:
        quarry_get_stats(world.heap, &stats);
        break;
    case 3:
        quarry_trim(world.heap);
        break;
    case 4:
        quarry_set_limit(world.heap, (size_t)fuzz_byte(in) * 4096);
        break;
    default:
        quarry_free(world.heap, world.dead); /* on_misuse runs */
        break;
    }
}

static void call(struct fuzz_input *in)
{
    const unsigned kind = fuzz_byte(in) % 16;
    struct block *block = kind >= 7 && kind < 14 ? choose(in) : NULL;
    const size_t bytes = fuzz_size(in, kind % 2 == 0 ? 60000 : 400);
    FUZZ_TRACE("call %u, %zu bytes, block %p\n", kind, bytes, block == NULL ? NULL : (void *)block->at);
    if (bytes > sizeof memory)
        return;
    if (kind < 5) {
        hold(quarry_malloc(world.heap, bytes), bytes);
    } else if (kind == 5) {
        hold(quarry_calloc(world.heap, bytes, 1), bytes);
    } else if (kind == 6) {
        hold(quarry_aligned_alloc(world.heap, (size_t)1 << fuzz_byte(in) % 13, bytes), bytes);
    } else if (kind == 14) {
        ask(in);
    } else if (kind == 15 && fuzz_byte(in) % 8 == 0) {
        memset(world.blocks, 0, sizeof world.blocks); /* whether it is refused or not */
        quarry_reset(world.heap);
    } else if (block != NULL) {
        if (kind < 11)
            give(block, kind == 10);
        else if (kind < 13)
            change(block, bytes);
        else
            resize(block, bytes);
    }
}

static void begin(struct fuzz_input *in)
{
    memset(&world, 0, sizeof world);
    const unsigned abilities = fuzz_byte(in);
    world.flip_mask = (uint8_t)(1u << fuzz_byte(in) % 8);
    world.events_left = fuzz_byte(in);
    world.flip_grant = fuzz_byte(in) % 8 == 0 ? fuzz_byte(in) : 0;
    world.flip_offset = fuzz_word(in);
    if (abilities % 4 != 0)
        world.flip_offset %= 2600; /* control data */
    world.source = (struct quarry_source){.context = &world, .acquire = acquire};
    world.source.release = (abilities & 7) != 7 ? release : NULL;
    world.source.extend = (abilities & 8) == 0 ? extend : NULL;
    world.source.truncate = (abilities & 16) == 0 ? truncate : NULL;
    const struct quarry_options options = {.context = &world,
                                           .on_oom = on_oom,
                                           .on_misuse = on_misuse,
                                           .chunk_bytes = CHUNK_LEAST_BYTES << (abilities >> 5 & 1),
                                           .entropy = (uintptr_t)0x9E3779B97F4A7C15u};
    world.heap = quarry_create_from_source(&world.source, &options);
    FUZZ_CHECK(world.heap != NULL || world.flip_mask == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    if (QUARRY_CHECK_LEVEL < 2)
        return 0;
    begin(&in);
    if (world.heap == NULL)
        return 0;
    for (unsigned calls = 0; calls < CALLS_MOST && !fuzz_is_over(&in); calls++) {
        event();
        call(&in);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (world.blocks[i].at != NULL)
            check_block(&world.blocks[i]);
    }
    memset(world.blocks, 0, sizeof world.blocks);
    quarry_destroy(world.heap);
    for (unsigned i = 0; i < GRANTS; i++)
        FUZZ_CHECK(world.grants[i].bytes == 0 || world.reports != 0 || world.source.release == NULL);
    return 0;
}
