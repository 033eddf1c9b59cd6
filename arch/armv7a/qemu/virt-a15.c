/* SPDX-License-Identifier: MIT
 *
 * virt-a15.c: console, fault report and C start of QEMU virt with a Cortex-A15, in A32 state. Test bed only.
 *
 * The serial port is a PL011. MMU and caches stay off. Entry and vectors: start.S; exit: arch/qemu/; memory:
 * linker/virt-a15.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/pl011.h"

#define UART_BASE 0x09000000u

const char machine_name[] = "QEMU virt, Cortex-A15";

_Noreturn void virt_start(void);
_Noreturn void virt_fault(uintptr_t vector, uintptr_t address);

void board_init(void)
{
    pl011_init(UART_BASE);
}

void board_flush(void)
{
    pl011_flush(UART_BASE);
}

void machine_write(const char *text, size_t bytes)
{
    pl011_write(UART_BASE, text, bytes);
}

/* Called by start.S on the stack, with .bss zeroed. */
_Noreturn void virt_start(void)
{
    board_init();
    machine_exit(main());
}

/* Called by the vectors in start.S; vector is the offset in the vector table: 4 undefined, 0xc prefetch, 0x10 data. */
_Noreturn void virt_fault(uintptr_t vector, uintptr_t address)
{
    machine_fault("vector", vector, address);
}
