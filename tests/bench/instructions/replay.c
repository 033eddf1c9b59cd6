/* SPDX-License-Identifier: MIT
 *
 * replay.c: the image that counts the instructions of each malloc, free and realloc of a trace.
 *
 * Each allocator serves the trace in the same region, one after the other. calloc is replayed as malloc: clearing
 * takes the same everywhere. Blocks are neither written nor read, except by a realloc that moves one. Prints a row of
 * fields for each allocator and call: machine, allocator, call, calls, sum of instructions, 99th percentile, maximum,
 * bytes of the region. The 99th percentile is the least number that at least 99 % of the calls do not exceed; for it
 * the most expensive 1 % of the calls are kept, in order.
 */
#include "replay.h"

#include "../../../examples/common/print.h"
#include "allocators.h"
#include "machine.h"

enum call_kind { CALL_MALLOC, CALL_FREE, CALL_REALLOC, CALL_KINDS };

static const char *const kind_names[CALL_KINDS] = {"malloc", "free", "realloc"};

struct figures {
    uint32_t calls;
    uint64_t instructions;
    uint32_t *most; /* the largest first */
    uint32_t most_kept;
};

static struct trace trace;
static uint32_t most_room; /* entries of figures.most */
static struct figures figures[CALL_KINDS];
static void **blocks;
static struct machine_ram region;

static void count(struct figures *f, uint32_t instructions)
{
    f->calls++;
    f->instructions += instructions;
    if (f->most_kept == most_room) {
        if (instructions <= f->most[most_room - 1]) {
            return;
        }
        f->most_kept--;
    }
    uint32_t place = f->most_kept++;
    for (; place != 0 && f->most[place - 1] < instructions; place--) {
        f->most[place] = f->most[place - 1];
    }
    f->most[place] = instructions;
}

/* Makes one call and counts it. false: it was not served. */
static bool play(const struct allocator *allocator, void *heap, const struct trace_call *call)
{
    enum call_kind kind = call->op == TRACE_FREE ? CALL_FREE : call->op == TRACE_REALLOC ? CALL_REALLOC : CALL_MALLOC;
    measured_function *const functions[CALL_KINDS] = {allocator->malloc, allocator->free, allocator->realloc};
    uintptr_t arguments[4] = {0}, *next = arguments;
    uint32_t instructions;
    if (heap != NULL) {
        *next++ = (uintptr_t)heap;
    }
    if (kind != CALL_MALLOC) {
        *next++ = (uintptr_t)blocks[call->id];
    }
    if (kind != CALL_FREE) {
        *next++ = call->bytes;
    }
    uintptr_t result = measure(functions[kind], arguments[0], arguments[1], arguments[2], 0, &instructions);
    count(&figures[kind], instructions);
    if (kind != CALL_FREE) {
        blocks[call->id] = (void *)result;
    }
    return kind == CALL_FREE || result != 0;
}

static bool fail(const struct allocator *allocator, const char *what, size_t call, size_t bytes)
{
    print_text("FAILED: ");
    print_text(allocator->name);
    print_text(", ");
    print_text(trace.name);
    print_text(", region of ");
    print_number(region.bytes, 0);
    print_text(" bytes: ");
    print_text(what);
    print_text(", call ");
    print_number(call, 0);
    print_text(", ");
    print_number(bytes, 0);
    print_text(" bytes\n");
    return false;
}

static void print_row(const struct allocator *allocator, enum call_kind kind)
{
    const struct figures *f = &figures[kind];
    if (f->calls == 0) {
        return;
    }
    print_text("row\t");
    print_text(machine_name);
    print_text("\t");
    print_text(allocator->name);
    print_text("\t");
    print_text(kind_names[kind]);
    print_text("\t");
    print_field(f->calls);
    print_field((size_t)f->instructions);
    print_field(f->most[f->calls / 100]);
    print_field(f->most[0]);
    print_field(region.bytes);
    print_text("\n");
}

static bool run(const struct allocator *allocator)
{
    const unsigned char *next = trace.code;
    for (unsigned kind = 0; kind < CALL_KINDS; kind++) {
        figures[kind] = (struct figures){0, 0, figures[kind].most, 0};
    }
    void *heap = allocator->start(region.start, region.bytes);
    if (heap == NULL && allocator == &quarry) {
        return fail(allocator, "no heap", 0, 0);
    }
    for (size_t done = 0; done < trace.calls; done++) {
        struct trace_call call = trace_next(&next);
        if (call.op == TRACE_ALIGNED) {
            return fail(allocator, "aligned_alloc is not measured", done, call.bytes);
        }
        if (!play(allocator, heap, &call)) {
            return fail(allocator, "no memory", done, call.bytes);
        }
    }
    for (unsigned kind = 0; kind < CALL_KINDS; kind++) {
        if (figures[kind].instructions > SIZE_MAX) {
            return fail(allocator, "too many instructions in all", trace.calls, 0);
        }
        print_row(allocator, (enum call_kind)kind);
    }
    return true;
}

/* From the start of the region. */
static void *take(size_t bytes)
{
    size_t rounded = (bytes + 15) & ~(size_t)15;
    void *start = region.start;
    if (rounded > region.bytes) {
        print_text("FAILED: not enough RAM for the tables\n");
        machine_exit(1);
    }
    region = (struct machine_ram){(char *)start + rounded, region.bytes - rounded};
    return start;
}

/* The largest range of free RAM holds the tables, and the region after them. */
static void lay_out(void)
{
    struct machine_ram ram;
    for (unsigned index = 0; (ram = machine_free_ram(index)).bytes != 0; index++) {
        if (ram.bytes > region.bytes) {
            region = ram;
        }
    }
    size_t odd = -(uintptr_t)region.start & 15;
    region = (struct machine_ram){(char *)region.start + odd, region.bytes - odd};
    blocks = take(trace.blocks * sizeof *blocks);
    most_room = (uint32_t)(trace.calls / 100 + 1);
    for (unsigned kind = 0; kind < CALL_KINDS; kind++) {
        figures[kind].most = take(most_room * sizeof *figures[kind].most);
    }
    if (region.bytes > bench_region_bytes) {
        region.bytes = bench_region_bytes;
    }
}

int main(void)
{
    trace = bench_trace();
    lay_out();
    bool good = measure_start() && run(&quarry);
    for (const struct allocator *peer = peers; good && peer->name != NULL; peer++) {
        good = run(peer);
    }
    return good ? 0 : 1;
}
