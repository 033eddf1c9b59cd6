/* SPDX-License-Identifier: MIT
 *
 * allocators.h: what an image measures: Quarry, and on 32-bit ARM the peers from the toolchain's C libraries.
 */
#ifndef BENCH_ALLOCATORS_H
#define BENCH_ALLOCATORS_H

#include "measure.h"

struct allocator {
    const char *name;
    /* Made ready on a region. Returns the heap that goes before the arguments of each call; NULL: it needs none. */
    void *(*start)(void *region, size_t bytes);
    measured_function *malloc, *free, *realloc;
};

extern const struct allocator quarry;

/* peers.c, or peers_none.c where there are none: an entry without a name ends them. */
extern const struct allocator peers[];

#endif
