/* SPDX-License-Identifier: MIT
 *
 * raspi0.c: name and serial port of QEMU raspi0. Test bed only.
 *
 * Console and C start: arch/qemu/pl011_board.c; entry: arch/qemu/arm_classic_start.S; vectors:
 * arch/qemu/arm_vectors.S; memory: linker/arm-low.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU raspi0, ARM1176JZF-S";
const uintptr_t board_pl011 = 0x20201000;
