/* SPDX-License-Identifier: MIT
 *
 * test_memory.c: memory that tests make heaps of. It is the largest range of free RAM that the machine has, dealt out
 * upwards and taken back as a whole after each test. Each piece is filled with garbage, since a heap must not
 * rely on zeroed memory, and stands between two guards of GUARD bytes, since a heap must not touch what it was not
 * given. Up to PIECES pieces at a time. Also the patterns that tests write into blocks.
 */
#include "machine.h"
#include "test.h"
#include "test_marks.h"

#define GUARD      16u
#define GUARD_BYTE 0xc3u
#define DIRT_BYTE  0xa7u
#define PIECES     24u

static struct {
    unsigned char *start;
    size_t bytes;
    size_t taken;
    unsigned count;
    struct {
        unsigned char *start;
        size_t bytes;
    } pieces[PIECES];
} arena;

static void find_arena(void)
{
    unsigned index;

    for (index = 0;; index++) {
        const struct machine_ram ram = machine_free_ram(index);

        if (ram.bytes == 0)
            return;
        if (ram.bytes > arena.bytes) {
            arena.start = ram.start;
            arena.bytes = ram.bytes;
        }
    }
}

static void set(unsigned char *memory, size_t bytes, unsigned char value)
{
    while (bytes-- > 0)
        *memory++ = value;
}

static bool is_guard(const unsigned char *memory)
{
    unsigned i;

    for (i = 0; i < GUARD; i++)
        if (memory[i] != GUARD_BYTE)
            return false;
    return true;
}

size_t test_memory_left(void)
{
    const size_t spent = arena.taken + 2 * GUARD + 2 * 64;

    if (arena.bytes == 0)
        find_arena();
    return arena.bytes > spent ? arena.bytes - spent : 0;
}

/* A piece whose address is offset above a multiple of align_bytes. */
static void *take(size_t bytes, size_t align_bytes, size_t offset)
{
    uintptr_t start;
    size_t skip;
    size_t place;

    if (arena.bytes == 0)
        find_arena();
    start = (uintptr_t)arena.start + arena.taken + GUARD;
    skip = (size_t)((offset - start) & (align_bytes - 1));
    place = arena.taken + GUARD + skip;
    if (place + GUARD > arena.bytes || bytes > arena.bytes - place - GUARD) {
        test_skip("too little RAM, bytes needed:", place + GUARD + bytes);
        return NULL;
    }
    if (!CHECK(arena.count < PIECES))
        return NULL;
    arena.pieces[arena.count].start = arena.start + place;
    arena.pieces[arena.count].bytes = bytes;
    arena.count++;
    arena.taken = place + bytes;
    test_unmark(arena.start + place - GUARD, bytes + 2 * GUARD);
    set(arena.start + place - GUARD, GUARD, GUARD_BYTE);
    set(arena.start + place, bytes, DIRT_BYTE);
    set(arena.start + place + bytes, GUARD, GUARD_BYTE);
    return arena.start + place;
}

void *test_memory(size_t bytes, size_t align_offset)
{
    return take(bytes, 64, align_offset);
}

void *test_memory_aligned(size_t bytes, size_t align_bytes)
{
    return take(bytes, align_bytes, 0);
}

void test_memory_release(void)
{
    unsigned i;

    for (i = 0; i < arena.count; i++) {
        CHECK(is_guard(arena.pieces[i].start - GUARD));
        CHECK(is_guard(arena.pieces[i].start + arena.pieces[i].bytes));
    }
    arena.count = 0;
    arena.taken = 0;
}

void test_fill(void *memory, size_t bytes, uint32_t seed)
{
    unsigned char *byte = memory;
    size_t i;

    for (i = 0; i < bytes; i++)
        byte[i] = (unsigned char)(seed + i + (i >> 7));
}

bool test_is_filled(const void *memory, size_t bytes, uint32_t seed)
{
    const unsigned char *byte = memory;
    size_t i;

    for (i = 0; i < bytes; i++)
        if (byte[i] != (unsigned char)(seed + i + (i >> 7)))
            return false;
    return true;
}

bool test_is_zero(const void *memory, size_t bytes)
{
    const unsigned char *byte = memory;

    while (bytes-- > 0)
        if (*byte++ != 0)
            return false;
    return true;
}
