/* SPDX-License-Identifier: MIT
 *
 * pc_cores.h: what the start code of a PC's other cores calls. Test bed only.
 */
#ifndef QUARRY_QEMU_PC_CORES_H
#define QUARRY_QEMU_PC_CORES_H

/* Opens interrupts and calls what machine_start_core() was told, on the stack that start.S took from pc_cores[]. */
_Noreturn void pc_core_enter(unsigned core);

#endif
