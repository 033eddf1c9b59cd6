/* SPDX-License-Identifier: MIT
 *
 * server.h: a telemetry server: sensors send readings, and others ask for them. A packet is a line of text, and so is
 * its reply; the first word of both is the packet's number.
 *
 *     17 PUT boiler 61.5 61.7      17 ok 2                                        readings of a sensor, new or known
 *     18 LABEL boiler Tank_1       18 ok
 *     19 GET boiler                19 Tank_1 61.7                                 label and last reading
 *     20 STAT boiler               20 n=940 least=58.0 most=66.1 mean=61.9        mean: of the last HISTORY
 *     21 LIST                      21 attic: Top_floor 19.5 n=88 least=...; boiler: Tank_1 61.7 n=...
 *     22 GET sauna                 22 error: no sensor sauna
 *
 * Everything that a packet needs is a block of the current request; what the server knows about sensors is persistent.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stddef.h>
#include <stdint.h>

/* How many readings of a sensor are kept. */
#define HISTORY 16

/* All pointers are persistent blocks. Readings are in tenths. */
struct sensor {
    char *name, *label;
    char *last;       /* as it was sent */
    int32_t *history; /* reading number n stands at n % HISTORY */
    uint32_t readings;
    int32_t least, most;
};

/* Answers a packet; the reply is a block of the current request, zero-terminated, and the caller's. */
char *server_answer(const char *packet, size_t length);

/* Sensor number index, in the order of their first packets; NULL: there are not that many. */
const struct sensor *server_sensor(size_t index);

/* Forgets all sensors. */
void server_stop(void);

/* Where the block is asked for that the server forgets when a reading makes no sense: what a leak report must name. */
extern const char *const server_forgets_file;
extern const unsigned server_forgets_line;

#endif
