/* SPDX-License-Identifier: MIT
 *
 * loads.c: what a trace needs and gets; a program for the host, of 32 or 64 bits.
 *
 *   loads smallest TRACE.txt...         the smallest region, by scanning
 *   loads refused BYTES SIZE TRACE.txt  requests of at least SIZE bytes in a region of BYTES, and those refused
 *   loads source TRACE.txt              on a provider, chunks of default size: chunks acquired, chunks released
 *   loads time TRACE.txt                nanoseconds of a call in ample memory: Quarry's, the C library's
 *
 * Scanning: from the peak of what is live up, in steps of 8 bytes, or longer ones where there would be more
 * than STEPS_MOST of them. Every length is tried up to the first that is followed by STEPS_SURE lengths which
 * all do. Prints name, bits, peak, the smallest length that does, the length from which on every one does, the
 * number of lengths between them that do not, and the step.
 */
#define _DEFAULT_SOURCE /* mmap, clock_gettime */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../region_replay.h"

enum { REGION_MOST_BYTES = 64 << 20, STEP_BYTES = 8, STEPS_MOST = 4000, STEPS_SURE = 250 };

static struct replay replay_of(const char *path)
{
    struct replay replay = {trace_file_read(path), NULL, NULL};
    unsigned char *memory = trace_memory(REGION_MOST_BYTES + 64);
    replay.blocks = trace_memory(replay.trace.block_count * sizeof *replay.blocks);
    replay.region = memory + 8; /* as a C array might begin; pages begin at multiples of 64 */
    return replay;
}

static void smallest(const char *path)
{
    struct replay replay = replay_of(path);
    size_t peak = replay.trace.peak_bytes, step = STEP_BYTES, first = 0, sure = 0, holes = 0, run = 0;
    while (peak / 4 / step > STEPS_MOST)
        step *= 2;
    for (size_t bytes = peak - peak % step + step; run < STEPS_SURE && bytes < REGION_MOST_BYTES; bytes += step) {
        if (replay_runs(&replay, bytes)) {
            first = first == 0 ? bytes : first;
            sure = run++ == 0 ? bytes : sure;
        } else {
            holes += first != 0;
            run = 0;
        }
    }
    replay_print_name(path);
    printf("%zu\t%zu\t%zu\t%zu\t%zu\t%zu\n", sizeof(void *) * 8, peak, first, sure, holes, step);
}

static void refused(size_t region_bytes, size_t least_bytes, const char *path)
{
    struct replay replay = replay_of(path);
    struct quarry_heap *heap = quarry_create(replay.region, region_bytes, NULL);
    size_t asked = 0, count = 0;
    for (size_t i = 0; i < replay.trace.call_count; i++) {
        const struct trace_call *call = &replay.trace.calls[i];
        void **block = &replay.blocks[call->block];
        if (call->kind == 'f') {
            quarry_free(heap, *block);
            continue;
        }
        *block = replay_request(heap, call, *block);
        asked += call->bytes >= least_bytes;
        count += *block == NULL && call->bytes >= least_bytes;
    }
    replay_print_name(path);
    printf("%zu\t%zu\t%zu\t%zu\n", sizeof(void *) * 8, region_bytes, asked, count);
}

static size_t acquired, released;

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    acquired++;
    return memory == MAP_FAILED ? NULL : memory;
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context;
    released++;
    munmap(memory, bytes);
}

static void source(const char *path)
{
    struct replay replay = replay_of(path);
    const struct quarry_source provider = {.acquire = acquire, .release = release};
    struct quarry_heap *heap = quarry_create_from_source(&provider, NULL);
    for (size_t i = 0; i < replay.trace.call_count; i++) {
        const struct trace_call *call = &replay.trace.calls[i];
        void **block = &replay.blocks[call->block];
        if (call->kind == 'f')
            quarry_free(heap, *block);
        else
            *block = replay_request(heap, call, *block);
    }
    replay_print_name(path);
    printf("%zu\t%zu\t%zu\n", sizeof(void *) * 8, acquired, released);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* The best of a few: what else the machine does only adds to the others. */
static double ns_of(const struct replay *replay, bool is_quarry)
{
    double best = 0;
    for (unsigned round = 0; round < 7; round++) {
        struct quarry_heap *heap = quarry_create(replay->region, REGION_MOST_BYTES, NULL);
        double start = now();
        for (size_t i = 0; i < replay->trace.call_count; i++) {
            const struct trace_call *call = &replay->trace.calls[i];
            void **block = &replay->blocks[call->block];
            if (call->kind == 'f')
                is_quarry ? quarry_free(heap, *block) : free(*block);
            else if (call->kind == 'r')
                *block = is_quarry ? quarry_realloc(heap, *block, call->bytes) : realloc(*block, call->bytes);
            else
                *block = is_quarry ? quarry_malloc(heap, call->bytes) : malloc(call->bytes);
        }
        double took = (now() - start) / (double)replay->trace.call_count;
        best = best == 0 || took < best ? took : best;
        for (size_t i = 0; i < replay->trace.left_count && !is_quarry; i++)
            free(replay->blocks[replay->trace.left[i]]);
    }
    return best;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "smallest") == 0) {
        for (int i = 2; i < argc; i++)
            smallest(argv[i]);
    } else if (argc == 5 && strcmp(argv[1], "refused") == 0) {
        refused(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argv[4]);
    } else if (argc == 3 && strcmp(argv[1], "source") == 0) {
        source(argv[2]);
    } else if (argc == 3 && strcmp(argv[1], "time") == 0) {
        struct replay replay = replay_of(argv[2]);
        replay_print_name(argv[2]);
        printf("%.1f\t%.1f\n", ns_of(&replay, true), ns_of(&replay, false));
    } else {
        fprintf(stderr, "loads: smallest, refused, source or time\n");
        return 2;
    }
    return 0;
}
