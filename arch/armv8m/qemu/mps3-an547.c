/* SPDX-License-Identifier: MIT
 *
 * mps3-an547.c: console of QEMU mps3-an547, an MPS3 board with FPGA image AN547 (Cortex-M55).
 *
 * Test bed only. The CPU boots in secure state and stays there, so everything is addressed by its secure alias: bit 28
 * set. UART0 is a CMSDK port. Start code, faults and exit are shared: arch/qemu/; memory: linker/mps3-an547.ld.
 */
#include "../../qemu/board.h"
#include "../../qemu/cmsdk_uart.h"

#define UART_BASE 0x59303000u

const char machine_name[] = "QEMU mps3-an547, Cortex-M55";

void board_init(void)
{
    cmsdk_uart_init(UART_BASE);
}

void board_flush(void)
{
    cmsdk_uart_flush(UART_BASE);
}

void machine_write(const char *text, size_t bytes)
{
    cmsdk_uart_write(UART_BASE, text, bytes);
}
