/* SPDX-License-Identifier: MIT
 *
 * tx_api.h: what ports/threadx uses of ThreadX.
 */
#ifndef STUB_TX_API_H
#define STUB_TX_API_H

typedef unsigned int UINT;
#define TX_INT_DISABLE 1
#define TX_INT_ENABLE  0

/* Answers the posture that was. */
UINT tx_interrupt_control(UINT new_posture);

#endif
