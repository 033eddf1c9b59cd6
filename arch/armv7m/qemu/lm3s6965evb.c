/* SPDX-License-Identifier: MIT
 *
 * lm3s6965evb.c: console of QEMU lm3s6965evb, a Stellaris LM3S6965 (Cortex-M3, 256 KB flash, 64 KB RAM).
 *
 * Test bed only. UART0 is a PL011. Start code, faults and exit are shared: arch/qemu/; memory: linker/lm3s6965evb.ld.
 * The real chip wants its UART clock and pins enabled first; QEMU does not, and this file does not.
 */
#include "../../qemu/board.h"
#include "../../qemu/pl011.h"
#include "../../qemu/stack_guard.h"

#define UART_BASE 0x4000c000u

const char machine_name[] = "QEMU lm3s6965evb, Cortex-M3";

void board_init(void)
{
    pl011_init(UART_BASE);
    stack_guard_init();
}

void board_flush(void)
{
    pl011_flush(UART_BASE);
}

void machine_write(const char *text, size_t bytes)
{
    pl011_write(UART_BASE, text, bytes);
}
