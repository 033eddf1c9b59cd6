/* SPDX-License-Identifier: MIT
 *
 * instructions.c: how many instructions each malloc, free and realloc of a trace takes on a Cortex-M.
 *
 * Exact under QEMU with -icount shift=10, which makes an instruction 1,024 ns of virtual time: SysTick, at 25 MHz, then
 * goes down by 25.6 for each. What the measuring itself takes is found by timing an empty call and taken off, so a
 * figure is what lies between the caller's branch and the instruction after it. Payload is neither written nor read.
 * Prints, for each call: how often, mean, 99th percentile, maximum.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../examples/common/print.h"
#include "machine.h"
#include "quarry.h"

/* tools/trace2c.py names a trace's symbols after it. */
#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c)  JOIN_(a, b, c)
#define BENCH_CODE     JOIN(trace_, BENCH_TRACE, )
#define BENCH_CALLS    JOIN(trace_, BENCH_TRACE, _calls)
#define BENCH_BLOCKS   JOIN(trace_, BENCH_TRACE, _blocks)

extern const unsigned char BENCH_CODE[];
extern const unsigned long BENCH_CALLS, BENCH_BLOCKS;

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD  (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE   (*(volatile uint32_t *)0xE000E018u)

enum { REGION_BYTES = 2560 * 1024, MOST_BLOCKS = 8192, HISTOGRAM = 1024 };

enum call_kind { CALL_MALLOC, CALL_CALLOC, CALL_ALIGNED, CALL_REALLOC, CALL_FREE, CALL_KINDS };

static const char *const kind_names[CALL_KINDS] = {"malloc", "calloc", "aligned", "realloc", "free"};

static struct {
    uint32_t calls, instructions, most;
    uint32_t histogram[HISTOGRAM];
} figures[CALL_KINDS];

static void *blocks[MOST_BLOCKS];
static uint32_t empty_ticks;

static void count(enum call_kind kind, uint32_t ticks)
{
    uint32_t instructions = ((ticks - empty_ticks) * 10 + 128) / 256;
    figures[kind].calls++;
    figures[kind].instructions += instructions;
    if (instructions > figures[kind].most)
        figures[kind].most = instructions;
    figures[kind].histogram[instructions < HISTOGRAM ? instructions : HISTOGRAM - 1]++;
}

static uint32_t decode(const unsigned char **next)
{
    uint32_t number = 0;
    unsigned shift = 0;
    do {
        number |= (uint32_t)(**next & 0x7F) << shift;
        shift += 7;
    } while (*(*next)++ >= 0x80);
    return number;
}

static __attribute__((noinline)) void empty_free(struct quarry_heap *heap, void *block)
{
    __asm__ volatile("" ::"r"(heap), "r"(block));
}

/* One call between two readings. */
#define TIMED(ticks, call)                                                                                             \
    do {                                                                                                               \
        uint32_t before = SYSTICK_VALUE;                                                                               \
        __asm__ volatile("" ::: "memory");                                                                             \
        call;                                                                                                          \
        __asm__ volatile("" ::: "memory");                                                                             \
        (ticks) = (before - SYSTICK_VALUE) & 0xFFFFFFu;                                                                \
    } while (0)

static void play(struct quarry_heap *heap, const unsigned char **next)
{
    uint32_t head = decode(next);
    enum call_kind kind = (enum call_kind)(head & 7);
    uint32_t align = kind == CALL_ALIGNED ? (uint32_t)1 << decode(next) : 1;
    uint32_t bytes = kind == CALL_FREE ? 0 : decode(next);
    void *block = blocks[head >> 3];
    uint32_t ticks;
    if (kind == CALL_FREE)
        TIMED(ticks, quarry_free(heap, block));
    else if (kind == CALL_REALLOC)
        TIMED(ticks, block = quarry_realloc(heap, block, bytes));
    else if (kind == CALL_ALIGNED)
        TIMED(ticks, block = quarry_aligned_alloc(heap, align, bytes));
    else
        TIMED(ticks, block = quarry_malloc(heap, bytes));
    if (kind == CALL_CALLOC) /* clearing is counted apart: as malloc */
        kind = CALL_MALLOC;
    blocks[head >> 3] = block;
    count(kind, ticks);
}

static void report(enum call_kind kind)
{
    if (figures[kind].calls == 0)
        return;
    uint32_t tenths = (uint32_t)((uint64_t)figures[kind].instructions * 10 / figures[kind].calls);
    uint32_t seen = 0, percentile = 0;
    while ((seen += figures[kind].histogram[percentile]) < figures[kind].calls - figures[kind].calls / 100)
        percentile++;
    print_text("  ");
    print_text(kind_names[kind]);
    print_text("  calls");
    print_number(figures[kind].calls, 7);
    print_text("  mean");
    print_number(tenths / 10, 4);
    print_text(".");
    print_number(tenths % 10, 1);
    print_text("  p99");
    print_number(percentile, 7);
    print_text("  max");
    print_number(figures[kind].most, 8);
    print_text("\n");
}

int main(void)
{
    struct machine_ram ram = {NULL, 0};
    for (unsigned index = 0; (ram = machine_free_ram(index)).bytes != 0 && ram.bytes < REGION_BYTES; index++)
        ;
    SYSTICK_RELOAD = 0xFFFFFF;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 5;
    uint32_t ticks;
    uint32_t create_ticks;
    TIMED(empty_ticks, empty_free(NULL, NULL));
    struct quarry_heap *heap;
    TIMED(create_ticks, heap = quarry_create(ram.start, REGION_BYTES, NULL));
    if (heap == NULL || BENCH_BLOCKS > MOST_BLOCKS)
        return 1;
    ticks = ((create_ticks - empty_ticks) * 10 + 128) / 256;
    print_text("  create, 2.5 MB: ");
    print_number(ticks, 1);
    print_text("\n");
    const unsigned char *next = BENCH_CODE;
    for (unsigned long call = 0; call < BENCH_CALLS; call++)
        play(heap, &next);
    for (unsigned kind = 0; kind < CALL_KINDS; kind++)
        report((enum call_kind)kind);
    return 0;
}
