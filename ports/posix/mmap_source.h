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
 *  Returns    a source without context: any number of heaps, on any threads, may be made on it.
 *  Units      none: bytes and alignments are the heap's to ask for.
 *  Owner      the source is the caller's; memory that the system would not unmap stays with the port, which tries
 *             again at each later release, and uses it where the system has no more.
 *  Errors     the callbacks leave errno as it is, but for an acquire that fails, after which it is ENOMEM.
 *  Time       a few instructions; its callbacks are a system call each, a release one more for each piece of memory
 *             that could not be unmapped before.
 *  Context    thread; not from a signal handler.
 *  Misuse     none is detected. */
struct quarry_source quarry_mmap_source(void);

#ifdef __cplusplus
}
#endif

#endif
