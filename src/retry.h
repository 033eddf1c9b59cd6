/* SPDX-License-Identifier: MIT
 *
 * retry.h: one attempt at a request, and on_oom: for the layers above quarry.c that try a request again themselves.
 *
 * Such a layer changes a block in several steps. on_oom may free that very block, so the layer finds the block again
 * after each time that on_oom was asked. quarry.c has the functions. Each costs what quarry_malloc() does, or what the
 * hook does.
 */
#ifndef QUARRY_RETRY_H
#define QUARRY_RETRY_H

#include "heap.h"

/* quarry_malloc(), but on_oom is not asked, and a refused request is not counted. */
void *qi_retry_malloc(struct quarry_heap *heap, size_t bytes);

/* Asks on_oom, outside the lock, whether a request of bytes is to be tried again. False: the request is refused, which
 * is counted. A request that no heap can serve is refused without asking. */
bool qi_retry_ask(struct quarry_heap *heap, size_t bytes);

#endif
