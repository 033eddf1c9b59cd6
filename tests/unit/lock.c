/* SPDX-License-Identifier: MIT
 *
 * lock.c: the spin lock, with another core that does its part while this one waits. Every build has these tests,
 * whatever its lock is.
 */
#include "../../arch/arch.h"
#include "test.h"

#if ARCH_HAS_ATOMICS

/* What the other core does at each pause of this one. */
static void (*other_core)(void);
#define arch_spin_pause() other_core()
#include "../../arch/spin_lock.h"

enum { LONG = 1000, FEW = 3 };

static uintptr_t lock;
static unsigned pauses, turns;

static void release_by_other_core(void)
{
    arch_spin_unlock(&lock, arch_irq_save());
}

static void get_lock(void (*other)(void))
{
    pauses = turns = 0;
    other_core = other;
    const uintptr_t saved = arch_spin_lock(&lock);
    CHECK_EQ(lock, SPIN_HELD);
    arch_spin_unlock(&lock, saved);
    CHECK_EQ(lock, 0);
}

static void release_soon(void)
{
    if (++pauses == FEW)
        release_by_other_core();
}

TEST(test_lock_waits_for_the_core_that_has_it)
{
    lock = SPIN_HELD;
    get_lock(release_soon);
    CHECK_EQ(pauses, FEW);
}

/* Frees the lock and gets it again before this core looks. */
static void call_without_end(void)
{
    pauses++;
    release_by_other_core();
    if (pauses < LONG)
        turns += spin_try(&lock);
}

TEST(test_lock_is_had_at_last_though_another_core_always_comes_first)
{
    lock = SPIN_HELD;
    get_lock(call_without_end);
    CHECK(pauses < 2 * SPIN_TRIES);
    CHECK_EQ(turns, SPIN_TRIES);
}

/* A third core was promised the next turn, and has it once the other core has released the lock. */
static void have_promised_turn(void)
{
    pauses++;
    if (pauses == LONG) {
        release_by_other_core();
        CHECK_EQ(lock, SPIN_PROMISED);
        CHECK(!spin_try(&lock));
    }
    if (pauses == LONG + FEW)
        lock = SPIN_HELD;
    if (pauses == 2 * LONG)
        release_by_other_core();
}

TEST(test_lock_waits_for_the_core_that_was_promised_the_turn_before)
{
    lock = SPIN_HELD | SPIN_PROMISED;
    get_lock(have_promised_turn);
    CHECK_EQ(pauses, 2 * LONG);
}

TEST(test_lock_is_released_without_the_promise)
{
    lock = SPIN_HELD | SPIN_PROMISED;
    release_by_other_core();
    CHECK_EQ(lock, SPIN_PROMISED);
    CHECK(!spin_ask(&lock));
    lock = 0;
}

#else

TEST(test_lock_needs_atomic_instructions)
{
    SKIP("this CPU has no atomic instructions");
}

#endif
