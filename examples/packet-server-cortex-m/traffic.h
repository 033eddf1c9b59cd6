/* SPDX-License-Identifier: MIT
 *
 * traffic.h: the packets that arrive: the same ones in each run, with what the server must know in the end.
 *
 * TRAFFIC_SENSORS sensors make themselves known one by one, with a reading and a label. Then packets of all kinds come
 * in no order, from 7 to 223 bytes long. One packet in a hundred has a reading that makes no sense.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>

#include "server.h"

#define TRAFFIC_SENSORS    24
#define TRAFFIC_MOST_BYTES 512

/* Writes packet number number, counted from 1, into buffer, which has TRAFFIC_MOST_BYTES. Packets are to be asked for
 * one after the other. Returns its length. */
size_t traffic_next(unsigned number, char *buffer);

/* Is that what the packets so far said of sensor number index? */
bool traffic_agrees(size_t index, const struct sensor *sensor);

#endif
