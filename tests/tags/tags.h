/* SPDX-License-Identifier: MIT
 *
 * tags.h: accesses that must be refused, or must not, on a machine with memory tags. Each file of this folder is one
 * way to go wrong, and the valid use beside it.
 */
#ifndef QUARRY_TESTS_TAGS_H
#define QUARRY_TESTS_TAGS_H

#include "aarch64/qemu/mte.h"
#include "test_source.h"

#define TAGS_REGION_BYTES ((size_t)65536)

/* The three kinds of blocks, on a heap on a source. */
enum { TAGS_KINDS = 3 };
size_t tags_bytes_of_kind(unsigned kind);

/* A heap on a source. NULL: the test has been marked. The source lies in static memory. */
struct quarry_heap *tags_heap_on_source(void);

/* Reads, and writes, the byte there: is one of them refused, and if so at this address, and is the other too? */
bool is_refused(const void *at);

uintptr_t tag_of(const void *pointer);

#endif
