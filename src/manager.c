/* SPDX-License-Identifier: MIT
 *
 * manager.c: the life of heaps: start_memory_manager() and shutdown, zend_mm_startup() and its kin, storages.
 */
#include "manager.h"

#include "bytes.h"

struct quarry_heap *qi_manager_persistent;

static struct quarry_source manager_source;   /* of request heaps */
static struct quarry_options manager_options; /* likewise */

/* --- starting --- */

/* What a request heap's chunk should have at least: the heap itself lies in the first one. */
#define REQUEST_CHUNK_USEFUL_BYTES (sizeof(void *) == 8 ? (size_t)16384 : (size_t)4096)

/* A chunk for request heaps on a region: a sixteenth of it, within what is useful. */
static size_t chunk_bytes_for_region(size_t region_bytes)
{
    size_t bytes = REQUEST_CHUNK_USEFUL_BYTES < QUARRY_CHUNK_BYTES ? REQUEST_CHUNK_USEFUL_BYTES : QUARRY_CHUNK_BYTES;
    while (bytes < QUARRY_CHUNK_BYTES && bytes * 2 <= region_bytes / 16)
        bytes *= 2;
    return bytes;
}

/* The persistent heap. Without on_oom: it would be asked during a call of a request heap that wants a chunk, when no
 * block of that heap can be freed; and without a limit, which is for requests. */
static struct quarry_heap *create_persistent(const struct quarry_memory *memory)
{
    struct quarry_options options;
    qi_bytes_copy(&options, &memory->options, sizeof options);
    options.limit_bytes = 0;
    options.on_oom = NULL;
    return memory->source != NULL ? quarry_create_from_source(memory->source, &options)
                                  : quarry_create(memory->region, memory->region_bytes, &options);
}

bool start_memory_manager(const struct quarry_memory *memory)
{
    if (memory == NULL || qi_manager_persistent != NULL)
        return false;
    struct quarry_heap *persistent = create_persistent(memory);
    if (persistent == NULL)
        return false;
    qi_bytes_copy(&manager_options, &memory->options, sizeof manager_options);
    if (memory->source != NULL) {
        qi_bytes_copy(&manager_source, memory->source, sizeof manager_source);
    } else {
        const struct quarry_source source = quarry_source_from_heap(persistent);
        qi_bytes_copy(&manager_source, &source, sizeof manager_source);
        if (manager_options.chunk_bytes == 0)
            manager_options.chunk_bytes = chunk_bytes_for_region(memory->region_bytes);
    }
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
    return qi_manager_persistent == NULL ? NULL : qi_request_create(&manager_source, &manager_options, 0);
}
QUARRY_PLAIN_NAME(zend_mm_startup)

/* --- ending --- */

void zend_mm_shutdown(zend_mm_heap *heap, bool full_shutdown, bool silent)
{
    if (heap != NULL && heap != qi_manager_persistent)
        qi_serve_end(heap, full_shutdown, silent);
}

void shutdown_memory_manager(bool silent, bool full_shutdown)
{
    struct quarry_heap *heap = current_heap();
    bool is_refused = heap != NULL && source_is_busy(heap_source(heap)); /* a callback asks, which is reported */
    zend_mm_shutdown(heap, full_shutdown, silent);
    if (full_shutdown && !is_refused && qi_manager_persistent != NULL) {
        struct quarry_heap *persistent = qi_manager_persistent;
        qi_manager_persistent = NULL;
        qi_current_forget(persistent);
        quarry_destroy(persistent);
    }
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
    source.align_max_bytes = 0;
    struct quarry_heap *heap = qi_request_create(&source, NULL, QUARRY_ALIGN_BYTES + data_size);
    if (heap == NULL)
        return NULL;
    struct request *request = qi_request_of(heap);
    qi_bytes_copy(&request->given, &asking.given, sizeof request->given);
    if (data_size != 0) {
        request->given.data = data_of(request);
        qi_bytes_copy(request->given.data, data, data_size);
    }
    request->source.context = &request->storage;
    request->has_storage = true;
    return heap;
}
QUARRY_PLAIN_NAME(zend_mm_startup_ex)

zend_mm_storage *zend_mm_get_storage(zend_mm_heap *heap)
{
    struct request *request = qi_request_of(heap);
    return request != NULL && request->has_storage ? &request->storage : NULL;
}
