/* SPDX-License-Identifier: MIT
 *
 * emalloc.h: the hot paths of emalloc() and efree(), inline so that they meet a constant size.
 *
 * A slot of the hot heap's bin, and its way back; whatever else there is goes on in emalloc.c. With a constant size a
 * request costs no more than finding a set bit in one word, clearing it, and counting.
 */
#ifndef QUARRY_SRC_EMALLOC_H
#define QUARRY_SRC_EMALLOC_H

#include "../hot.h"
#include "serve.h"

_Static_assert(QUARRY_GRANULE_BYTES == UNITS_GRANULE_BYTES && QUARRY_SMALL_MAX_BYTES == BIN_MAX_BYTES,
               "the public header knows the bins");

/* A block of the current heap; the long way, and the short way where that is possible. */
void *qi_emalloc_slowly(size_t bytes);
void *qi_emalloc_allocate(size_t bytes);

/* A small block, when the bin's current run is full, or there is none. */
void *qi_emalloc_allocate_from_next_run(size_t bytes, unsigned bin);

/* Gives back a block of the current heap, of the bin's size as its owner says, the long way. */
void qi_efree_slowly(void *block, size_t bytes);

/* A block of a heap that is named, or NULL if the heap is one for which the user has failing calls answer NULL. Other
 * failures go to quarry_out_of_memory(), also those of no heap (NULL). */
void *qi_emalloc_allocate_from(struct quarry_heap *heap, size_t bytes, const struct place *place);
void *qi_emalloc_allocate_cleared_from(struct quarry_heap *heap, size_t bytes, const struct place *place);
void *qi_emalloc_change(struct quarry_heap *heap, void *block, size_t bytes, size_t copy_bytes,
                        const struct place *place);
char *qi_emalloc_copy_text(struct quarry_heap *heap, const char *text, size_t length, const struct place *place);

/* What could not be served: NULL if the heap's requests are fallible; otherwise it does not return. */
void *qi_emalloc_failed(struct quarry_heap *heap, size_t bytes);

/* nmemb * size + offset; SIZE_MAX, which no heap serves: it overflows. */
size_t qi_emalloc_size_of_many(size_t nmemb, size_t size, size_t offset);

/* Of a text, without its final zero. */
size_t qi_emalloc_length(const char *text);

BITS_INLINE void *emalloc_allocate(size_t bytes)
{
    if (CURRENT_HAS_HOT) {
        uintptr_t saved = lock_enter((struct quarry_heap *)NULL); /* such a lock has nothing in the heap */
        struct quarry_heap *heap = current_core()->hot;
        const size_t last = bytes - 1; /* of 0 bytes: the largest number */
        enum small_opened opened = SMALL_DAMAGED;
        unsigned bin = 0;
        void *block = NULL;
        if (bits_likely(last < BIN_MAX_BYTES)) {
            bin = bin_of_last_byte(last);
            opened = hot_allocate(heap, bytes, bin, &block);
        }
        lock_leave(heap, saved);
        if (bits_likely(opened == SMALL_OPEN))
            return block;
        if (opened == SMALL_FULL)
            return qi_emalloc_allocate_from_next_run(bytes, bin);
    }
    return qi_emalloc_slowly(bytes);
}

/* Of bin's slots. The shape's numbers come from the table, but those that the bin alone decides are constants. */
BITS_INLINE void emalloc_free(void *block, unsigned bin, size_t slot_bytes)
{
    if (CURRENT_HAS_HOT) {
        uintptr_t saved = lock_enter((struct quarry_heap *)NULL);
        struct quarry_heap *heap = current_core()->hot;
        struct hot_place place;
        const unsigned code = hot_find(heap, block, &place);
        enum small_freed freed = SMALL_WRONG;
        if (bits_likely(code >= PAGE_SMALL && bin_of_code(code) == bin))
            freed = hot_free(heap, block, &place, bin_shape_of(code), bin_slot_of_bytes(place.offset, slot_bytes),
                             slot_bytes);
        lock_leave(heap, saved);
        if (bits_likely(freed == SMALL_FREED))
            return;
    }
    qi_efree_slowly(block, slot_bytes);
}

#endif
