/* SPDX-License-Identifier: MIT
 *
 * virt-aarch64.c: console, fault report and C start of QEMU virt with a Cortex-A53. Test bed only.
 *
 * The serial port is a PL011. MMU and caches stay off. Entry and vectors: start.S; exit: arch/qemu/; memory:
 * linker/virt-aarch64.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/pl011.h"

#define UART_BASE 0x09000000u

const char machine_name[] = "QEMU virt, Cortex-A53";

_Noreturn void virt_start(void);
_Noreturn void virt_fault(uintptr_t syndrome, uintptr_t address);

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

/* Called by the vectors in start.S. Bits 31 to 26 of the syndrome are the class, e.g. 0x25 a data abort. */
_Noreturn void virt_fault(uintptr_t syndrome, uintptr_t address)
{
    machine_fault("syndrome", syndrome, address);
}
