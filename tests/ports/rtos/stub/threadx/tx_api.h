/* SPDX-License-Identifier: MIT
 *
 * tx_api.h: what ports/threadx and its example use of ThreadX.
 */
#ifndef STUB_TX_API_H
#define STUB_TX_API_H

typedef unsigned int UINT;
#define TX_INT_DISABLE 1
#define TX_INT_ENABLE  0

/* Answers the posture that was. */
UINT tx_interrupt_control(UINT new_posture);

typedef unsigned long ULONG;
typedef struct {
    int any;
} TX_THREAD;
#define TX_NO_TIME_SLICE 0UL
#define TX_AUTO_START    1u

void tx_kernel_enter(void);
void tx_application_define(void *first_unused);
UINT tx_thread_create(TX_THREAD *thread, char *name, void (*entry)(ULONG), ULONG input, void *stack, ULONG stack_bytes,
                      UINT priority, UINT preempt_threshold, ULONG time_slice, UINT auto_start);
UINT tx_thread_sleep(ULONG ticks);

#endif
