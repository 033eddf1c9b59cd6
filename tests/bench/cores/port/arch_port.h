/* SPDX-License-Identifier: MIT
 *
 * bench/cores/port/arch_port.h: a CPU's port whose pause is an instruction like any other: for QEMU a pause ends the
 * turn of the core, which then would not wait as long as on a machine.
 *
 * CORES_PORT: the port's header.
 * CORES_NOTES: each lock and each wait is noted (tests/bench/cores/pairs.c).
 */
#ifndef QUARRY_ARCH_PORT_H

#define arch_irq_save   port_irq_save
#define arch_spin_pause port_spin_pause
#include CORES_PORT
#undef arch_irq_save
#undef arch_spin_pause

void cores_note_lock(void);
void cores_note_pause(void);

static inline uintptr_t arch_irq_save(void)
{
    uintptr_t saved = port_irq_save();
#ifdef CORES_NOTES
    cores_note_lock();
#endif
    return saved;
}

static inline void arch_spin_pause(void)
{
#ifdef CORES_NOTES
    cores_note_pause();
#else
    __asm__ volatile("nop" : : : "memory");
#endif
}

#endif
