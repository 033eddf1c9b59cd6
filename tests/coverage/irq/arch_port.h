/* SPDX-License-Identifier: MIT
 *
 * irq/arch_port.h: the hosted port as if it masked interrupts, so that the lines of QUARRY_LOCK_IRQ are counted on the
 * host too. For make coverage only.
 */
#include "../../../arch/hosted/arch_port.h"

#undef ARCH_HAS_MASK
#define ARCH_HAS_MASK 1
