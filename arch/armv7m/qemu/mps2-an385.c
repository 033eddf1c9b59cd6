/* SPDX-License-Identifier: MIT
 *
 * mps2-an385.c: console of QEMU mps2-an385, an MPS2 board with FPGA image AN385 (Cortex-M3), else as mps2-an386.
 *
 * Test bed only. UART0 is a CMSDK port. Start code, faults and exit are shared: arch/qemu/; memory:
 * linker/mps2-an386.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/cmsdk_uart.h"
#include "../../qemu/stack_guard.h"

#define UART_BASE 0x40004000u

const char machine_name[] = "QEMU mps2-an385, Cortex-M3";

void board_init(void)
{
    cmsdk_uart_init(UART_BASE);
    stack_guard_init();
}

void board_flush(void)
{
    cmsdk_uart_flush(UART_BASE);
}

void machine_write(const char *text, size_t bytes)
{
    cmsdk_uart_write(UART_BASE, text, bytes);
}
