/* SPDX-License-Identifier: MIT
 *
 * virt-aarch64.c: name and fault report of QEMU virt with a Cortex-A53. Test bed only.
 *
 * Console and C start: arch/qemu/pl011_board.c; entry and vectors: start.S; memory: linker/virt-aarch64.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU virt, Cortex-A53";
const uintptr_t board_pl011 = 0x09000000;

_Noreturn void virt_fault(uintptr_t syndrome, uintptr_t address);

/* Called by the vectors in start.S; bits 31 to 26 of the syndrome are the class, e.g. 0x25 a data abort. */
_Noreturn void virt_fault(uintptr_t syndrome, uintptr_t address)
{
    machine_fault("syndrome", syndrome, address);
}
