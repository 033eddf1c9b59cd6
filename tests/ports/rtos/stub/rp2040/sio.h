/* SPDX-License-Identifier: MIT
 *
 * sio.h: the functions of ports/rp2040/sio.h, which this header stands for. A thread is a core.
 */
#ifndef QUARRY_RP2040_SIO_H
#define QUARRY_RP2040_SIO_H

#include <stdint.h>

uint32_t sio_core(void);
int sio_claim(unsigned lock);
void sio_release(unsigned lock);
uint32_t sio_mask(void);
void sio_restore(uint32_t primask);

#endif
