/* SPDX-License-Identifier: MIT
 *
 * virt-a15.c: name and serial port of QEMU virt with a Cortex-A15, in A32 state. Test bed only.
 *
 * Console and C start: arch/qemu/pl011_board.c; entry: start.S; vectors: arch/qemu/arm_vectors.S; memory:
 * linker/virt-a15.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU virt, Cortex-A15";
const uintptr_t board_pl011 = 0x09000000;
