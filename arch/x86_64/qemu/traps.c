/* SPDX-License-Identifier: MIT
 *
 * traps.c: sends the 32 CPU exceptions of QEMU q35 to machine_fault(). Test bed only.
 *
 * Every gate switches to a stack of its own through the task state segment (IST 1): an exception for want of stack
 * would otherwise push its frame onto the same missing page and end in a reset. Vectors from 32 up have no gate; an
 * image that wants interrupts loads its own table.
 */
#include "../../qemu/board.h"
#include "q35.h"

#define TRAPS             32
#define CODE_SELECTOR     0x08u
#define TASK_SELECTOR     0x18u
#define TASK_GDT_INDEX    3
#define TASK_BYTES        104u
#define TASK_IST1_INDEX   9 /* in words of 32 bits */
#define TASK_IO_MAP_INDEX 25
#define GATE_INTERRUPT    (0x8eull << 40)
#define GATE_IST1         (1ull << 32)
#define DESCRIPTOR_TASK   (0x89ull << 40)

struct table_pointer {
    uint16_t last_byte;
    uint64_t base;
} __attribute__((packed));

extern uint64_t gdt[];
extern char trap_entries[][16];

_Noreturn void q35_trap(uintptr_t vector, uintptr_t address);

static uint64_t idt[TRAPS][2];
static uint32_t task_state[TASK_BYTES / 4];
static _Alignas(16) char trap_stack[4096];

static void load_task_state(void)
{
    uint64_t base = (uintptr_t)task_state;
    uint64_t stack = (uintptr_t)(trap_stack + sizeof trap_stack);

    task_state[TASK_IST1_INDEX] = (uint32_t)stack;
    task_state[TASK_IST1_INDEX + 1] = (uint32_t)(stack >> 32);
    task_state[TASK_IO_MAP_INDEX] = TASK_BYTES << 16;
    gdt[TASK_GDT_INDEX] = (TASK_BYTES - 1) | (base & 0xffffff) << 16 | DESCRIPTOR_TASK | (base >> 24 & 0xff) << 56;
    gdt[TASK_GDT_INDEX + 1] = base >> 32;
    __asm__ volatile("ltr %w0" : : "r"(TASK_SELECTOR) : "memory");
}

void q35_catch_traps(void)
{
    struct table_pointer pointer = {sizeof idt - 1, (uintptr_t)idt};

    load_task_state();
    for (unsigned i = 0; i < TRAPS; i++) {
        uint64_t entry = (uintptr_t)trap_entries[i];

        idt[i][0] = (entry & 0xffff) | CODE_SELECTOR << 16 | GATE_IST1 | GATE_INTERRUPT | (entry >> 16 & 0xffff) << 48;
        idt[i][1] = entry >> 32;
    }
    __asm__ volatile("lidt %0" : : "m"(pointer), "m"(idt) : "memory");
}

/* Called by the entries in start.S; vector is the number in the manuals, e.g. 0xe for a page fault. */
_Noreturn void q35_trap(uintptr_t vector, uintptr_t address)
{
    machine_fault("exception", vector, address);
}
