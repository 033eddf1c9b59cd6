/* SPDX-License-Identifier: MIT
 *
 * kernel.h: what ports/zephyr uses of Zephyr's kernel.
 */
#ifndef STUB_ZEPHYR_KERNEL_H
#define STUB_ZEPHYR_KERNEL_H

#define ARG_UNUSED(x) (void)(x)
#define __aligned(x)  __attribute__((aligned(x)))

struct k_spinlock {
    int holder;
};
typedef struct {
    int key;
} k_spinlock_key_t;

k_spinlock_key_t k_spin_lock(struct k_spinlock *lock);
void k_spin_unlock(struct k_spinlock *lock, k_spinlock_key_t key);
unsigned int irq_lock(void);
void irq_unlock(unsigned int key);
void printk(const char *format, ...);

#endif
