/* SPDX-License-Identifier: MIT
 *
 * riscv64/arch_port.h: port to 64-bit RISC-V with the extension M, at best A and Zbb too
 * (-march=rv64gc -mabi=lp64d, -mcmodel=medany).
 *
 * Modes, interrupts, what the CPU has: see riscv.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../riscv.h"

#define ARCH_NAME "riscv64"

_Static_assert(__riscv_xlen == 64, "this port is for 64-bit RISC-V");

#endif
