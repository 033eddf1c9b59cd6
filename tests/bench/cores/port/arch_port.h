/* SPDX-License-Identifier: MIT
 *
 * bench/cores/port/arch_port.h: a CPU's port whose pause is an instruction like any other: for QEMU a pause ends the
 * turn of the core, which then would not wait as long as on a machine.
 *
 * CORES_PORT: the port's header.
 * CORES_NOTES: each lock and each wait is noted (tests/bench/cores/pairs.c).
 */
#ifndef QUARRY_ARCH_PORT_H

#define arch_irq_restore port_irq_restore
#define arch_spin_pause  port_spin_pause
#include CORES_PORT
#undef arch_irq_restore
#undef arch_spin_pause

void cores_note_try(void);
void cores_note_pause(void);
void cores_note_end(void);

static inline void arch_irq_restore(uintptr_t saved)
{
#ifdef CORES_NOTES
    cores_note_end();
#endif
    port_irq_restore(saved);
}

/* The lock is all that is got by a comparison; other words are compared without an order. */
#ifdef CORES_NOTES
#define __atomic_compare_exchange_n(word, expected, value, weak, success, failure)                                     \
    ((success) == __ATOMIC_ACQUIRE ? cores_note_try() : (void)0,                                                       \
     __atomic_compare_exchange_n(word, expected, value, weak, success, failure))
#endif

static inline void arch_spin_pause(void)
{
#ifdef CORES_NOTES
    cores_note_pause();
#else
    __asm__ volatile("nop" : : : "memory");
#endif
}

#endif
