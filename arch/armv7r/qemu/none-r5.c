/* SPDX-License-Identifier: MIT
 *
 * none-r5.c: name of QEMU's machine "none" with a Cortex-R5: a CPU and RAM from address 0. Test bed only.
 *
 * There is no device: the console is arch/qemu/semihosting_board.c's. Entry: start.S; vectors: arch/qemu/arm_vectors.S;
 * memory: linker/arm-low.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU none, Cortex-R5";
