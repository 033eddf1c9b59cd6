/* SPDX-License-Identifier: MIT
 *
 * request.h: request heaps: heaps on a source that are emptied as a whole, and cache chunks for the next request.
 *
 * The functions of quarry.h that change a heap as a whole (reset, trim, set_limit, destroy) reach what a request heap
 * has besides through its own struct heap_growth, by which it is known as a request heap, too.
 *
 * The end of a request costs what quarry_reset() does and a few dozen instructions for each chunk; blocks do not count.
 */
#ifndef QUARRY_REQUEST_H
#define QUARRY_REQUEST_H

#include "request_source.h"

/* --- life --- */

/* A request heap of a group. */
struct quarry_heap *qi_request_create(struct chunk_group *group, const struct quarry_options *options);

/* A request heap that is a group of its own, with extra_bytes behind its struct request. */
struct quarry_heap *qi_request_create_alone(const struct quarry_source *source, size_t extra_bytes);

/* Frees every block, and begins the next request. */
void qi_request_end(struct quarry_heap *heap);

/* --- of any heap --- */

/* NULL: it is no request heap. heap may be NULL. */
struct request *qi_request_of(const struct quarry_heap *heap);

/* The same; if it is some other heap, that is reported as a misuse. */
struct request *qi_request_or_report(struct quarry_heap *heap);

/* May emalloc()'s hot paths serve from the heap as it is now? */
bool qi_request_is_hot(const struct quarry_heap *heap);

/* What is wrong with a block, as debug_find() says at level 1; 0: it is live. */
unsigned qi_request_find_wrong(const struct quarry_heap *heap, const void *block);

/* What the heap has from its source, cached chunks included. The lock is held. */
size_t qi_request_real_bytes(const struct quarry_heap *heap);
size_t qi_request_real_peak_bytes(const struct quarry_heap *heap);
void qi_request_forget_peaks(struct quarry_heap *heap);

/* False: the heap has more already. */
bool qi_request_set_limit(struct quarry_heap *heap, size_t limit_bytes);

/* --- observers --- */

/* Takes an observer out of its heap's list. */
void qi_request_unlink_observer(struct quarry_observer **link);

#endif
