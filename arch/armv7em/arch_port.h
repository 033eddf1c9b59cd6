/* SPDX-License-Identifier: MIT
 *
 * armv7em/arch_port.h: port to ARMv7E-M, that is Cortex-M4 and M7 (-mcpu=cortex-m4 -mthumb).
 *
 * To the library the same as ARMv7-M: it uses neither the DSP instructions nor the FPU, so it never touches a lazily
 * stacked FP context. Interrupts: see arm_m.h.
 */
#ifndef QUARRY_ARCH_PORT_H
#define QUARRY_ARCH_PORT_H

#include "../arm_m.h"

#define ARCH_NAME         "armv7em"
#define ARCH_HAS_BIT_SCAN 1
#define ARCH_HAS_ATOMICS  1

#endif
