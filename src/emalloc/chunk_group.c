/* SPDX-License-Identifier: MIT
 *
 * chunk_group.c: see chunk_group.h. The lock and the list of caches, then cached chunks, then the source.
 */
#include "chunk_group.h"

#include "../bytes.h"
#include "../debug/debug.h"

/* --- the group's lock --- */

static uintptr_t enter(const struct chunk_group *group)
{
    return group->heap != NULL ? lock_enter(group->heap) : 0;
}

static void leave(const struct chunk_group *group, uintptr_t saved)
{
    if (group->heap != NULL)
        lock_leave(group->heap, saved);
}

/* --- its heaps --- */

void qi_group_add(struct chunk_group *group, struct chunk_cache *cache, struct quarry_heap *heap)
{
    cache->first = NULL;
    cache->chunks = 0;
    cache->heap = heap;
    uintptr_t saved = enter(group);
    cache->next = group->caches;
    group->caches = cache;
    leave(group, saved);
}

void qi_group_remove(struct chunk_group *group, struct chunk_cache *cache)
{
    uintptr_t saved = enter(group);
    struct chunk_cache **link = &group->caches;
    while (*link != NULL && *link != cache)
        link = &(*link)->next;
    if (*link != NULL)
        *link = cache->next;
    leave(group, saved);
}

/* --- cached chunks --- */

size_t qi_group_cached_chunks(const struct chunk_group *group, const struct chunk_cache *cache)
{
    uintptr_t saved = enter(group);
    size_t chunks = cache->chunks;
    leave(group, saved);
    return chunks;
}

bool qi_group_cache(struct chunk_group *group, struct chunk_cache *cache, void *chunk, size_t bytes, size_t at_most)
{
    struct cached_chunk *cached = chunk;
    uintptr_t saved = enter(group);
    bool has_room = cache->chunks < at_most;
    if (has_room) {
        cached->next = cache->first;
        cached->bytes = bytes;
        cache->first = cached;
        cache->chunks++;
    }
    leave(group, saved);
    return has_room;
}

/* The group's lock is held. */
static struct cached_chunk *remove_first(struct chunk_cache *cache)
{
    struct cached_chunk *chunk = cache->first;
    if (chunk != NULL) {
        cache->first = chunk->next;
        cache->chunks--;
    }
    return chunk;
}

void *qi_group_reuse_cached(struct chunk_group *group, struct chunk_cache *cache)
{
    uintptr_t saved = enter(group);
    struct cached_chunk *chunk = remove_first(cache);
    leave(group, saved);
    return chunk;
}

struct cached_chunk *qi_group_reuse_any_cached(struct chunk_group *group)
{
    struct cached_chunk *chunk = NULL;
    uintptr_t saved = enter(group);
    for (struct chunk_cache *cache = group->caches; cache != NULL && chunk == NULL; cache = cache->next)
        chunk = remove_first(cache);
    leave(group, saved);
    return chunk;
}

/* --- the source --- */

/* Empty chunks of the heap that has the group's lock go back to the source, which is its source too. Not while a
 * callback of that heap runs, which called a heap of the group. */
static bool trim_heap(struct chunk_group *group)
{
    if (!group->trims_heap)
        return false;
    size_t bytes = 0;
    uintptr_t saved = enter(group);
    if (!source_is_busy(heap_source(group->heap))) {
        debug_flush(group->heap);
        bytes = qi_heap_trim(group->heap);
    }
    leave(group, saved);
    return bytes != 0;
}

/* Releases something that is in no use. False: there is no such memory. */
static bool release_unused(struct chunk_group *group)
{
    struct cached_chunk *chunk = qi_group_reuse_any_cached(group);
    if (chunk == NULL)
        return trim_heap(group);
    group->source.release(group->source.context, chunk, chunk->bytes);
    return true;
}

static bool overlap(uintptr_t one, size_t one_bytes, uintptr_t other, size_t other_bytes)
{
    return one - other < other_bytes || other - one < one_bytes;
}

static bool meets_cached(const struct chunk_group *group, const void *memory, size_t bytes)
{
    for (const struct chunk_cache *cache = group->caches; cache != NULL; cache = cache->next) {
        for (const struct cached_chunk *chunk = cache->first; chunk != NULL; chunk = chunk->next) {
            if (overlap((uintptr_t)memory, bytes, (uintptr_t)chunk, chunk->bytes))
                return true;
        }
    }
    return false;
}

bool qi_group_has_cached_in(const struct chunk_group *group, const void *memory, size_t bytes)
{
    uintptr_t saved = enter(group);
    bool meets = meets_cached(group, memory, bytes);
    leave(group, saved);
    return meets;
}

void *qi_group_acquire(struct chunk_group *group, size_t bytes, size_t align_bytes)
{
    void *memory;
    do
        memory = group->source.acquire(group->source.context, bytes, align_bytes);
    while (memory == NULL && release_unused(group));
    return memory;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct chunk_group *group = context;
    void *memory = qi_group_acquire(group, bytes, align_bytes);
    if (memory == NULL || caller_valid(!qi_group_has_cached_in(group, memory, bytes)))
        return memory;
    qi_report_damage(&heap_source(group->heap)->reporter, memory);
    return NULL;
}

static void release(void *context, void *memory, size_t bytes)
{
    const struct quarry_source *source = &((struct chunk_group *)context)->source;
    source->release(source->context, memory, bytes);
}

void qi_group_get_source(struct chunk_group *group, struct quarry_source *source)
{
    qi_bytes_copy(source, &group->source, sizeof *source);
    source->context = group;
    source->acquire = acquire;
    source->release = group->source.release != NULL ? release : NULL;
    source->extend = NULL;
    source->truncate = NULL;
}
