/* SPDX-License-Identifier: MIT
 *
 * cache.h: what each core caches, and how the judge of pointers knows of it.
 *
 * A core has a cache of up to QUARRY_CACHE slots for each bin. They come from runs of the heap's first chunk, several
 * at a time, under the heap's lock. For their runs such slots are allocated, but they are managed: they belong to the
 * caches until they go back. Two bits for each granule say what a slot is. One instruction changes them, or the CPU's
 * own pair of a linked load and a store, so of two cores that free one block one wins.
 *
 *   state of a slot                         in its run's map    managed    live
 *   free in its run                         free                0          0
 *   a block that was allocated elsewhere    allocated           0          0
 *   a block from a cache                    allocated           1          1       malloc sets live, without the lock
 *   cached, or on its way from or to one    allocated           1          0       free clears live, without the lock
 *
 * managed is changed under the lock only. A cached slot is a free one for every judge: what a run's map says is
 * allocated is a live block unless it is managed and not live.
 *
 * A core's cache has a word that says that it is busy: the core is at work, with interrupts masked, or a call that
 * empties all caches under the heap's lock. A core that finds its cache busy takes the lock; a call that has the lock
 * waits, for a few instructions. So threads may share a core's cache too.
 *
 *   control data      +-------+------------------+-----------------+---------------+-------+--
 *   of the first      | heads | managed          | live            | bins          | codes | ...
 *   chunk:            +-------+------------------+-----------------+---------------+-------+--
 *                               a bit a granule    a bit a granule   a byte a page: the bin of its managed slots
 */
#ifndef QUARRY_CACHE_H
#define QUARRY_CACHE_H

#include "../bin.h"
#include "../bytes.h"
#include "waiting.h"

/* What a heap has of this folder, and how many bytes that is. */
#define CORES_BYTES (CACHE_BYTES + LATER_BYTES)
#define CORES_FIELDS                                                                                                   \
    CACHE_FIELD                                                                                                        \
    LATER_FIELD

#define CACHE_IS_ON (QUARRY_CACHE != 0 && QUARRY_CHECK_LEVEL < 2 && QUARRY_MARK == QUARRY_MARK_NONE)

#if !CACHE_IS_ON

#define CACHE_FIELD
#define CACHE_BYTES                       0
#define CACHE_LEAST_BYTES                 0
#define cache_place(heap, control, bytes) ((void)(heap), (void)(bytes), (control))
#define cache_has(heap, address)          false
#define cache_manages(heap, address)      false
#define cache_let_go(heap, address)       true
#define cache_flush(heap)                 ((void)(heap), false)
#define cache_stop(heap)                  ((void)(heap))
#define cache_begin(heap)                 ((void)(heap))
#define cached_allocate(heap, bytes)      ((void)(heap), (void)(bytes), (void *)NULL)
#define cached_free(heap, address)        ((void)(heap), (void)(address), false)

#else

_Static_assert(ARCH_HAS_ATOMICS, "QUARRY_CACHE needs atomic instructions, which this CPU does not have");

#define CACHE_FIELD        struct cache cache;
#define CACHE_BYTES        sizeof(struct cache) /* in a heap */

/* How many slots go from runs to a cache at a time, or back: half of what it holds. */
enum { CACHE_BATCH = QUARRY_CACHE / 2 };

struct cache_core {
    uintptr_t busy;
    size_t requests, frees; /* that the cache served, and that the heap has not counted yet */
    unsigned counts[BIN_COUNT];
    void *slots[BIN_COUNT][QUARRY_CACHE];
};

struct cache {
    uintptr_t *managed, *live;
    uint8_t *bins;
    struct cache_core cores[QUARRY_CORES];
};

/* The words of a bit for each granule of so many bytes. */
#define CACHE_WORDS(bytes) (((bytes) >> UNITS_GRANULE_SHIFT) / BITS_WORD + 1)

/* More than the control data above takes in the smallest region: 3 of 64 of it, at most, and a few words. */
#define CACHE_LEAST_BYTES  (sizeof(struct cache) / 16 + 256)

/* --- bits of granules --- */

BITS_INLINE bool cache_bit(const uintptr_t *bits, size_t granule)
{
    return (__atomic_load_n(&bits[granule / BITS_WORD], __ATOMIC_ACQUIRE) >> granule % BITS_WORD & 1) != 0;
}

BITS_INLINE void cache_set_bit(uintptr_t *bits, size_t granule)
{
    __atomic_fetch_or(&bits[granule / BITS_WORD], (uintptr_t)1 << granule % BITS_WORD, __ATOMIC_ACQ_REL);
}

/* What it was. */
BITS_INLINE bool cache_clear_bit(uintptr_t *bits, size_t granule)
{
    const uintptr_t bit = (uintptr_t)1 << granule % BITS_WORD;
    return (__atomic_fetch_and(&bits[granule / BITS_WORD], ~bit, __ATOMIC_ACQ_REL) & bit) != 0;
}

/* --- a core's cache --- */

BITS_INLINE bool cache_try(struct cache_core *core)
{
    return __atomic_exchange_n(&core->busy, 1, __ATOMIC_ACQUIRE) == 0;
}

BITS_INLINE void cache_wait(struct cache_core *core)
{
    while (!cache_try(core))
        arch_spin_pause();
}

BITS_INLINE void cache_leave(struct cache_core *core)
{
    __atomic_store_n(&core->busy, 0, __ATOMIC_RELEASE);
}

/* --- what the layers of the core ask --- */

/* Puts the bits into control data from control on, for a first chunk of so many bytes; the end of them. */
uint8_t *qi_cache_place(struct cache *cache, uint8_t *control, size_t bytes);

/* Is the slot at an address cached? Does it belong to the caches, cached or not? Any address may be asked. */
bool qi_cache_has(const struct cache *cache, const struct chunk *first, const void *address);
bool qi_cache_manages(const struct cache *cache, const struct chunk *first, const void *address);

/* A block is about to be freed under the lock: it belongs to the caches no longer. False: another core has freed it,
 * which is reported. */
bool qi_cache_let_go(struct cache *cache, const struct chunk_set *chunks, const void *address);

#define cache_place(heap, control, bytes) qi_cache_place(&(heap)->cache, control, bytes)
#define cache_has(heap, address)          qi_cache_has(&(heap)->cache, &(heap)->bins.runs.chunks.first, address)
#define cache_manages(heap, address)      qi_cache_manages(&(heap)->cache, &(heap)->bins.runs.chunks.first, address)
#define cache_let_go(heap, address)       qi_cache_let_go(&(heap)->cache, heap_chunks(heap), address)

/* --- caches.c --- */

/* A block of so many bytes, or 0, from the calling core's cache, which is filled if it is empty. NULL: none there. */
void *qi_cached_allocate(struct quarry_heap *heap, size_t bytes);

/* Frees a block that belongs to the caches, without the lock if there is room for it. False: nothing was done, and the
 * caller frees the block by the heap, which reports what is wrong. */
bool qi_cached_free(struct quarry_heap *heap, void *address);

/* Under the lock: all slots go back to their runs, and what the caches served is counted. False: there was none. */
bool qi_cache_flush(struct quarry_heap *heap);

/* The same, and no cache serves until qi_cache_begin(), which makes them empty in a heap without a block. */
void qi_cache_stop(struct quarry_heap *heap);
void qi_cache_begin(struct quarry_heap *heap);

#define cached_allocate qi_cached_allocate
#define cached_free     qi_cached_free
#define cache_flush     qi_cache_flush
#define cache_stop      qi_cache_stop
#define cache_begin     qi_cache_begin

#endif

#endif
