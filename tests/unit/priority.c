/* SPDX-License-Identifier: MIT
 *
 * priority.c: interrupts are masked up to a priority. A mask that is stricter already stays, and pairs nest. The
 * priorities are in the three bits that each CPU has.
 */
#include "../../arch/arch.h"
#include "test.h"

#if ARCH_HAS_PRIORITY_MASK

enum { STRICT = 0x20, MIDDLE = 0x60, MILD = 0xA0 };

static uintptr_t masked(void)
{
    uintptr_t basepri;

    __asm__ volatile("mrs %0, basepri" : "=r"(basepri));
    return basepri;
}

TEST(test_priority_mask_nests_and_is_restored)
{
    CHECK_EQ(masked(), 0);
    const uintptr_t outer = arch_priority_save(MIDDLE);
    CHECK_EQ(masked(), MIDDLE);
    const uintptr_t inner = arch_priority_save(MIDDLE);
    CHECK_EQ(masked(), MIDDLE);
    arch_priority_restore(inner);
    CHECK_EQ(masked(), MIDDLE);
    arch_priority_restore(outer);
    CHECK_EQ(masked(), 0);
}

TEST(test_priority_mask_never_opens_what_the_caller_has_masked)
{
    const uintptr_t strict = arch_priority_save(STRICT);
    const uintptr_t saved = arch_priority_save(MILD);
    CHECK_EQ(masked(), STRICT);
    arch_priority_restore(saved);
    CHECK_EQ(masked(), STRICT);
    arch_priority_restore(strict);
    CHECK_EQ(masked(), 0);
}

#else

TEST(test_priority_mask_needs_such_a_cpu)
{
    SKIP("this CPU does not mask interrupts by priority");
}

#endif
