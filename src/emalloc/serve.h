/* SPDX-License-Identifier: MIT
 *
 * serve.h: one call on a heap of emalloc.h, whoever serves it, and whoever is to be told.
 *
 * Quarry's own functions do the work, or what the heap has instead of them (struct request_calls); observers are told,
 * and with QUARRY_TRACK the place of each block is noted. heap may be any heap, and for allocating NULL: then there is
 * no memory. What fails answers NULL here; who goes to quarry_out_of_memory() is for the callers to decide. Some ten
 * instructions beside the work.
 */
#ifndef QUARRY_SERVE_H
#define QUARRY_SERVE_H

#include "request.h"

void *qi_serve_allocate(struct quarry_heap *heap, size_t bytes, const struct place *place);

/* block may be NULL. */
void qi_serve_free(struct quarry_heap *heap, void *block, const struct place *place);

/* The same; bytes is what was asked for. From check level 2 another size is reported, and nothing changes. */
void qi_serve_free_sized(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place);

/* Copies copy_bytes at most if the block moves. block NULL: allocates one. */
void *qi_serve_change(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes,
                      const struct place *place);

size_t qi_serve_usable(struct quarry_heap *heap, void *block);

/* Is a request that failed for this block (NULL: for a new one) a matter of memory? If the block is dead, or
 * was written beyond, it was not, and that has been reported. */
bool qi_serve_lacks_memory(const struct quarry_heap *heap, const void *block);

/* What zend_mm_gc() does, and the end of a request or of all. */
size_t qi_serve_collect(struct quarry_heap *heap);
void qi_serve_end(struct quarry_heap *heap, bool full, bool silent);

#endif
