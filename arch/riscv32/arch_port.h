/* SPDX-License-Identifier: MIT
 *
 * riscv32/arch_port.h: port to 32-bit RISC-V, RV32E too, with the extension M, at best A and Zbb too
 * (-march=rv32imac -mabi=ilp32).
 *
 * Modes, interrupts, what the CPU has: see riscv.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../riscv.h"

#define ARCH_NAME "riscv32"

_Static_assert(__riscv_xlen == 32, "this port is for 32-bit RISC-V");

#endif
