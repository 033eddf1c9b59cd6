/* SPDX-License-Identifier: MIT
 *
 * cores.h: what the files of the images that run on all cores share.
 */
#ifndef TESTS_CORES_H
#define TESTS_CORES_H

#include <stdint.h>

#include "qemu/cores.h"

/* What a core noted of the locks that it got. A wait is one lock that another core had. */
struct waits {
    uint64_t locks, waits;
};

struct waits cores_waits(unsigned core);

/* One core's part. Counts what is wrong. */
void cores_work(unsigned core, unsigned cores, unsigned long operations);

/* When all cores have come here, all go on. */
void cores_meet(unsigned cores);

/* Says it, and ends the machine: the heap may be damaged. */
_Noreturn void cores_fail(const char *what);

extern struct quarry_heap *cores_heap;

#endif
