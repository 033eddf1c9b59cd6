/* SPDX-License-Identifier: MIT
 *
 * region.c: the smallest region in which a whole trace runs, all control data inside it; a program for the host.
 *
 *   region TRACE.txt...
 *
 * The region starts 8 bytes after a 64-byte boundary, as a C array might, and its size is found in steps of 8 bytes by
 * bisection. A smaller region may by chance do where a larger one does not: the 320 steps below what was found are
 * tried too, from the largest on, and again below each one that does. Sizes are what the traces say (0 counts as 1);
 * nothing is written to the blocks. Prints a row for each trace: name, bits, peak of live bytes, region.
 */
#define _DEFAULT_SOURCE /* mmap */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../trace_file.h"
#include "quarry.h"

enum { STEP_BYTES = 8, TRIES_BELOW = 320, REGION_MOST_BYTES = 64 << 20 };

struct replay {
    struct trace_file trace;
    void **blocks;
    unsigned char *region;
};

static void *request(struct quarry_heap *heap, const struct trace_call *call, void *old)
{
    switch (call->kind) {
    case 'r':
        return quarry_realloc(heap, old, call->bytes);
    case 'm':
        return quarry_aligned_alloc(heap, call->align_bytes, call->bytes);
    default:
        return quarry_malloc(heap, call->bytes);
    }
}

static bool runs(const struct replay *replay, size_t steps)
{
    struct quarry_heap *heap = quarry_create(replay->region, steps * STEP_BYTES, NULL);
    for (size_t i = 0; heap != NULL && i < replay->trace.call_count; i++) {
        const struct trace_call *call = &replay->trace.calls[i];
        void **block = &replay->blocks[call->block];
        if (call->kind == 'f') {
            quarry_free(heap, *block);
        } else {
            *block = request(heap, call, *block);
            if (*block == NULL)
                return false;
        }
    }
    return heap != NULL;
}

/* 0: not even the longest region that is tried is enough. */
static size_t smallest_steps(const struct replay *replay)
{
    size_t peak = replay->trace.peak_bytes;
    size_t fails = 0, works = (4 * peak + 4096) / STEP_BYTES;
    if (works > REGION_MOST_BYTES / STEP_BYTES)
        works = REGION_MOST_BYTES / STEP_BYTES;
    if (!runs(replay, works))
        return 0;
    while (works - fails > 1) {
        size_t middle = (fails + works) / 2;
        if (runs(replay, middle))
            works = middle;
        else
            fails = middle;
    }
    for (size_t below = works - 1; below != 0 && works - below <= TRIES_BELOW; below--)
        if (runs(replay, below))
            works = below;
    return works;
}

int main(int argc, char **argv)
{
    unsigned char *memory = aligned_alloc(64, REGION_MOST_BYTES + 64);
    if (memory == NULL) {
        fprintf(stderr, "region: no memory for a region\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        struct replay replay = {trace_file_read(argv[i]), NULL, memory + 8};
        replay.blocks = trace_memory(replay.trace.block_count * sizeof *replay.blocks);
        size_t steps = smallest_steps(&replay);
        if (steps == 0) {
            fprintf(stderr, "region: %s: does not run in four times its peak\n", argv[i]);
            return 1;
        }
        const char *name = strrchr(argv[i], '/');
        name = name != NULL ? name + 1 : argv[i];
        printf("%.*s\t%zu\t%zu\t%zu\n", (int)strcspn(name, "."), name, sizeof(void *) * 8, replay.trace.peak_bytes,
               steps * STEP_BYTES);
    }
    return 0;
}
