/* SPDX-License-Identifier: MIT
 *
 * measure.c: measure.h for sections with masked interrupts: a call's figure is the longest of them, in instructions,
 * from the one behind the one that masks to the one that restores, included. 0: the call masks nothing.
 *
 * The marks in arch_port.h end in HardFault_Handler(), which reads the counter. What the handler itself takes is
 * measured with sections of known length, and taken off.
 */
#include "../instructions/measure.h"

#include "../../../arch/qemu/board.h"
#include "../../../examples/common/print.h"
#include "../instructions/counter.h"
#include "../worst/payload.h"
#include "arch_port.h"
#include "quarry.h"

/* Half nanoseconds that an instruction takes: -icount shift=10. */
#define INSTRUCTION_HALF_NS 2048

enum { FRAME_PC_INDEX = 6, MARK_MASKED = 0xDE01, MARK_RESTORED = 0xDE02, MARK_BYTES = 2 };

/* No call is seen to change the first two. */
static volatile uint64_t masked_at, most_steps;
static uint64_t empty_steps;

/* Called by HardFault_Handler with what the CPU has pushed. */
__attribute__((used)) void masked_mark(uint32_t *frame)
{
    const uint64_t now = counter_read();
    const uint16_t mark = *(const uint16_t *)frame[FRAME_PC_INDEX];
    if (mark != MARK_MASKED && mark != MARK_RESTORED)
        machine_fault("exception", 3, frame[FRAME_PC_INDEX]);
    frame[FRAME_PC_INDEX] += MARK_BYTES;
    const uint64_t steps = (now - masked_at) & counter_mask;
    if (mark == MARK_RESTORED && steps > most_steps)
        most_steps = steps;
    masked_at = counter_read();
}

__attribute__((naked)) void HardFault_Handler(void)
{
    __asm__ volatile("mov r0, sp\n\t"
                     "b masked_mark");
}

/* Sections of so many instructions. */
#define NOPS(count)                                                                                                    \
    static __attribute__((noinline)) void nops_##count(void)                                                           \
    {                                                                                                                  \
        uintptr_t saved = arch_irq_save();                                                                             \
        __asm__ volatile(".rept " #count " - 1\n\tnop\n\t.endr");                                                      \
        arch_irq_restore(saved);                                                                                       \
    }
NOPS(1)
NOPS(2)
NOPS(11)
NOPS(1001)

static const struct {
    void (*function)(void);
    uint32_t instructions;
} known[] = {{nops_1, 1}, {nops_2, 2}, {nops_11, 11}, {nops_1001, 1001}};

uintptr_t measure(measured_function *function, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
                  uint32_t *instructions)
{
    most_steps = 0;
    uintptr_t result = function(a, b, c, d);
    uint64_t half_ns = (most_steps - empty_steps) * counter_half_ns;
    *instructions = most_steps == 0 ? 0 : (uint32_t)((half_ns + INSTRUCTION_HALF_NS / 2) / INSTRUCTION_HALF_NS) + 1;
    return result;
}

bool measure_start(void)
{
    uint32_t instructions;
    counter_start();
    measure(MEASURED(nops_1), 0, 0, 0, 0, &instructions);
    empty_steps = most_steps;
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
        measure(MEASURED(known[i].function), 0, 0, 0, 0, &instructions);
        if (instructions != known[i].instructions) {
            print_text("the counter is not exact: a section of ");
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

/* --- payload: it is copied and cleared where interrupts may come --- */

struct payload payload_copy, payload_clear;

/* A longer block takes other pages, but not hundreds of instructions more for them. */
static bool grows_with_payload(struct quarry_heap *heap, size_t bytes, size_t more_bytes)
{
    uint32_t of_bytes, of_more;
    uintptr_t block = measure(MEASURED(quarry_calloc), (uintptr_t)heap, 1, bytes, 0, &of_bytes);
    block = measure(MEASURED(quarry_realloc), (uintptr_t)heap, block, more_bytes / 2, 0, &of_bytes);
    quarry_free(heap, (void *)block);
    block = measure(MEASURED(quarry_calloc), (uintptr_t)heap, 1, more_bytes, 0, &of_more);
    quarry_malloc(heap, 1000);
    block = measure(MEASURED(quarry_realloc), (uintptr_t)heap, block, 2 * more_bytes, 0, &of_more);
    return block == 0 || of_more > of_bytes + 500;
}

bool payload_measure(void *memory, size_t bytes)
{
    struct quarry_heap *heap = quarry_create(memory, bytes, NULL);
    return heap != NULL && !grows_with_payload(heap, 1000, 64000);
}
