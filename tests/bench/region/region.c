/* SPDX-License-Identifier: MIT
 *
 * region.c: the smallest region in which a whole trace runs, all control data inside it; a program for the host.
 *
 *   region TRACE.txt...
 *
 * The region starts 8 bytes after a 64-byte boundary, as a C array might. tools/traces/search.h says how its size is
 * found. Sizes are what the traces say (0 counts as 1); nothing is written to the blocks. Prints a row for each trace:
 * name, bits, peak of live bytes, region.
 */
#define _DEFAULT_SOURCE /* mmap */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../tools/traces/search.h"
#include "../trace_file.h"
#include "quarry.h"

enum { REGION_MOST_BYTES = 64 << 20 };

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

static bool runs(void *context, size_t region_bytes)
{
    const struct replay *replay = context;
    struct quarry_heap *heap = quarry_create(replay->region, region_bytes, NULL);
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
        struct search search = {&replay, runs, NULL, 0, SEARCH_TRIES_BELOW};
        size_t region_bytes = search_smallest(&search, 4 * replay.trace.peak_bytes + 4096, REGION_MOST_BYTES);
        if (region_bytes == 0) {
            fprintf(stderr, "region: %s: does not run in %d bytes\n", argv[i], REGION_MOST_BYTES);
            return 1;
        }
        const char *name = strrchr(argv[i], '/');
        name = name != NULL ? name + 1 : argv[i];
        printf("%.*s\t%zu\t%zu\t%zu\n", (int)strcspn(name, "."), name, sizeof(void *) * 8, replay.trace.peak_bytes,
               region_bytes);
    }
    return 0;
}
