/* SPDX-License-Identifier: MIT
 *
 * no_bit_scan/arch_port.h: the host, as if it had no bit scan: bits.h then takes its multiplication and table, as on a
 * Cortex-M0, and all 2^32 words can be tried in seconds.
 */
#include "../../../arch/hosted/arch_port.h"

#undef ARCH_HAS_BIT_SCAN
#define ARCH_HAS_BIT_SCAN 0
