/* SPDX-License-Identifier: MIT
 *
 * armv5te/arch_port.h: port to ARMv5TE, that is ARM926EJ-S, ARM946E-S, XScale (-mcpu=arm926ej-s -marm), and ARMv4T.
 *
 * clz, but on ARMv4T (ARM7TDMI); no ldrex, so QUARRY_LOCK_SMP does not compile. Unaligned accesses read rotated words,
 * and compilers make none. Interrupts: see arm_classic.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_classic.h"

#define ARCH_NAME        "armv5te"
#define ARCH_HAS_ATOMICS 0

#endif
