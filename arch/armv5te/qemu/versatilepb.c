/* SPDX-License-Identifier: MIT
 *
 * versatilepb.c: name and serial port of QEMU versatilepb. Test bed only.
 *
 * Console and C start: arch/qemu/pl011_board.c; entry: arch/qemu/arm_classic_start.S; vectors:
 * arch/qemu/arm_vectors.S; memory: linker/arm-low.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU versatilepb, ARM926EJ-S";
const uintptr_t board_pl011 = 0x101f1000;
