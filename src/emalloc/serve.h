/* SPDX-License-Identifier: MIT
 *
 * serve.h: one call on a heap of emalloc.h.
 *
 * Quarry's own functions serve the call, or the functions that the heap has instead of them (struct request_calls). The
 * heap's observers are told, and with QUARRY_TRACK the place of each block is noted. The heap may be any heap. It may
 * also be NULL for a call that allocates: then there is no memory. A call that fails answers NULL here; its caller
 * decides whether it goes to quarry_out_of_memory(). A call costs some ten instructions more than the work itself.
 */
#ifndef QUARRY_SERVE_H
#define QUARRY_SERVE_H

#include "request.h"

void *qi_serve_allocate(struct quarry_heap *heap, size_t bytes, const struct place *place);

/* block may be NULL. */
void qi_serve_free(struct quarry_heap *heap, void *block, const struct place *place);

/* The same. bytes is the size that was asked for; where control data is checked, another size is reported, and nothing
 * changes. */
void qi_serve_free_sized(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place);

/* A block that moves has copy_bytes of its contents copied at most. If block is NULL, one is allocated. */
void *qi_serve_change(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes,
                      const struct place *place);

size_t qi_serve_usable(struct quarry_heap *heap, void *block);

/* Did a request for this block (NULL: for a new one) fail for want of memory? If the block is dead or was written
 * beyond, the request failed for that, and that has been reported. */
bool qi_serve_lacks_memory(const struct quarry_heap *heap, const void *block);

/* zend_mm_gc(), and the end of a request or, if full, of the heap. */
size_t qi_serve_collect(struct quarry_heap *heap);
void qi_serve_end(struct quarry_heap *heap, bool full, bool silent);

#endif
