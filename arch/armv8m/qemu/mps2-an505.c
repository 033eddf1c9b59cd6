/* SPDX-License-Identifier: MIT
 *
 * mps2-an505.c: console of QEMU mps2-an505, an MPS2+ board with FPGA image AN505 (Cortex-M33 with TrustZone).
 *
 * Test bed only. The CPU boots in secure state and stays there, so everything is addressed by its secure alias: bit 28
 * set. UART0 is a CMSDK port. Start code, faults and exit are shared: arch/qemu/; memory: linker/mps2-an505.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU mps2-an505, Cortex-M33";
const uintptr_t board_cmsdk_uart = 0x50200000;
