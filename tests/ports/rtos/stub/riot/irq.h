/* SPDX-License-Identifier: MIT
 *
 * irq.h: what ports/riot uses of RIOT's interrupts.
 */
#ifndef STUB_RIOT_IRQ_H
#define STUB_RIOT_IRQ_H

/* Answers the state that was. */
unsigned irq_disable(void);
void irq_restore(unsigned state);

#endif
