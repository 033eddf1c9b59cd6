/* SPDX-License-Identifier: MIT
 *
 * riot.c: RIOT's interrupt state, with values of an x86's flags.
 */
#define POSTURE_IS_MASKED 0x46u
#define POSTURE_IS_OPEN   0x246u
#include "irq.h"
#include "posture.h"

const bool rtos_nests = true;

unsigned irq_disable(void)
{
    return posture_mask();
}

void irq_restore(unsigned state)
{
    posture_restore(state);
}

void rtos_own_tests(void)
{
    test_masked_caller();
}
