/* SPDX-License-Identifier: MIT
 *
 * region.c: the smallest region in which a whole trace runs, all control data inside it; a program for the host.
 *
 *   region TRACE.txt...
 *
 * The region starts 8 bytes after a 64-byte boundary, as a C array might. Bisection finds a size in steps of 64 bytes;
 * as a smaller region may by chance do where a larger one does not, the 40 steps below are tried too. Sizes are what
 * the traces say (0 counts as 1); nothing is written to the blocks. Prints peak of live bytes, region and overhead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quarry.h"

enum { STEP_BYTES = 64, TRIES_BELOW = 40, REGION_MOST_BYTES = 64 << 20 };

struct call {
    char kind;
    unsigned block;
    size_t align_bytes, bytes;
};

struct trace {
    struct call *calls;
    size_t call_count, block_count, peak_bytes;
    void **blocks;
};

static void *grown(void *array, size_t count, size_t bytes)
{
    void *bigger = (count & (count - 1)) == 0 ? realloc(array, (count == 0 ? 1 : 2 * count) * bytes) : array;
    if (bigger == NULL)
        exit(2);
    return bigger;
}

static struct call read_call(const char *line)
{
    struct call call = {line[0], 0, 1, 0};
    int fields = line[0] == 'm'   ? sscanf(line + 1, "%u %zu %zu", &call.block, &call.align_bytes, &call.bytes)
                 : line[0] == 'f' ? sscanf(line + 1, "%u", &call.block)
                                  : sscanf(line + 1, "%u %zu", &call.block, &call.bytes);
    if (fields < 1)
        exit(2);
    if (call.bytes == 0)
        call.bytes = 1;
    return call;
}

static struct trace read_trace(const char *path)
{
    struct trace trace = {0};
    char line[100];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        trace.calls = grown(trace.calls, trace.call_count, sizeof *trace.calls);
        struct call call = trace.calls[trace.call_count++] = read_call(line);
        if (call.block >= trace.block_count)
            trace.block_count = call.block + (size_t)1;
    }
    fclose(file);
    trace.blocks = calloc(trace.block_count, sizeof *trace.blocks);
    size_t *live = calloc(trace.block_count, sizeof *live), now = 0;
    if (trace.blocks == NULL || live == NULL)
        exit(2);
    for (size_t i = 0; i < trace.call_count; i++) {
        const struct call *call = &trace.calls[i];
        size_t bytes = call->kind == 'f' ? 0 : call->bytes;
        now += bytes - live[call->block];
        live[call->block] = bytes;
        if (now > trace.peak_bytes)
            trace.peak_bytes = now;
    }
    free(live);
    return trace;
}

static bool runs(const struct trace *trace, unsigned char *region, size_t bytes)
{
    struct quarry_heap *heap = quarry_create(region, bytes, NULL);
    for (size_t i = 0; heap != NULL && i < trace->call_count; i++) {
        const struct call *call = &trace->calls[i];
        void **block = &trace->blocks[call->block];
        if (call->kind == 'f') {
            quarry_free(heap, *block);
            continue;
        }
        *block = call->kind == 'r'   ? quarry_realloc(heap, *block, call->bytes)
                 : call->kind == 'm' ? quarry_aligned_alloc(heap, call->align_bytes, call->bytes)
                                     : quarry_malloc(heap, call->bytes);
        if (*block == NULL)
            return false;
    }
    return heap != NULL;
}

static size_t smallest_region(const struct trace *trace, unsigned char *region)
{
    size_t fails = trace->peak_bytes, works = 4 * trace->peak_bytes + 4096;
    while (works - fails > STEP_BYTES) {
        size_t middle = (fails + works) / 2;
        if (runs(trace, region, middle))
            works = middle;
        else
            fails = middle;
    }
    for (unsigned below = TRIES_BELOW; below != 0; below--)
        if (works > below * STEP_BYTES && runs(trace, region, works - below * STEP_BYTES))
            return works - below * STEP_BYTES;
    return works;
}

int main(int argc, char **argv)
{
    unsigned char *memory = aligned_alloc(64, REGION_MOST_BYTES + 64);
    if (memory == NULL)
        return 2;
    for (int i = 1; i < argc; i++) {
        struct trace trace = read_trace(argv[i]);
        size_t bytes = smallest_region(&trace, memory + 8);
        const char *name = strrchr(argv[i], '/');
        printf("%-16s peak %8zu  region %8zu  overhead %5.1f %%\n", name != NULL ? name + 1 : argv[i], trace.peak_bytes,
               bytes, 100.0 * (double)bytes / (double)trace.peak_bytes - 100.0);
    }
    return 0;
}
