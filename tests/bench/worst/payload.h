/* SPDX-License-Identifier: MIT
 *
 * payload.h: what the library's copying and clearing of payload take, so that they can be counted apart.
 *
 * Measured in place, through the public functions: so many instructions for 64 bytes, and what 0 to 63 bytes more take.
 * What stays in a call's figure is the cost of copying or clearing nothing.
 */
#ifndef WORST_PAYLOAD_H
#define WORST_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAYLOAD_STEP = 64 };

struct payload {
    uint32_t step;              /* instructions of PAYLOAD_STEP bytes */
    int32_t rest[PAYLOAD_STEP]; /* of so many bytes more; less than 0 where a loop's last part is shorter so */
};

extern struct payload payload_copy, payload_clear;

/* In a memory of at least 256 KB. False if a measurement does not fit a straight line. */
bool payload_measure(void *memory, size_t bytes);

/* What is left of instructions without copying or clearing so many bytes. */
static inline uint32_t payload_take_off(const struct payload *payload, uint32_t instructions, size_t bytes)
{
    int64_t left = (int64_t)instructions - (int64_t)(bytes / PAYLOAD_STEP * payload->step) -
                   payload->rest[bytes % PAYLOAD_STEP];
    return left > 0 ? (uint32_t)left : instructions;
}

#endif
