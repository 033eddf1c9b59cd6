/* SPDX-License-Identifier: MIT
 *
 * bound.c: programs that try to be refused where tools/memory-bound says that none is; a program for the host.
 *
 *   bound REGION LIVE SMALLEST LARGEST
 *
 * The programs keep at most LIVE bytes live in blocks of SMALLEST to LARGEST bytes. Random ones change sizes
 * and how full they are. Adversarial ones fill memory with blocks of one size, free all but every so many-th,
 * so that what stays pins runs and keeps free ones apart, and go on with the next size, up or down, again and
 * again. Fails at the first request that is refused. Also says the smallest region in which the same programs
 * were all served, found by bisection: how near the bound is. Ends with "N passed, N failed".
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "quarry.h"

enum { SEEDS = 12, ROUNDS = 6000 };

struct block {
    void *memory;
    size_t bytes;
};

struct program {
    struct quarry_heap *heap;
    struct block *blocks; /* live ones, without gaps */
    size_t count, live_bytes, live_most, smallest, largest;
    uint64_t dice;
    bool was_refused;
};

static size_t roll(struct program *program, size_t most)
{
    program->dice ^= program->dice << 13;
    program->dice ^= program->dice >> 7;
    program->dice ^= program->dice << 17;
    return (size_t)(program->dice % most);
}

static bool allocate(struct program *program, size_t bytes)
{
    if (program->live_bytes + bytes > program->live_most || program->was_refused)
        return false;
    void *memory = quarry_malloc(program->heap, bytes);
    if (memory == NULL) {
        program->was_refused = true;
        return false;
    }
    program->blocks[program->count++] = (struct block){memory, bytes};
    program->live_bytes += bytes;
    return true;
}

static void release(struct program *program, size_t at)
{
    quarry_free(program->heap, program->blocks[at].memory);
    program->live_bytes -= program->blocks[at].bytes;
    program->blocks[at] = program->blocks[--program->count];
}

/* Half of the sizes are small ones. */
static size_t any_size(struct program *program)
{
    size_t span = program->largest - program->smallest + 1;
    if (roll(program, 2) != 0)
        span = span > 16 ? 1 + span / 16 : span;
    return program->smallest + roll(program, span);
}

static void random_program(struct program *program)
{
    for (unsigned round = 0; round < ROUNDS && !program->was_refused; round++) {
        if (roll(program, 500) == 0)
            while (program->count > roll(program, 50))
                release(program, roll(program, program->count));
        if (program->count != 0 && (roll(program, 3) == 0 || !allocate(program, any_size(program))))
            release(program, roll(program, program->count));
    }
}

/* Frees all blocks from the first on but every so many-th, in the order of their addresses. */
static int by_address(const void *one, const void *other)
{
    const struct block *first = one, *second = other;
    return (first->memory > second->memory) - (first->memory < second->memory);
}

static void thin(struct program *program, size_t keep_each)
{
    struct block *kept = program->blocks;
    qsort(program->blocks, program->count, sizeof *program->blocks, by_address);
    size_t count = program->count;
    program->count = 0;
    for (size_t at = 0; at < count; at++) {
        if (at % keep_each == 0) {
            kept[program->count++] = program->blocks[at];
        } else {
            quarry_free(program->heap, program->blocks[at].memory);
            program->live_bytes -= program->blocks[at].bytes;
        }
    }
}

static void adversarial_program(struct program *program, bool upwards)
{
    const size_t keep_each = 2 + roll(program, 40), steps = 1 + roll(program, 12);
    for (unsigned sweep = 0; sweep < 4; sweep++) {
        for (size_t step = 0; step <= steps; step++) {
            const size_t part = upwards ? step : steps - step;
            const size_t bytes = program->smallest + (program->largest - program->smallest) * part / steps;
            while (allocate(program, bytes))
                continue;
            thin(program, keep_each);
        }
    }
}

static bool is_served(void *memory, size_t region_bytes, struct program *program)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        program->heap = quarry_create(memory, region_bytes, NULL);
        program->count = program->live_bytes = 0;
        program->dice = seed * 0x9E3779B97F4A7C15u;
        program->was_refused = program->heap == NULL;
        if (program->was_refused)
            return false;
        if (seed % 3 == 0)
            random_program(program);
        else
            adversarial_program(program, seed % 3 == 1);
        if (program->was_refused || !quarry_check(program->heap))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    const size_t region_bytes = strtoul(argv[1], NULL, 10);
    struct program program = {.live_most = strtoul(argv[2], NULL, 10), .smallest = strtoul(argv[3], NULL, 10)};
    program.largest = strtoul(argv[4], NULL, 10);
    program.blocks = malloc((program.live_most / program.smallest + 1) * sizeof *program.blocks);
    unsigned char *memory = malloc(region_bytes + 8);
    if (program.blocks == NULL || memory == NULL)
        return 2;
    bool good = is_served(memory + 8, region_bytes, &program);
    size_t fails = 0, works = region_bytes;
    while (good && works - fails > region_bytes / 512 + 8) {
        size_t middle = (fails + works) / 2;
        if (is_served(memory + 8, middle, &program))
            works = middle;
        else
            fails = middle;
    }
    printf("%s live %s, blocks of %s to %s: bound %zu, the programs need %zu\n", good ? "ok" : "FAIL", argv[2], argv[3],
           argv[4], region_bytes, works);
    printf("%d passed, %d failed\n", good, !good);
    return good ? 0 : 1;
}
