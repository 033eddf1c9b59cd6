/* SPDX-License-Identifier: MIT
 *
 * mps3-an547.c: console of QEMU mps3-an547, an MPS3 board with FPGA image AN547 (Cortex-M55).
 *
 * Test bed only. The CPU boots in secure state and stays there, so everything is addressed by its secure alias: bit 28
 * set. UART0 is a CMSDK port. Start code, faults and exit are shared: arch/qemu/; memory: linker/mps3-an547.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU mps3-an547, Cortex-M55";
const uintptr_t board_cmsdk_uart = 0x59303000;
