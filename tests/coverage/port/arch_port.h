/* SPDX-License-Identifier: MIT
 *
 * arch_port.h: the hosted port without a bit scan, so that what small CPUs run is counted on the host too, and with
 * pairs of words, as other CPUs have. The build says besides that words cannot be loaded from any address
 * (BITS_UNALIGNED of src/bits.h). For make coverage only.
 */
#include "../../../arch/hosted/arch_port.h"

#undef ARCH_HAS_BIT_SCAN
#define ARCH_HAS_BIT_SCAN 0
#define ARCH_HAS_PAIRS    1
