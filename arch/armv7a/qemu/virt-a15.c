/* SPDX-License-Identifier: MIT
 *
 * virt-a15.c: name and fault report of QEMU virt with a Cortex-A15, in A32 state. Test bed only.
 *
 * Console and C start: arch/qemu/virt.c; entry and vectors: start.S; memory: linker/virt-a15.ld.
 */
#include "../../qemu/board.h"

const char machine_name[] = "QEMU virt, Cortex-A15";

_Noreturn void virt_fault(uintptr_t vector, uintptr_t address);

/* Called by the vectors in start.S; vector is the offset in the vector table: 4 undefined, 0xc prefetch, 0x10 data. */
_Noreturn void virt_fault(uintptr_t vector, uintptr_t address)
{
    machine_fault("vector", vector, address);
}
