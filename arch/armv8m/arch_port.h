/* SPDX-License-Identifier: MIT
 *
 * armv8m/arch_port.h: port to ARMv8-M Mainline, that is Cortex-M33, M35P, M55, M85 (-mcpu=cortex-m33 -mthumb).
 *
 * PRIMASK is banked by security state: the mask holds in the state that calls, and a non-secure mask never delays
 * secure interrupts. So a heap belongs to one state. Cortex-M23 (Baseline) has no clz, but it has ldrex: give it a
 * port of its own with ARCH_HAS_BIT_SCAN 0. Interrupts: see arm_m.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_m.h"

#define ARCH_NAME         "armv8m"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1

#endif
