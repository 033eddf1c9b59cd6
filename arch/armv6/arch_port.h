/* SPDX-License-Identifier: MIT
 *
 * armv6/arch_port.h: port to ARMv6, that is ARM1136, ARM1176, ARM11 MPCore (-mcpu=arm1176jzf-s -marm
 * -mno-unaligned-access).
 *
 * clz; ldrex and strex. Where the MMU is off, or SCTLR.U is 0, unaligned accesses fault or read rotated words: see
 * armv7a's port. Interrupts: see arm_classic.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_classic.h"

#define ARCH_NAME        "armv6"
#define ARCH_HAS_ATOMICS 1

#endif
