/* SPDX-License-Identifier: MIT
 *
 * posture.h: for RTOSes whose lock masks interrupts and answers the mask that was: POSTURE_IS_MASKED and
 * POSTURE_IS_OPEN are its values. A mask must come back in the reverse order.
 */
#ifndef POSTURE_H
#define POSTURE_H

#include "rtos.h"

unsigned rtos_locks;
static unsigned posture = POSTURE_IS_OPEN;

static unsigned posture_mask(void)
{
    const unsigned was = posture;
    rtos_locks++;
    posture = POSTURE_IS_MASKED;
    return was;
}

static void posture_restore(unsigned was)
{
    CHECK(posture == POSTURE_IS_MASKED);
    CHECK(was == POSTURE_IS_MASKED || was == POSTURE_IS_OPEN);
    posture = was;
}

bool rtos_is_locked(void)
{
    return posture != POSTURE_IS_OPEN;
}

/* A caller that has masked interrupts finds them masked after each call. */
static void test_masked_caller(void)
{
    static unsigned char region[16384];
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    const unsigned was = posture_mask();
    void *block = quarry_malloc(heap, 100);

    CHECK(block != NULL && posture == POSTURE_IS_MASKED);
    quarry_free(heap, block);
    CHECK(posture == POSTURE_IS_MASKED);
    posture_restore(was);
}

#endif
