/* SPDX-License-Identifier: MIT
 *
 * replay.c: replays a trace on the real library, for tools/size and tools/view; a program of the host.
 *
 *   replay CALLS smallest [MODEL]         the smallest region; MODEL (1, 2, ...): of that model, by bisection alone
 *   replay CALLS enough                   a region that is enough: the smallest by bisection alone
 *   replay CALLS refused REGION           the first call that a region refuses, and what was free then
 *   replay CALLS run REGION PLACES        where each call's block lies: written to the file PLACES
 *   replay CALLS shuffled SEED ROUNDS JITTER SCALE COUNT    the smallest region of COUNT shuffled traces
 *
 * CALLS is what tools/traces/replay.py writes: struct file_call for each call. It is right: Python has read and checked
 * the trace. PLACES gets struct file_place for each call. Regions start 8 bytes after a 64-byte boundary, as a C array
 * might. Nothing is written to the blocks. Answers are lines of words separated by tabs; "progress" lines say how far
 * it is.
 */
#define _DEFAULT_SOURCE /* mmap, MAP_NORESERVE */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "models.h"
#include "quarry.h"
#include "search.h"

struct file_call {
    uint64_t what;  /* the block's number << 16, log2 of the alignment << 8, the letter of the trace */
    uint64_t bytes; /* 0: of a free */
};

struct file_place {
    uint64_t offset; /* in the region; UINT64_MAX: refused; of a free: where the block was */
    uint64_t bytes;  /* usable */
};

struct calls {
    const struct file_call *calls;
    size_t count, blocks;
    size_t peak_bytes;
};

static const size_t most_bytes = sizeof(void *) == 4 ? (size_t)1 << 30 : (size_t)1 << 31 << 3;

struct replay {
    struct calls trace;
    unsigned char *region;
    void **blocks;
    struct model *model; /* NULL: the library */
    size_t refused_call; /* of the last replay that was refused */
    struct quarry_heap *heap;
};

static char letter(const struct file_call *call)
{
    return (char)(call->what & 0xFF);
}

static size_t block_of(const struct file_call *call)
{
    return (size_t)(call->what >> 16);
}

static size_t align_of(const struct file_call *call)
{
    return (size_t)1 << (call->what >> 8 & 0xFF);
}

static void *memory(size_t bytes)
{
    void *place = calloc(bytes + 1, 1);
    if (place == NULL) {
        fprintf(stderr, "replay: no memory\n");
        exit(2);
    }
    return place;
}

static struct calls count_up(const struct file_call *calls, size_t count)
{
    struct calls trace = {calls, count, 0, 0};
    uint64_t now = 0;
    for (size_t i = 0; i < count; i++)
        trace.blocks = block_of(&calls[i]) >= trace.blocks ? block_of(&calls[i]) + 1 : trace.blocks;
    uint64_t *live = memory(trace.blocks * sizeof *live);
    for (size_t i = 0; i < count; i++) {
        uint64_t *block = &live[block_of(&calls[i])];
        now += calls[i].bytes - *block;
        *block = calls[i].bytes;
        if (now > trace.peak_bytes)
            trace.peak_bytes = now < SIZE_MAX ? (size_t)now : SIZE_MAX;
    }
    free(live);
    return trace;
}

static struct calls read_calls(const char *path)
{
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        perror(path);
        exit(2);
    }
    struct file_call *calls = memory((size_t)status.st_size);
    size_t count = fread(calls, sizeof *calls, (size_t)status.st_size / sizeof *calls, file);
    fclose(file);
    return count_up(calls, count);
}

/* --- one replay --- */

static void *request(struct quarry_heap *heap, const struct file_call *call, void *old)
{
    size_t bytes = call->bytes <= SIZE_MAX ? (size_t)call->bytes : SIZE_MAX;
    switch (letter(call)) {
    case 'r':
        return quarry_realloc(heap, old, bytes);
    case 'm':
        return quarry_aligned_alloc(heap, align_of(call), bytes);
    default:
        return quarry_malloc(heap, bytes);
    }
}

static bool runs_in_library(struct replay *replay, size_t region_bytes)
{
    replay->heap = quarry_create(replay->region, region_bytes, NULL);
    replay->refused_call = 0;
    for (size_t i = 0; replay->heap != NULL && i < replay->trace.count; i++) {
        const struct file_call *call = &replay->trace.calls[i];
        void **block = &replay->blocks[block_of(call)];
        if (letter(call) == 'f') {
            quarry_free(replay->heap, *block);
            continue;
        }
        void *place = request(replay->heap, call, *block);
        if (place == NULL) {
            replay->refused_call = i;
            return false;
        }
        *block = place;
    }
    return replay->heap != NULL;
}

static bool model_request(struct model *model, const struct file_call *call)
{
    switch (letter(call)) {
    case 'f':
        model_free(model, block_of(call));
        return true;
    case 'r':
        return model_resize(model, block_of(call), (size_t)call->bytes);
    default:
        return model_allocate(model, block_of(call), align_of(call), (size_t)call->bytes);
    }
}

static bool runs(void *context, size_t region_bytes)
{
    struct replay *replay = context;
    if (replay->model == NULL)
        return runs_in_library(replay, region_bytes);
    bool served = model_start(replay->model, region_bytes);
    for (size_t i = 0; served && i < replay->trace.count; i++)
        served = model_request(replay->model, &replay->trace.calls[i]);
    return served;
}

static void show_progress(void *context, size_t tried)
{
    static time_t shown;
    (void)context;
    if (time(NULL) == shown)
        return;
    shown = time(NULL);
    printf("progress\t%zu\n", tried);
    fflush(stdout);
}

/* Where a search begins. */
static size_t first_region(const struct replay *replay)
{
    const size_t peak = replay->trace.peak_bytes;
    return peak < most_bytes / 4 - 4096 ? 4 * peak + 4096 : most_bytes;
}

static size_t smallest(struct replay *replay, unsigned tries_below)
{
    struct search search = {replay, runs, show_progress, 0, tries_below};
    return search_smallest(&search, first_region(replay), most_bytes);
}

/* --- commands --- */

/* A piece of the address space; pages that nothing touches cost nothing. */
static void make_region(struct replay *replay, size_t bytes)
{
    void *memory_of_region =
            mmap(NULL, bytes + 128, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_of_region == MAP_FAILED) {
        fprintf(stderr, "replay: no memory for a region of %zu bytes\n", bytes);
        exit(2);
    }
    replay->region = (unsigned char *)memory_of_region + 8;
}

static void show_refused(struct replay *replay, size_t index)
{
    struct quarry_stats stats = {0};
    if (replay->heap != NULL)
        quarry_get_stats(replay->heap, &stats);
    printf("refused\t%zu\t%" PRIu64 "\t%zu\t%zu\t%zu\t%zu\t%zu\n", index, replay->trace.calls[index].bytes,
           stats.free_bytes, stats.largest_free_bytes, stats.used_bytes, stats.acquired_bytes - stats.capacity_bytes,
           stats.blocks);
}

static bool note_kind(void *context, const struct quarry_block *block)
{
    if (!block->free)
        *(enum quarry_block_kind *)context = block->kind;
    return block->free;
}

/* Usable bytes of the largest small block, as the library says of blocks in a heap of its own. */
static size_t largest_small(void)
{
    static unsigned char region[1 << 18];
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    size_t most = 0;
    for (size_t bytes = sizeof(void *); heap != NULL; bytes += sizeof(void *)) {
        enum quarry_block_kind kind = QUARRY_LARGE;
        void *block = quarry_malloc(heap, bytes);
        quarry_walk(heap, note_kind, &kind);
        if (block == NULL || kind != QUARRY_SMALL)
            break;
        most = quarry_usable_size(heap, block);
        quarry_free(heap, block);
    }
    return most;
}

/* Serves a call, or notes that it was refused: where its block lies, or lay; NULL: it has none. */
static void *serve(struct replay *replay, size_t index)
{
    const struct file_call *call = &replay->trace.calls[index];
    void **block = &replay->blocks[block_of(call)];
    if (letter(call) == 'f')
        return *block;
    void *place = request(replay->heap, call, *block);
    if (place == NULL)
        show_refused(replay, index);
    else
        *block = place;
    return place;
}

static void run(struct replay *replay, size_t region_bytes, FILE *places)
{
    struct quarry_heap *heap = quarry_create(replay->region, region_bytes, NULL);
    replay->heap = heap;
    if (heap == NULL) {
        printf("none\t%zu\n", quarry_min_region_bytes());
        return;
    }
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    printf("heap\t%d\t%zu\t%zu\n", QUARRY_PAGE_BYTES, stats.acquired_bytes - stats.capacity_bytes, largest_small());
    for (size_t i = 0; i < replay->trace.count; i++) {
        const struct file_call *call = &replay->trace.calls[i];
        const unsigned char *shown = serve(replay, i);
        struct file_place place = {UINT64_MAX, 0};
        if (shown != NULL)
            place = (struct file_place){(uint64_t)(shown - replay->region), quarry_usable_size(heap, shown)};
        if (letter(call) == 'f') {
            quarry_free(heap, replay->blocks[block_of(call)]);
            replay->blocks[block_of(call)] = NULL;
        }
        fwrite(&place, sizeof place, 1, places);
        show_progress(NULL, i);
    }
}

/* --- shuffled traces --- */

struct keyed_call {
    double key;
    size_t order; /* of equal keys */
    struct file_call call;
};

static uint64_t random_state;

/* From 0 to 1 (xorshift64*). */
static double random_unit(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)((random_state * UINT64_C(2685821657736338717)) >> 11) / (double)(UINT64_C(1) << 53);
}

static int by_key(const void *a, const void *b)
{
    const struct keyed_call *left = a, *right = b;
    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

/* A shuffled trace that is being made. */
struct shuffle {
    struct keyed_call *keyed;
    size_t count;
    double *last; /* the key of each block's last call */
    bool *live;
};

static void shuffle_add(struct shuffle *shuffle, double key, uint64_t what, uint64_t bytes)
{
    shuffle->keyed[shuffle->count] = (struct keyed_call){key, shuffle->count, {what, bytes}};
    shuffle->count++;
}

static void shuffle_call(struct shuffle *shuffle, const struct file_call *call, double key, double scale)
{
    const size_t block = block_of(call);
    double *last = &shuffle->last[block];
    const bool is_new = letter(call) != 'r' && letter(call) != 'f';
    if (key < *last)
        key = *last;
    if (shuffle->live[block] && is_new) /* it is left from the round before */
        shuffle_add(shuffle, *last + (key - *last) * random_unit(), (uint64_t)block << 16 | 'f', 0);
    uint64_t bytes = call->bytes;
    if (bytes != 0)
        bytes = (uint64_t)((double)bytes * (1 + scale * (2 * random_unit() - 1))) + 1;
    shuffle_add(shuffle, key, call->what, bytes);
    *last = key;
    shuffle->live[block] = letter(call) != 'f';
}

/* The trace several times over: each call up to jitter calls earlier or later, each size up to scale more or less; what
 * a round leaves is freed at any time before its number is used again. A block's own calls keep their order. */
static struct calls shuffle_trace(const struct calls *trace, size_t rounds, double jitter, double scale)
{
    struct shuffle shuffle = {memory(rounds * 2 * trace->count * sizeof *shuffle.keyed), 0,
                              memory(trace->blocks * sizeof *shuffle.last),
                              memory(trace->blocks * sizeof *shuffle.live)};
    for (size_t i = 0; i < trace->blocks; i++)
        shuffle.last[i] = -jitter;
    for (size_t i = 0; i < rounds * trace->count; i++)
        shuffle_call(&shuffle, &trace->calls[i % trace->count], (double)i + jitter * (2 * random_unit() - 1), scale);
    qsort(shuffle.keyed, shuffle.count, sizeof *shuffle.keyed, by_key);
    struct file_call *calls = memory(shuffle.count * sizeof *calls);
    for (size_t i = 0; i < shuffle.count; i++)
        calls[i] = shuffle.keyed[i].call;
    free(shuffle.keyed);
    free(shuffle.last);
    free(shuffle.live);
    return count_up(calls, shuffle.count);
}

static int shuffled(struct replay *replay, char **words)
{
    const struct calls trace = replay->trace;
    const size_t rounds = strtoul(words[1], NULL, 10), samples = strtoul(words[4], NULL, 10);
    random_state = strtoul(words[0], NULL, 10) * 2 + 1;
    for (size_t sample = 0; sample < samples; sample++) {
        replay->trace = shuffle_trace(&trace, rounds, strtod(words[2], NULL), strtod(words[3], NULL));
        struct search search = {replay, runs, NULL, 0, 0};
        printf("sample\t%zu\t%zu\n", search_smallest(&search, first_region(replay), most_bytes),
               replay->trace.peak_bytes);
        fflush(stdout);
        free((void *)(uintptr_t)replay->trace.calls);
    }
    return 0;
}

static int show_smallest(struct replay *replay, unsigned model)
{
    if (model != 0 && model <= MODEL_COUNT)
        replay->model = model_make((enum model_rule)(model - 1), replay->trace.blocks);
    printf("smallest\t%zu\t%s\n", smallest(replay, model == 0 ? SEARCH_TRIES_BELOW : 0),
           replay->model != NULL ? model_name((enum model_rule)(model - 1)) : "");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "replay: for tools/size and tools/view\n");
        return 2;
    }
    struct replay replay = {.trace = read_calls(argv[1])};
    replay.blocks = memory(replay.trace.blocks * sizeof *replay.blocks);
    size_t region_bytes = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    if (strcmp(argv[2], "smallest") == 0) {
        make_region(&replay, most_bytes);
        return show_smallest(&replay, (unsigned)region_bytes);
    }
    if (strcmp(argv[2], "enough") == 0) {
        make_region(&replay, most_bytes);
        printf("enough\t%zu\n", smallest(&replay, 0));
        return 0;
    }
    if (strcmp(argv[2], "shuffled") == 0 && argc == 8) {
        make_region(&replay, most_bytes);
        return shuffled(&replay, argv + 3);
    }
    make_region(&replay, region_bytes);
    if (strcmp(argv[2], "refused") == 0) {
        if (!runs(&replay, region_bytes))
            show_refused(&replay, replay.refused_call);
        return 0;
    }
    FILE *places = argc > 4 ? fopen(argv[4], "wb") : NULL;
    if (places == NULL) {
        perror("replay: PLACES");
        return 2;
    }
    run(&replay, region_bytes, places);
    return fclose(places) == 0 ? 0 : 2;
}
