/* SPDX-License-Identifier: MIT
 *
 * manager.c: the life of heaps: start_memory_manager() and shutdown, zend_mm_startup() and its kin, storages.
 */
#include "manager.h"

#include "../bytes.h"

struct quarry_heap *qi_manager_persistent;

static struct chunk_group manager_group;      /* request heaps */
static struct quarry_options manager_options; /* their options */

/* --- starting --- */

/* What a request heap's chunk should have at least: the heap itself lies in the first one. */
#define REQUEST_CHUNK_USEFUL_BYTES (sizeof(void *) == 8 ? (size_t)16384 : (size_t)4096)

/* The chunks of request heaps on a region have a sixteenth of it, but no less than is useful, and no more than the
 * default. */
static size_t chunk_bytes_for_region(size_t region_bytes)
{
    size_t bytes = REQUEST_CHUNK_USEFUL_BYTES < QUARRY_CHUNK_BYTES ? REQUEST_CHUNK_USEFUL_BYTES : QUARRY_CHUNK_BYTES;
    while (bytes < QUARRY_CHUNK_BYTES && bytes * 2 <= region_bytes / 16)
        bytes *= 2;
    return bytes;
}

/* Releases a cached chunk to the source. The persistent heap's lock is held and its hot paths are closed meanwhile,
 * as if that heap called the source. */
static void release_to_shared_source(struct quarry_heap *heap, struct cached_chunk *chunk)
{
    const struct quarry_source *source = &manager_group.source;
    struct hot_limits open;
    uintptr_t saved = lock_enter(heap);
    qi_source_close_hot(heap_source(heap), &open);
    source->release(source->context, chunk, chunk->bytes);
    qi_source_open_hot(heap_source(heap), &open);
    lock_leave(heap, saved);
}

/* The persistent heap is out of memory: a chunk that some request heap has cached makes room. */
static bool release_cached_chunk(void *context, struct quarry_heap *heap, size_t bytes)
{
    (void)context, (void)bytes;
    struct cached_chunk *chunk = qi_group_reuse_any_cached(&manager_group);
    if (chunk == NULL)
        return false;
    if (manager_group.trims_heap)
        release_to_shared_source(heap, chunk);
    else
        manager_group.source.release(manager_group.source.context, chunk, chunk->bytes);
    return true;
}

/* The persistent heap has no limit, since the limit is for requests. Nor has it the user's on_oom: that would be
 * asked during a call of a request heap that wants a chunk, and during that call no block of the request heap can be
 * freed. */
static struct quarry_heap *create_persistent(const struct quarry_memory *memory)
{
    struct quarry_options options;
    qi_bytes_copy(&options, &memory->options, sizeof options);
    options.limit_bytes = 0;
    options.on_oom = release_cached_chunk;
    return memory->source != NULL ? quarry_create_from_source(memory->source, &options)
                                  : quarry_create(memory->region, memory->region_bytes, &options);
}

/* Where request heaps have their chunks from: the persistent heap's source, or that heap itself. */
static void form_group(const struct quarry_memory *memory, struct quarry_heap *persistent)
{
    qi_bytes_clear(&manager_group, sizeof manager_group);
    manager_group.heap = persistent;
    manager_group.trims_heap = memory->source != NULL;
    if (memory->source != NULL) {
        qi_bytes_copy(&manager_group.source, memory->source, sizeof manager_group.source);
    } else {
        const struct quarry_source source = quarry_source_from_heap(persistent);
        qi_bytes_copy(&manager_group.source, &source, sizeof source);
    }
}

bool start_memory_manager(const struct quarry_memory *memory)
{
    if (memory == NULL || qi_manager_persistent != NULL)
        return false;
    struct quarry_heap *persistent = create_persistent(memory);
    if (persistent == NULL)
        return false;
    form_group(memory, persistent);
    qi_bytes_copy(&manager_options, &memory->options, sizeof manager_options);
    if (memory->source == NULL && manager_options.chunk_bytes == 0)
        manager_options.chunk_bytes = chunk_bytes_for_region(memory->region_bytes);
    qi_manager_persistent = persistent;
    struct quarry_heap *heap = zend_mm_startup();
    if (heap == NULL) {
        qi_manager_persistent = NULL;
        quarry_destroy(persistent);
        return false;
    }
    zend_mm_set_heap(heap);
    return true;
}

QUARRY_PLAIN_NAME(start_memory_manager)

zend_mm_heap *zend_mm_startup(void)
{
    return qi_manager_persistent == NULL ? NULL : qi_request_create(&manager_group, &manager_options);
}

QUARRY_PLAIN_NAME(zend_mm_startup)

/* --- ending --- */

void zend_mm_shutdown(zend_mm_heap *heap, bool full_shutdown, bool silent)
{
    if (heap != NULL && heap != qi_manager_persistent)
        qi_serve_end(heap, full_shutdown, silent);
}

/* A heap of the manager of which a callback of its source is running, so that it cannot end now; or NULL. */
static struct quarry_heap *busy_heap(struct quarry_heap *current)
{
    if (current != NULL && source_is_busy(heap_source(current)))
        return current;
    for (const struct chunk_cache *cache = manager_group.caches; cache != NULL; cache = cache->next) {
        if (source_is_busy(heap_source(cache->heap)))
            return cache->heap;
    }
    struct quarry_heap *persistent = qi_manager_persistent;
    return persistent != NULL && source_is_busy(heap_source(persistent)) ? persistent : NULL;
}

/* Ends the current heap, the other request heaps, which lie in the same memory, and the persistent heap. */
static void end_all(bool silent)
{
    struct quarry_heap *heap = current_heap(), *busy = busy_heap(heap);
    if (busy != NULL) {
        quarry_reset(busy); /* which reports it */
        return;
    }
    zend_mm_shutdown(heap, true, silent);
    struct quarry_heap *persistent = qi_manager_persistent;
    if (persistent == NULL)
        return;
    for (struct chunk_cache *cache; (cache = manager_group.caches) != NULL;) {
        zend_mm_shutdown(cache->heap, true, silent);
        qi_group_remove(&manager_group, cache); /* a damaged heap is not ended, and must leave the list */
    }
    qi_manager_persistent = NULL;
    qi_current_forget(persistent);
    quarry_destroy(persistent);
}

void shutdown_memory_manager(bool silent, bool full_shutdown)
{
    if (full_shutdown)
        end_all(silent);
    else
        zend_mm_shutdown(current_heap(), false, silent);
}

/* --- storages --- */

static void *storage_acquire(void *context, size_t bytes, size_t align_bytes)
{
    zend_mm_storage *storage = context;
    (void)align_bytes; /* less than what the original promises its handlers */
    return storage->handlers.chunk_alloc(storage, bytes, ZEND_MM_CHUNK_SIZE);
}

static void storage_release(void *context, void *memory, size_t bytes)
{
    zend_mm_storage *storage = context;
    storage->handlers.chunk_free(storage, memory, bytes);
}

static bool storage_extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    zend_mm_storage *storage = context;
    return storage->handlers.chunk_extend(storage, memory, old_bytes, bytes);
}

static bool storage_truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    zend_mm_storage *storage = context;
    return storage->handlers.chunk_truncate(storage, memory, old_bytes, bytes);
}

/* Where the data's copy lies: behind the heap's struct request, aligned as blocks are. */
static void *data_of(struct request *request)
{
    return (void *)bits_round_up((uintptr_t)(request + 1), QUARRY_ALIGN_BYTES);
}

zend_mm_heap *zend_mm_startup_ex(const zend_mm_handlers *handlers, void *data, size_t data_size)
{
    struct request asking; /* the heap's is not there yet */
    struct quarry_source source;
    qi_bytes_clear(&source, sizeof source);
    if (handlers == NULL || handlers->chunk_alloc == NULL || data_size > QUARRY_CHUNK_BYTES)
        return NULL;
    if (data == NULL)
        data_size = 0;
    qi_bytes_copy(&asking.given.handlers, handlers, sizeof *handlers);
    asking.given.data = data;
    source.context = &asking.storage;
    source.acquire = storage_acquire;
    source.release = handlers->chunk_free != NULL ? storage_release : NULL;
    source.extend = handlers->chunk_extend != NULL ? storage_extend : NULL;
    source.truncate = handlers->chunk_truncate != NULL ? storage_truncate : NULL;
    struct quarry_heap *heap = qi_request_create_alone(&source, QUARRY_ALIGN_BYTES + data_size);
    if (heap == NULL)
        return NULL;
    struct request *request = qi_request_of(heap);
    qi_bytes_copy(&request->given, &asking.given, sizeof request->given);
    if (data_size != 0) {
        request->given.data = data_of(request);
        qi_bytes_copy(request->given.data, data, data_size);
    }
    request->group->source.context = &request->storage;
    request->has_storage = true;
    return heap;
}

QUARRY_PLAIN_NAME(zend_mm_startup_ex)

zend_mm_storage *zend_mm_get_storage(zend_mm_heap *heap)
{
    struct request *request = qi_request_of(heap);
    return request != NULL && request->has_storage ? &request->storage : NULL;
}
