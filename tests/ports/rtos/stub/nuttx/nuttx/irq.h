/* SPDX-License-Identifier: MIT
 *
 * irq.h: what ports/nuttx uses of NuttX's interrupts.
 */
#ifndef STUB_NUTTX_IRQ_H
#define STUB_NUTTX_IRQ_H

typedef unsigned int irqstate_t;
irqstate_t enter_critical_section(void);
void leave_critical_section(irqstate_t flags);

#endif
