/* SPDX-License-Identifier: MIT
 *
 * arena.c: see arena.h.
 */
#define _DEFAULT_SOURCE 1 /* mmap() with all its flags */

#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { OWNED_BYTES = 8 };

static uint8_t *memory;
static bool readable[ARENA_FRAMES];
static uint16_t owners[ARENA_BYTES / OWNED_BYTES];
static uint32_t state;

void random_seed(uint32_t seed)
{
    state = seed * 2654435761u | 1;
}

uint32_t random_word(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

size_t random_below(size_t bound)
{
    return (size_t)((uint64_t)random_word() * bound >> 32);
}

static void protect(size_t frame, size_t frames, bool is_readable)
{
    if (mprotect(memory + frame * ARENA_FRAME_BYTES, frames * ARENA_FRAME_BYTES,
                 is_readable ? PROT_READ | PROT_WRITE : PROT_NONE) != 0) {
        perror("mprotect");
        exit(2);
    }
    memset(readable + frame, is_readable, frames);
}

uint8_t *arena_start(void)
{
    return memory;
}

void arena_begin(void)
{
    if (memory == NULL) {
        memory = mmap(NULL, ARENA_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            perror("mmap");
            exit(2);
        }
    }
    for (size_t frame = 0; frame < ARENA_FRAMES; frame++)
        if (readable[frame])
            protect(frame, 1, false);
    memset(owners, 0, sizeof owners);
}

/* Is that memory unreadable, and the frames beside it? */
static bool is_room(size_t frame, size_t frames)
{
    for (size_t i = frame - 1; i <= frame + frames; i++)
        if (readable[i])
            return false;
    return true;
}

uint8_t *arena_piece(size_t frames)
{
    for (unsigned tries = 0; frames < ARENA_FRAMES / 4 && tries < 20; tries++) {
        const size_t frame = 1 + random_below(ARENA_FRAMES - frames - 1);
        if (is_room(frame, frames)) {
            protect(frame, frames, true);
            return memory + frame * ARENA_FRAME_BYTES;
        }
    }
    return NULL;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context;
    (void)align_bytes;
    return arena_piece(bytes / ARENA_FRAME_BYTES);
}

static void release(void *context, void *start, size_t bytes)
{
    (void)context;
    if (!arena_has(start, bytes)) {
        printf("released what the source did not give\n");
        exit(1);
    }
    protect((size_t)((uint8_t *)start - memory) / ARENA_FRAME_BYTES, bytes / ARENA_FRAME_BYTES, false);
}

struct quarry_source arena_source(bool takes_back)
{
    const struct quarry_source source = {.acquire = acquire, .release = takes_back ? release : NULL};
    return source;
}

bool arena_has(const void *start, size_t bytes)
{
    const size_t offset = (uintptr_t)start - (uintptr_t)memory;
    if (offset >= ARENA_BYTES || bytes > ARENA_BYTES - offset)
        return false;
    for (size_t frame = offset / ARENA_FRAME_BYTES; frame * ARENA_FRAME_BYTES < offset + bytes; frame++)
        if (!readable[frame])
            return false;
    return true;
}

uint16_t arena_owner(const void *word)
{
    return owners[((uintptr_t)word - (uintptr_t)memory) / OWNED_BYTES];
}

bool arena_own(const void *start, size_t bytes, uint16_t owner)
{
    if (owner != 0 && !arena_has(start, bytes))
        return false;
    const size_t first = ((uintptr_t)start - (uintptr_t)memory) / OWNED_BYTES;
    const size_t count = (bytes + OWNED_BYTES - 1) / OWNED_BYTES;
    for (size_t i = first; i < first + count; i++) {
        if (owner != 0 && owners[i] != 0)
            return false;
        owners[i] = owner;
    }
    return true;
}
