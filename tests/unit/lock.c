/* SPDX-License-Identifier: MIT
 *
 * lock.c: the spin lock waits until the one who has it lets go, which here happens while it waits.
 */
#include "../../src/bits.h"

#include "test.h"

static uintptr_t lock;
static unsigned pauses;

/* The other core. */
__attribute__((unused)) static void let_go(void)
{
    if (++pauses == 3)
        lock = 0;
}

#define arch_spin_pause() let_go()
#include "../../src/lock.h"

TEST(test_lock_waits_for_the_one_who_has_it)
{
#if QUARRY_LOCK == QUARRY_LOCK_SMP
    uintptr_t saved;

    lock = 1;
    pauses = 0;
    saved = lock_spin(&lock);
    CHECK_EQ(pauses, 3);
    CHECK_EQ(lock, 1);
    lock_unspin(&lock, saved);
    CHECK_EQ(lock, 0);
#else
    SKIP("no spin lock in this build");
#endif
}
