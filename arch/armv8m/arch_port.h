/* SPDX-License-Identifier: MIT
 *
 * armv8m/arch_port.h: port to ARMv8-M, that is Cortex-M33, M35P, M55, M85 (-mcpu=cortex-m33 -mthumb), and M23.
 *
 * PRIMASK is banked by security state: the mask holds in the state that calls, and a non-secure mask never delays
 * secure interrupts. So a heap belongs to one state. Cortex-M23 (Baseline) has ldrex, but no clz. Interrupts: see
 * arm_m.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_m.h"

#define ARCH_NAME        "armv8m"
#define ARCH_HAS_ATOMICS 1

#ifdef __ARM_FEATURE_CLZ
#define ARCH_HAS_BIT_SCAN 1
#else
#define ARCH_HAS_BIT_SCAN 0
#endif

#endif
