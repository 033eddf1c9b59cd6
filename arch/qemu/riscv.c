/* SPDX-License-Identifier: MIT
 *
 * riscv.c: C start, faults, timer and other harts of the RISC-V machines, in machine or supervisor mode. Test bed only.
 *
 * The CLINT of QEMU's virt and sifive_e lies at one address. It has the timer of machine mode, and the software
 * interrupts that wake sleeping harts; in supervisor mode the timer is the CPU's own (Sstc).
 */
#include "../arch.h"
#include "board.h"
#include "cores.h"
#include "interrupts.h"

#define CLINT_SOFTWARE 0x02000000u
#define CLINT_COMPARE  0x02004000u
#define CLINT_TIME     0x0200bff8u

#define CAUSE_MASK 0xffu

/* The bits of the mode that the image runs in: a timer's interrupt as a cause, and as a bit of mie or sie. */
enum { CAUSE_TIMER = ARCH_RISCV_SUPERVISOR ? 5 : 7, ENABLE_TIMER = 1 << CAUSE_TIMER };

#if ARCH_RISCV_SUPERVISOR
#define CSR_INTERRUPTS "sie"
#else
#define CSR_INTERRUPTS "mie"
#endif

_Noreturn void riscv_start(void);
_Noreturn void riscv_fault(uintptr_t cause, uintptr_t address);
void riscv_interrupt(uintptr_t cause);

/* What riscv_start.S reads on a hart that sleeps; at entry NULL, nothing yet. */
struct {
    void *stack_top;
    void (*volatile entry)(unsigned core);
} riscv_cores[MACHINE_CORES_MAX];

static uint32_t ticks_between[MACHINE_CORES_MAX];

/* Called by riscv_start.S on hart 0. */
_Noreturn void riscv_start(void)
{
    board_init();
    machine_exit(main());
}

/* Cause 1 is a fetch, 2 an instruction that is none, 5 a load, 7 a store that found no memory. */
_Noreturn void riscv_fault(uintptr_t cause, uintptr_t address)
{
    machine_fault("cause", cause, address);
}

__attribute__((weak)) void machine_timer_interrupt(void)
{
    machine_fault("interrupt of the timer", CAUSE_TIMER, 0);
}

#if ARCH_RISCV_SUPERVISOR
/* stimecmp, by its number. */
static void wake_after(uint32_t ticks)
{
    uintptr_t now;

    __asm__ volatile(ARCH_RISCV_CSR("csrr %0, time") : "=r"(now));
    __asm__ volatile(ARCH_RISCV_CSR("csrw 0x14d, %0") : : "r"(now + ticks));
}
#else
static volatile uint32_t *clint_register(uintptr_t address)
{
    return (volatile uint32_t *)address;
}

/* High, low, high again, as a 32-bit CPU must read and write them: no value in between is earlier than both. */
static void wake_after(uint32_t ticks)
{
    volatile uint32_t *const time = clint_register(CLINT_TIME);
    volatile uint32_t *const compare = clint_register(CLINT_COMPARE + 8 * arch_core_index());
    uint32_t high, low;

    do {
        high = time[1];
        low = time[0];
    } while (high != time[1]);
    compare[1] = UINT32_MAX;
    compare[0] = low + ticks;
    compare[1] = high + (low + ticks < low);
}
#endif

void machine_timer_start(uint32_t ticks)
{
    __asm__ volatile(ARCH_RISCV_CSR("csrc " CSR_INTERRUPTS ", %0") : : "r"(ENABLE_TIMER) : "memory");
    ticks_between[arch_core_index()] = ticks;
    if (ticks != 0) {
        wake_after(ticks);
        __asm__ volatile(ARCH_RISCV_CSR("csrs " CSR_INTERRUPTS ", %0") : : "r"(ENABLE_TIMER) : "memory");
    }
}

/* Called by riscv_start.S. */
void riscv_interrupt(uintptr_t cause)
{
    if ((cause & CAUSE_MASK) != CAUSE_TIMER) {
        machine_fault("interrupt", cause & CAUSE_MASK, 0);
    }
    wake_after(ticks_between[arch_core_index()]);
    machine_timer_interrupt();
}

bool machine_start_core(unsigned core, void *stack_top, void (*entry)(unsigned core))
{
    if (core == 0 || core >= MACHINE_CORES_MAX || riscv_cores[core].entry != NULL) {
        return false;
    }
    riscv_cores[core].stack_top = stack_top;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    riscv_cores[core].entry = entry;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    *(volatile uint32_t *)(CLINT_SOFTWARE + 4 * (uintptr_t)core) = 1;
    return true;
}
