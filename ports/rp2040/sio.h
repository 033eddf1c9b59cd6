/* SPDX-License-Identifier: MIT
 *
 * sio.h: what the lock needs of an RP2040: the two registers of its single-cycle I/O block (SIO), and PRIMASK.
 *
 * Reading the register of a spin lock claims it: the answer is 0 if it is claimed already. Writing any value releases
 * it. Both cores see one state; the processor has no atomic instruction.
 */
#ifndef QUARRY_RP2040_SIO_H
#define QUARRY_RP2040_SIO_H

#include <stdint.h>

#define SIO_CORE           (*(const volatile uint32_t *)0xD0000000u) /* 0 or 1: which core reads it */
#define SIO_SPINLOCK(lock) (*(volatile uint32_t *)(0xD0000100u + 4u * (lock)))

static inline uint32_t sio_core(void)
{
    return SIO_CORE;
}

/* The fences keep what the lock guards between both. */
static inline int sio_claim(unsigned lock)
{
    const uint32_t claimed = SIO_SPINLOCK(lock);

    __asm__ volatile("dmb" : : : "memory");
    return claimed != 0;
}

static inline void sio_release(unsigned lock)
{
    __asm__ volatile("dmb" : : : "memory");
    SIO_SPINLOCK(lock) = 0;
}

static inline uint32_t sio_mask(void)
{
    uint32_t primask;

    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void sio_restore(uint32_t primask)
{
    __asm__ volatile("msr primask, %0" : : "r"(primask) : "memory");
}

#endif
