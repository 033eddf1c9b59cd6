/* SPDX-License-Identifier: MIT
 *
 * growth.c: does a call cost more the more there is? Four curves: chunks, live blocks, huge blocks, fragmentation.
 *
 * Each point makes a heap on the machine's memory anew, brings it to the size that is asked about, and counts the
 * instructions of a few hundred calls. All is deterministic. Prints, fields set apart by tabs: "row", curve, n, call,
 * calls, sum of instructions, least, most. A request that is not served ends it with status 1.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../examples/common/print.h"
#include "../instructions/measure.h"
#include "machine.h"
#include "quarry.h"

enum {
    ROUNDS = 400,
    CHUNK_BYTES = 16384, /* the least on 64-bit targets */
    MOST_CHUNKS = 1024,
    MOST_BLOCKS = 1000000,
    MOST_HUGE = 4096,
    HUGE_BYTES = 24000,
    HUGE_SLOT_BYTES = 32768,
    MOST_FREE_CHUNKS = 256,
    LONG_PAGES = 16,
};

enum call { CALL_MALLOC, CALL_FREE, CALL_USABLE_SIZE, CALL_FREE_OLDEST, CALL_FREE_ANY, CALLS };

static const char *const call_names[CALLS] = {"malloc", "free", "usable_size", "free the oldest", "free any"};

static struct {
    uint32_t calls, least, most;
    uint64_t sum;
} figures[CALLS];

static struct machine_ram ram;
static void *blocks[MOST_BLOCKS];
static uint32_t dice = 1;

static uint32_t below(uint32_t limit)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return (uint32_t)(((uint64_t)dice * limit) >> 32);
}

/* --- what is counted and printed --- */

static void print_plain(size_t number)
{
    char text[20];
    unsigned start = sizeof text;
    do {
        text[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    machine_write(text + start, sizeof text - start);
}

static _Noreturn void fail(const char *what)
{
    print_text("growth: ");
    print_text(what);
    print_text("\n");
    machine_exit(1);
}

static void start_point(void)
{
    for (unsigned call = 0; call < CALLS; call++) {
        figures[call].calls = figures[call].most = 0;
        figures[call].least = UINT32_MAX;
        figures[call].sum = 0;
    }
    dice = 1;
}

static void end_point(const char *curve, size_t n)
{
    for (unsigned call = 0; call < CALLS; call++) {
        if (figures[call].calls == 0)
            continue;
        const size_t numbers[] = {figures[call].calls, figures[call].sum, figures[call].least, figures[call].most};
        print_text("row\t");
        print_text(curve);
        print_text("\t");
        print_plain(n);
        print_text("\t");
        print_text(call_names[call]);
        for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            print_text("\t");
            print_plain(numbers[i]);
        }
        print_text("\n");
    }
}

static uintptr_t timed(enum call call, measured_function *function, struct quarry_heap *heap, uintptr_t argument)
{
    uint32_t instructions;
    uintptr_t answer = measure(function, (uintptr_t)heap, argument, 0, 0, &instructions);
    figures[call].calls++;
    figures[call].sum += instructions;
    if (instructions < figures[call].least)
        figures[call].least = instructions;
    if (instructions > figures[call].most)
        figures[call].most = instructions;
    return answer;
}

static void *timed_malloc(struct quarry_heap *heap, size_t bytes)
{
    void *block = (void *)timed(CALL_MALLOC, MEASURED(quarry_malloc), heap, bytes);
    if (block == NULL)
        fail("a request was not served");
    return block;
}

static void timed_free(enum call call, struct quarry_heap *heap, void *block)
{
    timed(call, MEASURED(quarry_free), heap, (uintptr_t)block);
}

static void *needed(void *block)
{
    if (block == NULL)
        fail("a request was not served");
    return block;
}

/* --- a source: places of one size, handed out in random order, as a kernel's frames are --- */

static struct {
    size_t place_bytes, places, in_use;
    uint16_t free[MOST_HUGE + 64]; /* a stack of places: from in_use on */
} frames;

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes;
    if (bytes > frames.place_bytes || frames.in_use == frames.places)
        return NULL;
    return (char *)ram.start + frames.free[frames.in_use++] * frames.place_bytes;
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context, (void)bytes;
    frames.free[--frames.in_use] = (uint16_t)((size_t)((char *)memory - (char *)ram.start) / frames.place_bytes);
}

static struct quarry_heap *heap_on_frames(size_t place_bytes, size_t places)
{
    static const struct quarry_source source = {.acquire = acquire, .release = release};
    static const struct quarry_options options = {.chunk_bytes = CHUNK_BYTES};
    if (places * place_bytes > ram.bytes || places > sizeof frames.free / sizeof frames.free[0])
        fail("the machine has too little memory");
    frames.place_bytes = place_bytes;
    frames.places = places;
    frames.in_use = 0;
    for (size_t i = 0; i < places; i++)
        frames.free[i] = (uint16_t)i;
    for (size_t i = places; i > 1; i--) {
        size_t other = below((uint32_t)i);
        uint16_t place = frames.free[i - 1];
        frames.free[i - 1] = frames.free[other];
        frames.free[other] = place;
    }
    return needed(quarry_create_from_source(&source, &options));
}

static size_t chunks_of(struct quarry_heap *heap)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    return stats.chunks;
}

/* --- the curves --- */

/* Mostly small, some large on every target. */
static size_t any_size(void)
{
    static const uint16_t sizes[] = {16, 24, 32, 48, 64, 100, 150, 300, 700, 3000};
    return sizes[below(sizeof sizes / sizeof sizes[0])];
}

/* Frees blocks picked at random, and takes others of any size for them. */
static void exchange(struct quarry_heap *heap, size_t count)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        void **block = &blocks[below((uint32_t)count)];
        timed_free(CALL_FREE, heap, *block);
        *block = timed_malloc(heap, any_size());
    }
}

static void curve_chunks(size_t chunks)
{
    start_point();
    struct quarry_heap *heap = heap_on_frames(CHUNK_BYTES, MOST_CHUNKS + 16);
    size_t count = 0;
    while (chunks_of(heap) <= chunks) {
        if (count == MOST_BLOCKS)
            fail("too many blocks");
        blocks[count++] = needed(quarry_malloc(heap, any_size()));
    }
    quarry_free(heap, blocks[--count]); /* the one for which a chunk too many was made */
    quarry_trim(heap);
    for (size_t i = 0; i < count; i += 8) { /* some room in each */
        quarry_free(heap, blocks[i]);
        blocks[i] = blocks[--count];
    }
    exchange(heap, count);
    end_point("chunks", chunks);
}

static void curve_blocks(size_t count)
{
    start_point();
    struct quarry_heap *heap = needed(quarry_create(ram.start, ram.bytes, NULL));
    for (size_t i = 0; i < count; i++)
        blocks[i] = needed(quarry_malloc(heap, 16 + below(113)));
    for (unsigned round = 0; round < ROUNDS; round++) {
        void **block = &blocks[below((uint32_t)count)];
        timed_free(CALL_FREE, heap, *block);
        *block = timed_malloc(heap, 16 + below(113));
    }
    end_point("blocks", count);
}

static void curve_huge(size_t count)
{
    start_point();
    struct quarry_heap *heap = heap_on_frames(HUGE_SLOT_BYTES, MOST_HUGE + 2);
    for (size_t i = 0; i < count; i++)
        blocks[i] = needed(quarry_malloc(heap, HUGE_BYTES));
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t oldest = round % count, any = below((uint32_t)count);
        timed_free(CALL_FREE_OLDEST, heap, blocks[oldest]);
        blocks[oldest] = timed_malloc(heap, HUGE_BYTES);
        timed_free(CALL_FREE_ANY, heap, blocks[any]);
        blocks[any] = timed_malloc(heap, HUGE_BYTES);
        timed(CALL_USABLE_SIZE, MEASURED(quarry_usable_size), heap, (uintptr_t)blocks[below((uint32_t)count)]);
    }
    end_point("huge", count);
}

struct question {
    const void *block;
    bool is_large;
};

static bool ask_kind(void *context, const struct quarry_block *block)
{
    struct question *question = context;
    if (block->pointer != question->block)
        return true;
    question->is_large = block->kind == QUARRY_LARGE;
    return false;
}

/* The least size that gets pages of its own. */
static size_t least_large_bytes(void)
{
    struct quarry_heap *heap = needed(quarry_create(ram.start, 1 << 20, NULL));
    for (size_t bytes = 1;; bytes++) {
        struct question question = {.block = needed(quarry_malloc(heap, bytes))};
        quarry_walk(heap, ask_kind, &question);
        if (question.is_large)
            return bytes;
        quarry_free(heap, (void *)(uintptr_t)question.block);
    }
}

static void curve_fragmentation(size_t chunks)
{
    size_t bytes = least_large_bytes(), count = 0;
    start_point();
    struct quarry_heap *heap = heap_on_frames(CHUNK_BYTES, 2 * MOST_FREE_CHUNKS + 16);
    /* every second block free makes half as many chunks of free pages */
    while (chunks_of(heap) < 2 * chunks)
        blocks[count++] = needed(quarry_malloc(heap, bytes));
    for (size_t i = 0; i < count; i += 2)
        quarry_free(heap, blocks[i]);
    for (unsigned round = 0; round < ROUNDS; round++)
        timed_free(CALL_FREE, heap, timed_malloc(heap, LONG_PAGES * QUARRY_PAGE_BYTES));
    end_point("fragmentation", chunks);
}

static void play(void (*curve)(size_t n), size_t most)
{
    for (size_t n = 1; n < most; n *= 4)
        curve(n);
    curve(most);
}

int main(void)
{
    struct machine_ram range;
    for (unsigned index = 0; (range = machine_free_ram(index)).bytes != 0; index++)
        if (range.bytes > ram.bytes)
            ram = range;
    char *start = (char *)(((uintptr_t)ram.start + QUARRY_PAGE_BYTES - 1) & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1));
    ram.bytes -= (size_t)(start - (char *)ram.start);
    ram.start = start;
    if (!measure_start())
        return 1;
    play(curve_chunks, MOST_CHUNKS);
    play(curve_blocks, MOST_BLOCKS);
    play(curve_huge, MOST_HUGE);
    play(curve_fragmentation, MOST_FREE_CHUNKS);
    print_text("end\n");
    return 0;
}
