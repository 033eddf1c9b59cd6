/* SPDX-License-Identifier: MIT
 *
 * check.h: looks at everything: quarry_walk() and quarry_check().
 *
 * Both go through every page of every chunk by the page codes. The check asserts the invariants numbered in chunk.h,
 * run.h, bin.h, source.h and heap.h. Its cost grows with the heap; it needs no memory and changes nothing.
 */
#ifndef QUARRY_CHECK_H
#define QUARRY_CHECK_H

#include "heap.h"

/* False, after a report, if the page codes make no sense. From check level 3 it looks at canaries too. */
bool qi_check_walk(const struct quarry_heap *heap, bool (*visit)(void *context, const struct quarry_block *block),
                   void *context);

/* False after a report. */
bool qi_check_heap(const struct quarry_heap *heap);

#endif
