/* SPDX-License-Identifier: MIT
 *
 * virt.c: console and C start of QEMU's virt machine, on any of its CPUs. Test bed only.
 *
 * The serial port is a PL011. MMU and caches stay off. The CPU's own folder has entry, vectors and what a fault
 * means; exit and memory are arch/qemu/'s and linker/virt.ld's.
 */
#include "board.h"
#include "pl011.h"

#define UART_BASE 0x09000000u

_Noreturn void virt_start(void);

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
