/* SPDX-License-Identifier: MIT
 *
 * measure.c: readings of the counter before and after a call, less what a call of an empty function takes, plus the one
 * instruction of that, its return.
 *
 * Every call goes through the same instructions of measure(), so that what lies between the readings beside the
 * function itself is always the same. A reading may be off by less than one step of the counter, and an instruction
 * is at least 12 steps long on every machine: rounding gives the exact number.
 */
#include "measure.h"

#include "../../../examples/common/print.h"
#include "counter.h"

/* Half nanoseconds that an instruction takes: -icount shift=10. */
#define INSTRUCTION_HALF_NS 2048

static uint64_t empty_steps;

static __attribute__((noinline)) void empty(void)
{
    __asm__ volatile("");
}

/* As many instructions as its name says, before its return. */
#define NOPS(count)                                                                                                    \
    static __attribute__((noinline)) void nops_##count(void)                                                           \
    {                                                                                                                  \
        __asm__ volatile(".rept " #count "\n\tnop\n\t.endr");                                                          \
    }
NOPS(1)
NOPS(10)
NOPS(1000)

static const struct {
    void (*function)(void);
    uint32_t instructions;
} known[] = {{empty, 1}, {nops_1, 2}, {nops_10, 11}, {nops_1000, 1001}};

static __attribute__((noinline)) uintptr_t time_call(measured_function *function, uintptr_t a, uintptr_t b, uintptr_t c,
                                                     uintptr_t d, uint64_t *steps)
{
    uint64_t before = counter_read();
    uintptr_t result = function(a, b, c, d);
    uint64_t after = counter_read();
    *steps = (after - before) & counter_mask;
    return result;
}

uintptr_t measure(measured_function *function, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
                  uint32_t *instructions)
{
    uint64_t steps;
    uintptr_t result = time_call(function, a, b, c, d, &steps);
    uint64_t half_ns = (steps - empty_steps) * counter_half_ns;
    *instructions = (uint32_t)((half_ns + INSTRUCTION_HALF_NS / 2) / INSTRUCTION_HALF_NS) + 1;
    return result;
}

bool measure_start(void)
{
    counter_start();
    time_call(MEASURED(empty), 0, 0, 0, 0, &empty_steps);
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t instructions;
        measure(MEASURED(known[i].function), 0, 0, 0, 0, &instructions);
        if (instructions != known[i].instructions) {
            print_text("the counter is not exact: code of ");
            print_number(known[i].instructions, 0);
            print_text(" instructions was counted as ");
            print_number(instructions, 0);
            print_text("\n");
            return false;
        }
    }
    return true;
}

void print_field(size_t number)
{
    char text[24];
    unsigned start = sizeof text;
    text[--start] = '\0';
    text[--start] = '\t';
    do {
        text[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    print_text(text + start);
}
