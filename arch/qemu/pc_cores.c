/* SPDX-License-Identifier: MIT
 *
 * pc_cores.c: wakes the other cores of a PC, each by the interrupts INIT and start-up. Test bed only.
 *
 * A core is known by the number of its local interrupt controller, which counts from 0 on QEMU's machines.
 */
#include "pc_cores.h"
#include "board.h"
#include "cores.h"
#include "pc.h"

#define PC_CORE_START          0x8000u /* pc_core_code.S */
#define COMMAND_INIT           0x4500u
#define COMMAND_START          0x4600u
#define COMMAND_IS_UNDERWAY    0x1000u
#define PORT_THAT_TAKES_ABOUT  0x80      /* a microsecond, and does nothing */
#define MICROSECONDS_TO_ANSWER 10000000u /* the core's thread of a busy host comes late */

extern const char pc_core_code[], pc_core_code_end[];

/* What start.S of the machine reads on a core that starts. */
struct {
    void *stack_top;
    void (*entry)(unsigned core);
} pc_cores[MACHINE_CORES_MAX];

static volatile bool runs[MACHINE_CORES_MAX];

_Noreturn void pc_core_enter(unsigned core)
{
    runs[core] = true;
    __asm__ volatile("sti" : : : "memory");
    pc_cores[core].entry(core);
    machine_fault("another core's function has ended", core, (uintptr_t)pc_cores[core].entry);
}

static void wait_microseconds(unsigned count)
{
    for (; count != 0; count--) {
        pc_out8(PORT_THAT_TAKES_ABOUT, 0);
    }
}

static void send(unsigned core, uint32_t command)
{
    *pc_apic(PC_APIC_COMMAND_TARGET) = core << 24;
    *pc_apic(PC_APIC_COMMAND) = command;
    while (*pc_apic(PC_APIC_COMMAND) & COMMAND_IS_UNDERWAY) {
    }
}

static void copy_start(void)
{
    volatile char *const to = (volatile char *)PC_CORE_START;

    for (const char *from = pc_core_code; from != pc_core_code_end; from++) {
        to[from - pc_core_code] = *from;
    }
}

bool machine_start_core(unsigned core, void *stack_top, void (*entry)(unsigned core))
{
    if (core == 0 || core >= MACHINE_CORES_MAX || pc_cores[core].entry != NULL) {
        return false;
    }
    copy_start();
    pc_cores[core].stack_top = stack_top;
    pc_cores[core].entry = entry;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    send(core, COMMAND_INIT);
    wait_microseconds(10000);
    send(core, COMMAND_START | PC_CORE_START >> 12);
    for (unsigned i = 0; i < MICROSECONDS_TO_ANSWER && !runs[core]; i++) {
        wait_microseconds(1);
    }
    return runs[core];
}
