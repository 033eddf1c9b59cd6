/* SPDX-License-Identifier: MIT
 *
 * cache.c: see cache.h. What the bits say of an address.
 */
#include "cache.h"

#if CACHE_IS_ON

/* The granule at an address of the first chunk's pages; false: none begins there. Where the pages lie never changes. */
static bool find_granule(const struct chunk *first, const void *address, size_t *granule)
{
    const size_t offset = chunk_offset(first, address);
    *granule = offset >> UNITS_GRANULE_SHIFT;
    return (offset & (UNITS_GRANULE_BYTES - 1)) == 0 && offset >> UNITS_PAGE_SHIFT < first->page_count;
}

uint8_t *qi_cache_place(struct cache *cache, uint8_t *control, size_t bytes)
{
    const size_t words = CACHE_WORDS(bytes), bins = (bytes >> UNITS_PAGE_SHIFT) + 1;
    cache->managed = (uintptr_t *)(void *)control;
    cache->live = cache->managed + words;
    cache->bins = (uint8_t *)(cache->live + words);
    return (uint8_t *)bits_round_up((uintptr_t)cache->bins + bins, sizeof(uintptr_t));
}

bool qi_cache_manages(const struct cache *cache, const struct chunk *first, const void *address)
{
    size_t granule;
    return find_granule(first, address, &granule) && cache_bit(cache->managed, granule);
}

bool qi_cache_has(const struct cache *cache, const struct chunk *first, const void *address)
{
    size_t granule;
    return find_granule(first, address, &granule) && cache_bit(cache->managed, granule) &&
           !cache_bit(cache->live, granule);
}

bool qi_cache_let_go(struct cache *cache, const struct chunk_set *chunks, const void *address)
{
    size_t granule;
    if (!find_granule(&chunks->first, address, &granule) || !cache_bit(cache->managed, granule))
        return true;
    if (cache_clear_bit(cache->live, granule)) {
        cache_clear_bit(cache->managed, granule);
        return true;
    }
    qi_report(&chunks->source.reporter, QUARRY_DOUBLE_FREE, address, 0);
    return false;
}

#endif
