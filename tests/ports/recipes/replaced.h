/* SPDX-License-Identifier: MIT
 *
 * replaced.h: the figures of the malloc that replaced.c puts in the C library's place.
 */
#ifndef QUARRY_TEST_REPLACED_H
#define QUARRY_TEST_REPLACED_H

#include "quarry.h"

struct quarry_heap *replaced_heap(void);
unsigned replaced_requests(void);
/* Requests refused though there was room, and blocks of another allocator. */
unsigned replaced_faults(void);

#endif
