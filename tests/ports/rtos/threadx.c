/* SPDX-License-Identifier: MIT
 *
 * threadx.c: ThreadX's interrupt posture; the values are those of a Cortex-M's PRIMASK.
 */
#define POSTURE_IS_MASKED 1u
#define POSTURE_IS_OPEN   0u
#include "posture.h"
#include "tx_api.h"

const bool rtos_nests = true;

UINT tx_interrupt_control(UINT new_posture)
{
    const UINT was = posture;

    if (new_posture == TX_INT_DISABLE)
        return posture_mask();
    posture_restore(new_posture);
    return was;
}

void rtos_own_tests(void)
{
    test_masked_caller();
}
