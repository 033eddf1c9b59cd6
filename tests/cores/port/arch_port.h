/* SPDX-License-Identifier: MIT
 *
 * cores/port/arch_port.h: the port of a machine's CPU, with a note of each lock that a core gets and of each pause
 * while it waits for one.
 *
 * CORES_PORT: the port's header.
 * CORES_LOCK: a number, set by the linker. 2: a lock is looked at, and then marked as held, in two steps: a test that
 * does not fail with this lock would find no race. 1: as ever.
 */
#ifndef QUARRY_ARCH_PORT_H

#include <stdbool.h>

#define arch_irq_save   port_irq_save
#define arch_spin_pause port_spin_pause
#include CORES_PORT
#undef arch_irq_save
#undef arch_spin_pause

extern char CORES_LOCK[];

/* tests/cores/waits.c */
void cores_note_lock(void);
void cores_note_pause(void);
void cores_wait_a_moment(void);

static inline uintptr_t arch_irq_save(void)
{
    uintptr_t saved = port_irq_save();
    cores_note_lock();
    return saved;
}

static inline void arch_spin_pause(void)
{
    port_spin_pause();
    cores_note_pause();
}

/* The comparison of a broken lock is none: another core may come between. */
#define CORES_LOCK_IS_BROKEN ((uintptr_t)CORES_LOCK == 2)
#define __atomic_compare_exchange_n(word, expected, value, weak, success, failure)                                     \
    (CORES_LOCK_IS_BROKEN ? __atomic_load_n(word, __ATOMIC_RELAXED) == *(expected) &&                                  \
                                    (cores_wait_a_moment(), __atomic_store_n(word, value, __ATOMIC_RELAXED), true)     \
                          : __atomic_compare_exchange_n(word, expected, value, weak, success, failure))

#endif
