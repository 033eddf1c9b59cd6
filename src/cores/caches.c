/* SPDX-License-Identifier: MIT
 *
 * caches.c: see cache.h. Moving slots between runs and caches, then what malloc and free do without the lock, then
 * what empties all caches.
 *
 * Without the lock a core looks at its own cache, at the bits of the block's granule, and at where the first chunk's
 * pages lie, which never changes: at nothing that another core may take away meanwhile.
 */
#include "free_later.h"

#if CACHE_IS_ON

static const struct chunk *first_of(const struct quarry_heap *heap)
{
    return &heap->bins.runs.chunks.first;
}

static size_t granule_of(const struct quarry_heap *heap, const void *block)
{
    return chunk_offset(first_of(heap), block) >> UNITS_GRANULE_SHIFT;
}

static bool can_be_managed(const struct quarry_heap *heap, const void *block)
{
    return chunk_offset(first_of(heap), block) >> UNITS_PAGE_SHIFT < first_of(heap)->page_count;
}

static uint8_t *bin_at(const struct quarry_heap *heap, const void *block)
{
    return &heap->cache.bins[chunk_offset(first_of(heap), block) >> UNITS_PAGE_SHIFT];
}

/* NULL: the caller's own number of its core is none. */
static struct cache_core *this_core(struct quarry_heap *heap)
{
    const unsigned index = QUARRY_CORES == 1 ? 0 : QUARRY_CORE_INDEX();
    return index < QUARRY_CORES ? &heap->cache.cores[index] : NULL;
}

/* Adds to a figure. A request and a free that the caches make of their own are none of the user's. */
static void count(size_t *figure, size_t more)
{
    if (QUARRY_STATS != 0)
        *figure += more;
}

static void uncount(size_t *figure)
{
    count(figure, (size_t)0 - 1);
}

/* --- between runs and caches, under the lock --- */

static void free_slot(struct quarry_heap *heap, void *slot)
{
    struct heap_block block;
    cache_clear_bit(heap->cache.managed, granule_of(heap, slot));
    if (qi_heap_locate(heap, slot, 1, &block) != 0)
        return; /* only if control data was damaged */
    qi_heap_free(heap, &block);
    uncount(&heap->frees);
}

/* Frees slots of a bin until the cache has no more than so many. */
static bool free_slots(struct quarry_heap *heap, struct cache_core *core, unsigned bin, unsigned most)
{
    const bool any = core->counts[bin] > most;
    while (core->counts[bin] > most)
        free_slot(heap, core->slots[bin][--core->counts[bin]]);
    return any;
}

/* A slot from a run of the first chunk, managed; NULL: there is none. *other: a slot that lies elsewhere. */
static void *allocate_managed(struct quarry_heap *heap, unsigned bin, void **other)
{
    void *slot = qi_heap_allocate_from_chunks(heap, bin_slot_bytes(bin), 1);
    *other = NULL;
    if (slot == NULL)
        return NULL;
    if (!can_be_managed(heap, slot)) {
        *other = slot;
        return NULL;
    }
    __atomic_store_n(bin_at(heap, slot), (uint8_t)bin, __ATOMIC_RELAXED);
    cache_set_bit(heap->cache.managed, granule_of(heap, slot));
    return slot;
}

/* Puts slots into a cache until it is half full. */
static void put_slots(struct quarry_heap *heap, struct cache_core *core, unsigned bin)
{
    void *slot, *other = NULL;
    while (core->counts[bin] < CACHE_BATCH && (slot = allocate_managed(heap, bin, &other)) != NULL) {
        core->slots[bin][core->counts[bin]++] = slot;
        uncount(&heap->requests);
    }
    struct heap_block block;
    if (other != NULL && qi_heap_locate(heap, other, 1, &block) == 0) {
        qi_heap_free(heap, &block);
        uncount(&heap->requests);
        uncount(&heap->frees);
    }
}

/* A block, and slots for the next ones, in one hold of the lock. */
static BITS_NOINLINE void *fill(struct quarry_heap *heap, struct cache_core *core, unsigned bin)
{
    const uintptr_t saved = lock_enter(heap);
    void *block = NULL, *other = NULL;
    if (!source_is_busy(heap_source(heap))) {
        block = allocate_managed(heap, bin, &other);
        if (block != NULL) {
            cache_set_bit(heap->cache.live, granule_of(heap, block));
            cache_wait(core);
            put_slots(heap, core, bin);
            cache_leave(core);
        }
        later_serve(heap);
    }
    lock_leave(heap, saved);
    return block != NULL ? block : other;
}

/* Makes room for a slot that is managed, not live, and in no cache yet. False: a callback of the source's runs. */
static BITS_NOINLINE bool drain(struct quarry_heap *heap, struct cache_core *core, unsigned bin, void *slot)
{
    const uintptr_t saved = lock_enter(heap);
    const bool is_free = !source_is_busy(heap_source(heap));
    if (is_free) {
        cache_wait(core);
        free_slots(heap, core, bin, QUARRY_CACHE - CACHE_BATCH);
        core->slots[bin][core->counts[bin]++] = slot;
        core->frees++;
        cache_leave(core);
        later_serve(heap);
    }
    lock_leave(heap, saved);
    return is_free;
}

/* --- without the lock --- */

void *qi_cached_allocate(struct quarry_heap *heap, size_t bytes)
{
    struct cache_core *core = this_core(heap);
    const size_t last = bytes - 1; /* of 0 bytes: the largest number */
    if (last >= BIN_MAX_BYTES || core == NULL)
        return NULL;
    const unsigned bin = bin_of_last_byte(last);
    const uintptr_t saved = arch_irq_save();
    void *block = NULL;
    if (bits_likely(cache_try(core))) {
        if (bits_likely(core->counts[bin] != 0)) {
            block = core->slots[bin][--core->counts[bin]];
            core->requests++;
            cache_set_bit(heap->cache.live, granule_of(heap, block));
        }
        cache_leave(core);
    }
    arch_irq_restore(saved);
    return block != NULL ? block : fill(heap, core, bin);
}

bool qi_cached_free(struct quarry_heap *heap, void *address)
{
    struct cache_core *core = this_core(heap);
    const size_t offset = chunk_offset(first_of(heap), address);
    if (core == NULL || (offset & (UNITS_GRANULE_BYTES - 1)) != 0 || !can_be_managed(heap, address))
        return false;
    const size_t granule = offset >> UNITS_GRANULE_SHIFT;
    const uintptr_t saved = arch_irq_save();
    unsigned bin = BIN_COUNT;
    bool is_cached = false;
    if (bits_likely(cache_try(core))) {
        if (bits_likely(cache_clear_bit(heap->cache.live, granule))) { /* so no other core can */
            bin = __atomic_load_n(bin_at(heap, address), __ATOMIC_RELAXED);
            is_cached = core->counts[bin] < QUARRY_CACHE;
        }
        if (bits_likely(is_cached)) {
            core->slots[bin][core->counts[bin]++] = address;
            core->frees++;
        }
        cache_leave(core);
    }
    arch_irq_restore(saved);
    if (is_cached || bin == BIN_COUNT)
        return is_cached;
    if (drain(heap, core, bin, address))
        return true;
    cache_set_bit(heap->cache.live, granule); /* for the heap to report the call */
    return false;
}

/* --- all caches, under the lock --- */

static bool empty(struct quarry_heap *heap, struct cache_core *core)
{
    bool any = false;
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        any |= free_slots(heap, core, bin, 0);
    count(&heap->requests, core->requests);
    count(&heap->frees, core->frees);
    core->requests = core->frees = 0;
    return any;
}

bool qi_cache_flush(struct quarry_heap *heap)
{
    bool any = false;
    for (unsigned i = 0; i < QUARRY_CORES; i++) {
        struct cache_core *core = &heap->cache.cores[i];
        cache_wait(core);
        any |= empty(heap, core);
        cache_leave(core);
    }
    return any;
}

void qi_cache_stop(struct quarry_heap *heap)
{
    for (unsigned i = 0; i < QUARRY_CORES; i++) {
        cache_wait(&heap->cache.cores[i]);
        empty(heap, &heap->cache.cores[i]);
    }
}

void qi_cache_begin(struct quarry_heap *heap)
{
    struct cache *cache = &heap->cache;
    uint8_t *start = (uint8_t *)cache->managed;
    qi_bytes_clear(start, (size_t)((uint8_t *)cache->bins - start));
    for (unsigned i = 0; i < QUARRY_CORES; i++)
        cache_leave(&cache->cores[i]);
}

#endif
