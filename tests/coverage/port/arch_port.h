/* SPDX-License-Identifier: MIT
 *
 * arch_port.h: the hosted port without a bit scan and without adding in memory, so that what small CPUs run is counted
 * on the host too, and with pairs of words, as other CPUs have. The build plainscan says besides that words cannot be
 * loaded from any address (ARCH_UNALIGNED 0). For make coverage only.
 */
#include "../../../arch/hosted/arch_port.h"

#undef ARCH_HAS_BIT_SCAN
#define ARCH_HAS_BIT_SCAN (UINTPTR_MAX > UINT32_MAX) /* small CPUs are 32-bit ones */
#define ARCH_HAS_PAIRS    1
#ifdef PORT_ALIGNED
#undef ARCH_UNALIGNED
#endif
