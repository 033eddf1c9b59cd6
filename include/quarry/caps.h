/* SPDX-License-Identifier: MIT
 *
 * caps.h: several memories behind one call. Each memory is a heap with capabilities: bits whose meaning is the user's
 * (fast, reachable by DMA, external, retained in sleep, executable), and a preference. A request names the bits that it
 * needs, and is served by the first memory that has them all and has room.
 *
 *     enum { FAST = 1, DMA = 2, EXTERNAL = 4 };
 *
 *     static unsigned char tightly_coupled[64 * 1024], sram[128 * 1024];
 *     static struct quarry_caps_memory fast = {.start = tightly_coupled, .bytes = sizeof tightly_coupled,
 *                                              .bits = FAST};
 *     static struct quarry_caps_memory dma = {.start = sram, .bytes = sizeof sram, .bits = DMA, .preference = 1,
 *                                             .align_bytes = 32, .multiple_bytes = 32};
 *     static struct quarry_caps caps;
 *
 *     fast.heap = quarry_create(fast.start, fast.bytes, NULL);
 *     dma.heap = quarry_create(dma.start, dma.bytes, NULL);
 *     quarry_caps_add(&caps, &fast);
 *     quarry_caps_add(&caps, &dma);
 *     packet = quarry_caps_malloc(&caps, DMA, 1500);                               // from sram, whole cache lines
 *     stack = quarry_caps_malloc(&caps, QUARRY_CAPS_PREFER(FAST), 2048);           // if not there, then anywhere
 *     quarry_caps_free(&caps, packet);
 *
 * A request falls back in this order: first the memories that have all needed and all preferred bits, then those that
 * have all needed bits; among these the highest preference first, and among equals the one that was added first.
 *
 * What holds for every function here:
 *   Units     as in quarry.h. Capabilities are bits 0 to 15 of a request; QUARRY_CAPS_PREFER() puts bits into its upper
 *             half.
 *   Failure   NULL, and the old block untouched. Each heap that is asked and refuses counts a failure and asks its own
 *             on_oom hook, before the next memory is asked.
 *   Misuse    a pointer that lies in no memory of the set: to on_misuse of the set, with heap NULL, or to
 *             quarry_panic(); any other wrong pointer as its heap reports it. Nothing changes.
 *   Time      a block's memory is found by its address, by at most 5 comparisons of windows, and only that memory's
 *             heap is asked. A request asks each memory once at most.
 *   Context   as quarry.h says of calls on the heaps, each under its own lock. The set itself only changes in
 *             quarry_caps_add(), so that no other lock is needed.
 *   State     all of it in the set and the memories, which are the user's.
 * The heaps stay heaps of the user's: any function of quarry.h may be called on them, and blocks that came from them
 * directly may be freed through the set.
 */
#ifndef QUARRY_CAPS_H
#define QUARRY_CAPS_H

#include "quarry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most memories of a set. */
#define QUARRY_CAPS_MEMORIES 16

/* A part of a request: bits that a memory should have. One without them serves the request if no other can. */
#define QUARRY_CAPS_PREFER(bits) ((uint32_t)(bits) << 16)

/* One memory, the user's: it must live as long as the set, and stay as it was when it was added. */
struct quarry_caps_memory {
    struct quarry_heap *heap;
    /* The window of addresses in which the heap and all that it hands out lies: a region, or the range from which the
     * heap's source takes its memory. A block that lies outside is freed at once, and the memory counts as full. */
    void *start;
    size_t bytes;
    uint32_t bits;  /* what it can do: bits 0 to 15, of the user's own meaning */
    int preference; /* of several memories that could serve a request the highest is asked first */
    /* Each block starts at a multiple of align_bytes, and its length is a multiple of multiple_bytes, so that a DMA
     * buffer shares no cache line with a neighbour or with the heap. Powers of two; 0: as the heap has it. */
    size_t align_bytes;
    size_t multiple_bytes;
};

/* A set of memories, the user's. It begins with all of it zero, but for the hook where one is wanted. */
struct quarry_caps {
    void *context;                                                        /* handed to the hook */
    void (*on_misuse)(void *context, const struct quarry_misuse *misuse); /* NULL: quarry_panic() */
    /* The library's: how many memories there are, the highest preference first, and in order of their addresses. */
    unsigned count;
    const struct quarry_caps_memory *by_preference[QUARRY_CAPS_MEMORIES];
    const struct quarry_caps_memory *by_address[QUARRY_CAPS_MEMORIES];
};

/** Add a memory to a set.
 *  Returns    true; or false, the set unchanged, iff the set has QUARRY_CAPS_MEMORIES already, heap is NULL or does not
 *             lie in the window, the window is empty, wraps round the address space or overlaps that of another memory,
 *             bits has more than bits 0 to 15, or align_bytes or multiple_bytes is neither 0 nor a power of two.
 *  Units      bytes; the window may start and end anywhere, and end with the last byte of the address space.
 *  Owner      memory stays the caller's. The set refers to it until the set is no longer used.
 *  Time       a few instructions for each memory of the set.
 *  Context    thread; no other call may run on the set.
 *  Misuse     none is detected.
 *  Contents   nothing in the window is read or written. */
bool quarry_caps_add(struct quarry_caps *caps, const struct quarry_caps_memory *memory);

/** Return at least bytes of uninitialised memory with the capabilities that a request names.
 *  Returns    as quarry_malloc() on the first memory that serves the request, aligned to its align_bytes too; NULL iff
 *             no memory has all the needed bits, or all that do refuse.
 *             bytes 0: the smallest block of that memory, at least multiple_bytes.
 *  Units      bytes; request: needed bits, and QUARRY_CAPS_PREFER(bits). 0: any memory.
 *  Owner      caller, until quarry_caps_free() or quarry_caps_realloc(), or a call of quarry.h that ends it.
 *  Time       as quarry_aligned_alloc() on each memory that is asked.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_malloc(); then the next memory is asked.
 *  Contents   undefined. */
void *quarry_caps_malloc(struct quarry_caps *caps, uint32_t request, size_t bytes);

/** Return memory for count objects of bytes each, all zero, with the capabilities that a request names.
 *  Returns    as quarry_caps_malloc(caps, request, count * bytes); NULL too if the product overflows.
 *  Units      as quarry_caps_malloc().
 *  Owner      as quarry_caps_malloc().
 *  Time       as quarry_caps_malloc(), and the clearing, without a lock.
 *  Context    as quarry_caps_malloc().
 *  Misuse     as quarry_caps_malloc().
 *  Contents   zero over count * bytes. */
void *quarry_caps_calloc(struct quarry_caps *caps, uint32_t request, size_t count, size_t bytes);

/** Return at least bytes of uninitialised memory at a multiple of align_bytes, with the capabilities that a request
 *  names.
 *  Returns    as quarry_caps_malloc(), aligned to align_bytes and to the memory's own; NULL too if align_bytes is 0 or
 *             no power of two, or above what a chunk of each memory can hold.
 *  Units      as quarry_caps_malloc().
 *  Owner      as quarry_caps_malloc().
 *  Time       as quarry_caps_malloc().
 *  Context    as quarry_caps_malloc().
 *  Misuse     as quarry_caps_malloc().
 *  Contents   undefined. */
void *quarry_caps_aligned_alloc(struct quarry_caps *caps, uint32_t request, size_t align_bytes, size_t bytes);

/** Change a block's size. It stays in its memory if that has the needed bits and room; otherwise another memory, in a
 *  request's order, gets it. That it could lie in a memory with preferred bits is no reason to copy it.
 *  Returns    the block, perhaps elsewhere, or NULL with the old block untouched. block NULL: quarry_caps_malloc().
 *             bytes 0: the smallest block, never frees. Shrinking fails only where the block's memory lacks a needed
 *             bit, and no memory that has all of them has room.
 *  Units      as quarry_caps_malloc().
 *  Owner      caller; the old pointer is dead unless NULL is returned.
 *  Time       as quarry_realloc() on the block's memory; then as quarry_caps_malloc(), the copying and quarry_free().
 *  Context    as quarry_caps_malloc(). No lock is held while the contents are copied; both blocks are live then.
 *  Misuse     a pointer that is no live block of any memory: NULL. If the block is freed while it is copied, its
 *             heap reports that, and the copy is the answer.
 *  Contents   those of the old block up to the smaller of both sizes; undefined beyond. */
void *quarry_caps_realloc(struct quarry_caps *caps, uint32_t request, void *block, size_t bytes);

/** Free a block, whichever memory it lies in. NULL: nothing happens.
 *  Returns    nothing.
 *  Units      none.
 *  Owner      the heap of that memory.
 *  Time       at most 5 comparisons of windows, and as quarry_free(). The number of memories does not matter.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_INVALID_POINTER to the set's hook if it lies in no memory of the set; otherwise as quarry_free().
 *  Contents   the heap's. */
void quarry_caps_free(struct quarry_caps *caps, void *block);

/** Fill in the figures of all memories together that have all of these bits.
 *  Returns    sums; of smallest_free_bytes the smallest, of largest_free_bytes the largest: a request for these bits
 *             and of that size is served, without the source. The sums of acquired_peak_bytes and of used_peak_bytes
 *             may be above the true peak of all memories together. limit_bytes is 0 if one of the memories has no
 *             limit. A request that fell back is in failures once for each memory that refused it. No memory: all
 *             zero.
 *  Units      bytes; bits 0 to 15. 0: all memories.
 *  Owner      stats is the caller's.
 *  Time       as quarry_get_stats() on each of these memories.
 *  Context    thread; ISR with an IRQ or SMP lock. Each heap's figures are read under its own lock, one after another.
 *  Misuse     none.
 *  Contents   of blocks: untouched. */
void quarry_caps_get_stats(const struct quarry_caps *caps, uint32_t bits, struct quarry_stats *stats);

/** Which memory does a live block lie in? Any value may be asked; nothing that it points to is read.
 *  Returns    the memory, as it was added; NULL for what is no live block of any.
 *  Units      none.
 *  Owner      nothing changes hands.
 *  Time       at most 5 comparisons of windows, and as quarry_owns().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     none is reported.
 *  Contents   untouched. */
const struct quarry_caps_memory *quarry_caps_owner(const struct quarry_caps *caps, const void *block);

#ifdef __cplusplus
}
#endif

#endif
