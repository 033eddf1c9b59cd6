/* SPDX-License-Identifier: MIT
 *
 * cortex_m_start.c: vector table, reset and fault entry of all Cortex-M machines. Test bed only.
 *
 * The CPU loads its stack pointer from the first vector and enters Reset_Handler in thread mode on the main stack, so
 * start-up needs no assembler. Handlers have the names that CMSIS gave them and are weak: an image that wants SysTick
 * defines SysTick_Handler. What an image does not handle is a fault. External interrupts have no vector here.
 * The stack lies at the bottom of RAM (linker/cortex-m.ld), so an overflow leaves RAM and faults instead of corrupting.
 */
#include "board.h"
#include "semihosting.h"

/* Addresses, not objects: linker/cortex-m.ld. */
extern uint32_t __stack_bottom[], __stack_top[];
extern uint32_t __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[];

#define FRAME_PC_INDEX 6
#define EXC_RETURN_PROCESS_STACK 4u

void Reset_Handler(void);
void fault_entry(void);
void cortex_m_fault(const uint32_t *main_stack, uint32_t exc_return, const uint32_t *process_stack);

#define WEAK_HANDLER(name) void name(void) __attribute__((weak, alias("fault_entry")))

WEAK_HANDLER(NMI_Handler);
WEAK_HANDLER(HardFault_Handler);
WEAK_HANDLER(MemManage_Handler);
WEAK_HANDLER(BusFault_Handler);
WEAK_HANDLER(UsageFault_Handler);
WEAK_HANDLER(SecureFault_Handler);
WEAK_HANDLER(SVC_Handler);
WEAK_HANDLER(DebugMon_Handler);
WEAK_HANDLER(PendSV_Handler);
WEAK_HANDLER(SysTick_Handler);

union vector {
    void *stack;
    void (*handler)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    {.stack = __stack_top},
    {.handler = Reset_Handler},
    {.handler = NMI_Handler},
    {.handler = HardFault_Handler},
    {.handler = MemManage_Handler},
    {.handler = BusFault_Handler},
    {.handler = UsageFault_Handler},
    {.handler = SecureFault_Handler},
    {.stack = NULL},
    {.stack = NULL},
    {.stack = NULL},
    {.handler = SVC_Handler},
    {.handler = DebugMon_Handler},
    {.stack = NULL},
    {.handler = PendSV_Handler},
    {.handler = SysTick_Handler},
};

/* volatile: otherwise the compiler would turn these loops into calls of memcpy and memset, which an image may lack. */
static void copy_words(volatile uint32_t *to, const volatile uint32_t *from, const volatile uint32_t *to_end)
{
    while (to != to_end) {
        *to++ = *from++;
    }
}

static void zero_words(volatile uint32_t *to, const volatile uint32_t *to_end)
{
    while (to != to_end) {
        *to++ = 0;
    }
}

void Reset_Handler(void)
{
    copy_words(__data_start, __data_load, __data_end);
    zero_words(__bss_start, __bss_end);
    board_init();
    machine_exit(main());
}

/* Takes a fresh stack first: the fault may be that the old one ran out. Nothing returns from here. */
__attribute__((naked)) void fault_entry(void)
{
    __asm__ volatile("mrs r0, msp\n\t"
                     "mov r1, lr\n\t"
                     "mrs r2, psp\n\t"
                     "ldr r3, =__stack_top\n\t"
                     "msr msp, r3\n\t"
                     "bl cortex_m_fault\n\t"
                     ".ltorg");
}

/* Called by fault_entry: says which exception came from where. A frame outside the stack was never written. */
__attribute__((used))
void cortex_m_fault(const uint32_t *main_stack, uint32_t exc_return, const uint32_t *process_stack)
{
    uint32_t exception;

    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    if (exc_return & EXC_RETURN_PROCESS_STACK) {
        machine_fault("exception", exception, process_stack[FRAME_PC_INDEX]);
    }
    if (main_stack < __stack_bottom || main_stack >= __stack_top) {
        machine_fault("stack overflow, sp", (uintptr_t)main_stack, 0);
    }
    machine_fault("exception", exception, main_stack[FRAME_PC_INDEX]);
}

uintptr_t semihosting_call(uintptr_t operation, const void *parameters)
{
    register uintptr_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameters;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
