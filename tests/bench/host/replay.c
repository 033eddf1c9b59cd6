/* SPDX-License-Identifier: MIT
 *
 * replay.c: a trace on one allocator, in a process of its own: how long it takes, or how much memory.
 *
 *   replay time ALLOCATOR TRACE.txt REPLAYS   nanoseconds of a replay: median, least; calls of a replay; calls of our
 *                                             provider that reached the system, each replay
 *   replay count ALLOCATOR TRACE.txt REPLAYS  for callgrind: the same replays untimed, in replay_plain() or
 *                                             replay_heap(), after a first in warm_up(); calls of a replay
 *   replay memory ALLOCATOR TRACE.txt         peaks of a single replay, bytes: requested and live, acquired by the
 *                                             allocator's own figures, touched, mapped
 *
 * A replay makes all calls of the trace, decoded beforehand, then frees what the program left, in the order of block
 * numbers; its calls are both. The first replay warms up and is not counted. The first byte of each block is written
 * when it is handed out; with "memory" all requested bytes are.
 *
 * Touched and mapped are the system's figures: what writable memory without a file, the heap of brk included, grew by
 * since the library was loaded and before it was started, from /proc/self/smaps, read after every 32nd call and after
 * each call that raises the live peak by 1 % since it was last read.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <time.h>

#include "../trace_file.h"
#include "allocators.h"

/* Eight bytes, so that the calls themselves do not push much out of the caches. */
struct call {
    uint32_t kind : 3, align_shift : 5, block : 24;
    uint32_t bytes;
};

enum call_kind { CALL_MALLOC, CALL_CALLOC, CALL_ALIGNED, CALL_REALLOC, CALL_FREE };

struct program {
    struct call *calls;
    size_t call_count, peak_bytes;
    unsigned char **blocks;
    size_t block_count;
    bool has_aligned;
};

static struct program pack(const char *path)
{
    struct trace_file trace = trace_file_read(path);
    struct program program = {.peak_bytes = trace.peak_bytes, .block_count = trace.block_count};
    program.calls = trace_memory((trace.call_count + trace.left_count) * sizeof *program.calls);
    program.blocks = trace_memory(trace.block_count * sizeof *program.blocks);
    for (size_t i = 0; i < trace.call_count; i++) {
        const struct trace_call *call = &trace.calls[i];
        if (call->block >= 1u << 24 || call->bytes > UINT32_MAX) {
            fprintf(stderr, "%s:%zu: larger than this program can note\n", path, i + 1);
            exit(2);
        }
        program.has_aligned |= call->kind == 'm';
        program.calls[program.call_count++] = (struct call){
                .kind = (uint32_t)(strchr("acmrf", call->kind) - "acmrf") & 7,
                .align_shift = (uint32_t)__builtin_ctzl(call->align_bytes) & 31,
                .block = call->block & 0xFFFFFF,
                .bytes = (uint32_t)call->bytes,
        };
    }
    for (size_t i = 0; i < trace.left_count; i++)
        program.calls[program.call_count++] = (struct call){.kind = CALL_FREE, .block = trace.left[i] & 0xFFFFFF};
    return program;
}

/* has_heap is a constant where this is inlined. */
static inline __attribute__((always_inline)) void *request(const struct allocator *with, bool has_heap,
                                                           struct call call, void *old)
{
    if (call.kind == CALL_MALLOC)
        return has_heap ? with->heap_malloc(with->heap, call.bytes) : with->malloc(call.bytes);
    if (call.kind == CALL_REALLOC)
        return has_heap ? with->heap_realloc(with->heap, old, call.bytes) : with->realloc(old, call.bytes);
    if (call.kind == CALL_CALLOC)
        return has_heap ? with->heap_calloc(with->heap, 1, call.bytes) : with->calloc(1, call.bytes);
    return has_heap ? with->heap_aligned(with->heap, (size_t)1 << call.align_shift, call.bytes)
                    : with->aligned((size_t)1 << call.align_shift, call.bytes);
}

/* The number of calls made: less than all if one was answered NULL. */
static inline __attribute__((always_inline)) size_t replay(const struct allocator *with, bool has_heap,
                                                           const struct program *program)
{
    const struct call *calls = program->calls;
    unsigned char **blocks = program->blocks;
    size_t count = program->call_count;
    for (size_t i = 0; i < count; i++) {
        struct call call = calls[i];
        unsigned char *block = blocks[call.block];
        if (call.kind == CALL_FREE) {
            if (has_heap)
                with->heap_free(with->heap, block);
            else
                with->free(block);
            continue;
        }
        block = request(with, has_heap, call, block);
        if (block == NULL)
            return i;
        *block = 1;
        blocks[call.block] = block;
    }
    return count;
}

static __attribute__((noinline)) size_t replay_plain(const struct allocator *with, const struct program *program)
{
    return replay(with, false, program);
}

static __attribute__((noinline)) size_t replay_heap(const struct allocator *with, const struct program *program)
{
    return replay(with, true, program);
}

static void expect_all(const struct program *program, size_t made)
{
    if (made == program->call_count)
        return;
    fprintf(stderr, "call %zu of the trace was answered NULL\n", made + 1);
    exit(1);
}

static void replay_once(const struct allocator *with, const struct program *program)
{
    expect_all(program, with->heap != NULL ? replay_heap(with, program) : replay_plain(with, program));
}

static __attribute__((noinline)) void warm_up(const struct allocator *with, const struct program *program)
{
    expect_all(program, replay(with, with->heap != NULL, program));
}

/* --- Time --------------------------------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare_times(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void time_replays(const struct allocator *with, const struct program *program, size_t replays)
{
    uint64_t *times = trace_memory(replays * sizeof *times);
    size_t acquires = provider_acquires, releases = provider_releases;
    for (size_t i = 0; i < replays; i++) {
        uint64_t start = now_ns();
        replay_once(with, program);
        times[i] = now_ns() - start;
    }
    acquires = provider_acquires - acquires;
    releases = provider_releases - releases;
    qsort(times, replays, sizeof *times, compare_times);
    printf("median_ns %" PRIu64 " least_ns %" PRIu64 " calls %zu acquires %zu releases %zu\n", times[replays / 2],
           times[0], program->call_count, acquires / replays, releases / replays);
}

/* --- Memory ------------------------------------------------------------------------------------------------------- */

enum { SMAPS_MOST_BYTES = 1 << 20, CALLS_BETWEEN = 32 };

struct memory {
    size_t touched_bytes, mapped_bytes;
};

static char *smaps;

static size_t kilobytes_after(const char *entry, const char *field)
{
    const char *found = strstr(entry, field);
    return found != NULL ? strtoul(found + strlen(field), NULL, 10) * 1024 : 0;
}

/* The head of an entry is "START-END rw-p OFFSET DEVICE INODE [NAME]"; file memory has an inode, and of the names only
 * the heap's is of interest. */
static bool is_heap_memory(const char *head)
{
    char access[5], name[20] = "";
    unsigned long inode = 1;
    const char *end = strchr(head, '\n');
    char line[200];
    snprintf(line, sizeof line, "%.*s", (int)(end - head), head);
    return sscanf(line, "%*s %4s %*s %*s %lu %19s", access, &inode, name) >= 2 && access[1] == 'w' && inode == 0 &&
           (name[0] == '\0' || strcmp(name, "[heap]") == 0);
}

static struct memory memory_now(void)
{
    struct memory memory = {0, 0};
    int file = open("/proc/self/smaps", O_RDONLY);
    size_t bytes = 0;
    ssize_t got;
    while (file >= 0 && (got = read(file, smaps + bytes, SMAPS_MOST_BYTES - 1 - bytes)) > 0)
        bytes += (size_t)got;
    if (file < 0 || bytes == 0 || bytes == SMAPS_MOST_BYTES - 1) {
        fprintf(stderr, "/proc/self/smaps cannot be read\n");
        exit(2);
    }
    close(file);
    smaps[bytes] = '\0';
    /* VmFlags is the last line of an entry. */
    for (char *entry = smaps, *last; (last = strstr(entry, "VmFlags:")) != NULL; entry = strchr(last, '\n') + 1) {
        *last++ = '\0';
        if (is_heap_memory(entry)) {
            memory.touched_bytes += kilobytes_after(entry, "Anonymous:");
            memory.mapped_bytes += kilobytes_after(entry, "Size:");
        }
    }
    return memory;
}

static void raise_peak(size_t *peak, size_t now)
{
    *peak = now > *peak ? now : *peak;
}

static void measure_memory(struct allocator *with, const struct program *program)
{
    size_t *live_bytes = trace_memory(program->block_count * sizeof *live_bytes);
    size_t live = 0, read_at_live = 0, acquired_peak = 0;
    struct memory peak = {0, 0};
    smaps = trace_memory(SMAPS_MOST_BYTES);
    memory_now();
    struct memory before = memory_now();
    allocator_start(with);
    for (size_t i = 0; i < program->call_count; i++) {
        struct call call = program->calls[i];
        size_t block = call.block;
        live += (call.kind == CALL_FREE ? 0 : call.bytes) - live_bytes[block];
        live_bytes[block] = call.kind == CALL_FREE ? 0 : call.bytes;
        if (call.kind == CALL_FREE) {
            if (with->heap != NULL)
                with->heap_free(with->heap, program->blocks[block]);
            else
                with->free(program->blocks[block]);
        } else {
            program->blocks[block] = request(with, with->heap != NULL, call, program->blocks[block]);
            if (program->blocks[block] == NULL)
                expect_all(program, i);
            memset(program->blocks[block], 1, call.bytes);
        }
        raise_peak(&acquired_peak, with->acquired());
        if (i % CALLS_BETWEEN == 0 || live > read_at_live + read_at_live / 100) {
            struct memory now = memory_now();
            raise_peak(&peak.touched_bytes, now.touched_bytes - before.touched_bytes);
            raise_peak(&peak.mapped_bytes, now.mapped_bytes - before.mapped_bytes);
            read_at_live = live > read_at_live ? live : read_at_live;
        }
    }
    printf("live %zu acquired %zu touched %zu mapped %zu\n", program->peak_bytes, acquired_peak, peak.touched_bytes,
           peak.mapped_bytes);
}

int main(int argc, char **argv)
{
    const char *mode = argc >= 4 ? argv[1] : "";
    size_t replays = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
    bool is_memory = strcmp(mode, "memory") == 0;
    if ((!is_memory && strcmp(mode, "time") != 0 && strcmp(mode, "count") != 0) || is_memory != (replays == 0)) {
        fprintf(stderr, "usage: replay time|count ALLOCATOR TRACE.txt REPLAYS\n"
                        "       replay memory ALLOCATOR TRACE.txt\n");
        return 2;
    }
    struct program program = pack(argv[3]);
    struct allocator allocator = allocator_load(argv[2]);
    if (program.has_aligned && allocator.aligned == NULL) {
        fprintf(stderr, "%s: asks for alignments, which %s cannot serve\n", argv[3], argv[2]);
        return 2;
    }
    if (is_memory) {
        measure_memory(&allocator, &program);
        return 0;
    }
    allocator_start(&allocator);
    warm_up(&allocator, &program);
    if (strcmp(mode, "time") == 0) {
        time_replays(&allocator, &program, replays);
        return 0;
    }
    for (size_t i = 0; i < replays; i++)
        replay_once(&allocator, &program);
    printf("calls %zu\n", program.call_count);
    return 0;
}
