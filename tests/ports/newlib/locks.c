/* SPDX-License-Identifier: MIT
 *
 * locks.c: an interrupt handler allocates while main() does, on a library with QUARRY_LOCK_HOOK. The lock is the one
 * that the libc has a name for. This program defines it, as an RTOS does: it masks interrupts, and counts.
 *
 * With -DNO_LOCK the program has none of its own, and its first request must stop it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "libc_heap.h"

static unsigned locked, unlocked;

#ifndef NO_LOCK
/* An RTOS's lock may be held already when the library asks for it: the last release unmasks. */
static unsigned depth;

static void lock(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
    depth++;
    locked++;
}

static void unlock(void)
{
    unlocked++;
    if (--depth == 0)
        __asm__ volatile("cpsie i" ::: "memory");
}

#ifdef __PICOLIBC__
struct __lock;
extern struct __lock __lock___libc_recursive_mutex;
void __retarget_lock_acquire_recursive(struct __lock *which);
void __retarget_lock_release_recursive(struct __lock *which);

void __retarget_lock_acquire_recursive(struct __lock *which)
{
    if (which == &__lock___libc_recursive_mutex)
        lock();
}

void __retarget_lock_release_recursive(struct __lock *which)
{
    if (which == &__lock___libc_recursive_mutex)
        unlock();
}
#else
struct _reent;
void __malloc_lock(struct _reent *reent);
void __malloc_unlock(struct _reent *reent);

void __malloc_lock(struct _reent *reent)
{
    (void)reent;
    lock();
}

void __malloc_unlock(struct _reent *reent)
{
    (void)reent;
    unlock();
}
#endif
#endif

/* --- the interrupt --- */

#define SYSTICK ((volatile uint32_t *)0xE000E010u) /* control, reload, value */

static volatile unsigned ticks, wrong_ticks;
static unsigned char *volatile block_of_tick;

void SysTick_Handler(void);
void arm_systick_isr(void); /* its name in picolibc's start code */

void SysTick_Handler(void)
{
    unsigned char *block = malloc(20 + ticks % 300);
    ticks++;
    wrong_ticks += block == NULL || (block_of_tick != NULL && *block_of_tick != 0x5A);
    free(block_of_tick);
    if (block != NULL)
        memset(block, 0x5A, 20);
    block_of_tick = block;
}

void arm_systick_isr(void)
{
    SysTick_Handler();
}

static void test_an_interrupt_allocates_while_main_does(void)
{
    enum { BLOCKS = 16, TICKS = 100 };
    unsigned char *blocks[BLOCKS] = {NULL};
    unsigned wrong = 0;
    SYSTICK[1] = 2000;
    SYSTICK[2] = 0;
    SYSTICK[0] = 7;
    for (unsigned i = 0; ticks < TICKS; i++) {
        unsigned char **block = &blocks[i % BLOCKS];
        wrong += *block != NULL && **block != i % BLOCKS;
        *block = realloc(*block, 1 + i * 37 % 400);
        wrong += *block == NULL;
        **block = (unsigned char)(i % BLOCKS);
    }
    SYSTICK[0] = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    free(block_of_tick);
    CHECK(wrong == 0 && wrong_ticks == 0);
    CHECK(quarry_check(quarry_libc_heap()));
}

static void test_the_lock_of_the_libc_is_the_heaps(void)
{
    const unsigned before = locked;
    free(malloc(10));
    CHECK(locked == before + 2);
    CHECK(locked == unlocked);
}

int main(void)
{
    test_an_interrupt_allocates_while_main_does();
    test_the_lock_of_the_libc_is_the_heaps();
    return report_checks();
}
