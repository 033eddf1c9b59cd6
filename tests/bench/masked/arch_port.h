/* SPDX-License-Identifier: MIT
 *
 * masked/arch_port.h: a Cortex-M's port, with a mark behind each instruction that masks interrupts and before each one
 * that restores the mask. A mark is an instruction that no CPU has: it takes no register, so the library's code is
 * otherwise the same, and HardFault, which is never masked, reads the counter (measure.c).
 *
 * MASKED_PORT: the port's header.
 */
#ifndef QUARRY_ARCH_PORT_H

#define arch_irq_save    port_irq_save
#define arch_irq_restore port_irq_restore
#include MASKED_PORT
#undef arch_irq_save
#undef arch_irq_restore

static inline uintptr_t arch_irq_save(void)
{
    uintptr_t saved = port_irq_save();
    __asm__ volatile("udf #1" : : : "memory");
    return saved;
}

static inline void arch_irq_restore(uintptr_t saved)
{
    __asm__ volatile("udf #2" : : : "memory");
    port_irq_restore(saved);
}

#endif
