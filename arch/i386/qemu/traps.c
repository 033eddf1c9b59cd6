/* SPDX-License-Identifier: MIT
 *
 * traps.c: sends the 32 CPU exceptions of the machine pc to machine_fault(), and the timer's interrupt to the image.
 * Test bed only.
 *
 * An exception pushes its frame onto the stack that was in use. Where there is no more stack that ends in a double
 * fault, which is a task of its own, with a stack of its own; it finds the address in the task of the core that it
 * interrupted. Interrupts have two vectors: the timer of the local controller, and that of no interrupt at all.
 */
#include "../../qemu/board.h"
#include "../../qemu/cores.h"
#include "../../qemu/interrupts.h"
#include "../../qemu/pc.h"
#include "pc32.h"

#define TRAPS            32
#define DOUBLE_FAULT     8
#define VECTOR_TIMER     0x20
#define VECTOR_SPURIOUS  0x2f
#define VECTORS          0x30
#define CODE_SELECTOR    0x08u
#define DATA_SELECTOR    0x10u
#define GATE_INTERRUPT   0x8e00u
#define GATE_TASK        0x8500u
#define DESCRIPTOR_TASK  0x8900u
#define APIC_ENABLED     0x100u
#define APIC_TIMER_OFF   0x10000u
#define APIC_DIVIDE_BY_1 0x0bu

/* The task state of a 32-bit CPU, in words; the rest of its 104 bytes is 0. */
enum {
    TASK_ESP0 = 1,
    TASK_SS0,
    TASK_CR3 = 7,
    TASK_EIP,
    TASK_EFLAGS,
    TASK_ESP = 14,
    TASK_ES = 18,
    TASK_CS,
    TASK_SS,
    TASK_DS,
    TASK_MAP = 25,
    TASK_WORDS
};

struct table_pointer {
    uint16_t last_byte;
    uint32_t base;
} __attribute__((packed));

extern uint32_t gdt[][2], page_directory[];
extern char trap_entries[][16], timer_entry[], spurious_entry[];

_Noreturn void pc32_trap(uintptr_t vector, uintptr_t address);
void pc32_timer(void);

static uint32_t idt[VECTORS][2];
static uint32_t fault_task[TASK_WORDS], core_tasks[MACHINE_CORES_MAX][TASK_WORDS];
static _Alignas(16) char fault_stack[4096];
static uint32_t ticks_between[MACHINE_CORES_MAX];

_Static_assert(GDT_ENTRIES == GDT_TASK_CORE_0 + MACHINE_CORES_MAX, "each core has a task");

static unsigned this_core(void)
{
    return *pc_apic(PC_APIC_ID) >> 24;
}

/* The double fault's task: which core had it is in its own controller. */
static _Noreturn void double_fault(void)
{
    machine_fault("exception", DOUBLE_FAULT, core_tasks[this_core()][TASK_EIP]);
}

static void set_task(unsigned index, uint32_t *task)
{
    const uint32_t base = (uint32_t)task;

    task[TASK_MAP] = sizeof fault_task << 16;
    gdt[index][0] = (sizeof fault_task - 1) | base << 16;
    gdt[index][1] = (base >> 16 & 0xff) | DESCRIPTOR_TASK | (base & 0xff000000);
}

static void set_gate(unsigned vector, const char *entry)
{
    const uint32_t address = (uint32_t)entry;

    idt[vector][0] = (address & 0xffff) | CODE_SELECTOR << 16;
    idt[vector][1] = GATE_INTERRUPT | (address & 0xffff0000);
}

void pc32_make_vectors(void)
{
    for (unsigned vector = 0; vector < TRAPS; vector++) {
        set_gate(vector, trap_entries[vector]);
    }
    set_gate(VECTOR_TIMER, timer_entry);
    set_gate(VECTOR_SPURIOUS, spurious_entry);

    fault_task[TASK_CR3] = (uint32_t)page_directory;
    fault_task[TASK_EIP] = (uint32_t)double_fault;
    fault_task[TASK_EFLAGS] = 2;
    fault_task[TASK_ESP] = (uint32_t)(fault_stack + sizeof fault_stack);
    fault_task[TASK_CS] = CODE_SELECTOR;
    fault_task[TASK_ES] = fault_task[TASK_SS] = fault_task[TASK_DS] = DATA_SELECTOR;
    set_task(GDT_TASK_FAULT, fault_task);
    idt[DOUBLE_FAULT][0] = (GDT_TASK_FAULT * 8) << 16;
    idt[DOUBLE_FAULT][1] = GATE_TASK;
    for (unsigned core = 0; core < MACHINE_CORES_MAX; core++) {
        set_task(GDT_TASK_CORE_0 + core, core_tasks[core]);
    }
}

void pc32_load_vectors(unsigned core)
{
    const struct table_pointer pointer = {sizeof idt - 1, (uint32_t)idt};

    __asm__ volatile("ltr %w0" : : "r"((GDT_TASK_CORE_0 + core) * 8) : "memory");
    __asm__ volatile("lidt %0" : : "m"(pointer), "m"(idt) : "memory");
    *pc_apic(PC_APIC_SPURIOUS) = APIC_ENABLED | VECTOR_SPURIOUS;
}

/* Called by the entries in start.S; vector is the number in the manuals, e.g. 0xe for a page fault. */
_Noreturn void pc32_trap(uintptr_t vector, uintptr_t address)
{
    machine_fault("exception", vector, address);
}

__attribute__((weak)) void machine_timer_interrupt(void)
{
    machine_fault("interrupt of the timer", VECTOR_TIMER, 0);
}

void machine_timer_start(uint32_t ticks)
{
    ticks_between[this_core()] = ticks;
    *pc_apic(PC_APIC_TIMER_DIVIDE) = APIC_DIVIDE_BY_1;
    *pc_apic(PC_APIC_TIMER) = ticks == 0 ? APIC_TIMER_OFF : VECTOR_TIMER;
    *pc_apic(PC_APIC_TIMER_COUNT) = ticks;
}

/* Called by start.S. */
void pc32_timer(void)
{
    *pc_apic(PC_APIC_END) = 0;
    *pc_apic(PC_APIC_TIMER_COUNT) = ticks_between[this_core()];
    machine_timer_interrupt();
}
