/* SPDX-License-Identifier: MIT
 *
 * mmap_source.h: a page provider for processes: memory of the operating system, from mmap.
 *
 *     const struct quarry_source source = quarry_mmap_source();
 *     struct quarry_heap *heap = quarry_create_from_source(&source, NULL);
 */
#ifndef QUARRY_MMAP_SOURCE_H
#define QUARRY_MMAP_SOURCE_H

#include "quarry.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A source that maps and unmaps memory, and grows and shrinks it where it lies.
 *  Returns    a source without context: any number of heaps may be made on it.
 *  Time       a few instructions; its callbacks are a system call each. */
struct quarry_source quarry_mmap_source(void);

#ifdef __cplusplus
}
#endif

#endif
