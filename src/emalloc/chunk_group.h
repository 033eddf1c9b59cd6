/* SPDX-License-Identifier: MIT
 *
 * chunk_group.h: request heaps that get their chunks from the same memory, and the chunks that they have cached.
 *
 * A request heap caches chunks for its next request. They are memory that the heap has, but that is in no use: when the
 * memory has no more to give, to whichever heap of the group, cached chunks are released one by one, and it is asked
 * again after each. The heaps of start_memory_manager() and zend_mm_startup() are one group; a heap on a storage is a
 * group of its own.
 *
 *   struct chunk_group          struct chunk_cache             struct cached_chunk: in the chunk's own memory
 *   +---------+--------+- -+    +-------+--------+------+      +------+-------+-- ... --+
 *   | caches -------------------> first ------------------------> next | bytes |         |
 *   | source            |    |  | chunks | heap | next --> the next heap's
 *   +-------------------+    |  +-------+--------+------+
 *
 * Different heaps of a group may run on different cores, and one of them releases what another has cached. So the list
 * of caches and all caches are read and changed under the lock of one heap, the group's; it is entered while the lock
 * of a request heap is held, and never the other way round. While it is held, the source is not called, but by the
 * group's heap itself, which releases its own empty chunks.
 *
 * A step for each cached chunk where the source has given memory, otherwise constant.
 *
 * Invariants
 *   G1  chunks is the length of the list that begins at first
 *   G2  a cached chunk is aligned to QUARRY_PAGE_BYTES, and no other memory of the group's heaps meets it
 */
#ifndef QUARRY_CHUNK_GROUP_H
#define QUARRY_CHUNK_GROUP_H

#include "../heap.h"

struct cached_chunk {
    struct cached_chunk *next;
    size_t bytes;
};

/* The cached chunks of a heap. */
struct chunk_cache {
    struct cached_chunk *first;
    size_t chunks;
    struct quarry_heap *heap;
    struct chunk_cache *next; /* of the group */
};

struct chunk_group {
    struct quarry_source source; /* where chunks come from */
    struct quarry_heap *heap;    /* its lock is the group's; NULL: the lock of the only heap, which is held */
    bool trims_heap;             /* may the source get empty chunks of that heap? */
    struct chunk_cache *caches;
};

/* The heap becomes one of the group, without a cached chunk. */
void qi_group_add(struct chunk_group *group, struct chunk_cache *cache, struct quarry_heap *heap);

/* The heap is no longer one of the group. It has no cached chunk. */
void qi_group_remove(struct chunk_group *group, struct chunk_cache *cache);

size_t qi_group_cached_chunks(const struct chunk_group *group, const struct chunk_cache *cache);

/* Caches a chunk, unless there are at_most already; false: there are. */
bool qi_group_cache(struct chunk_group *group, struct chunk_cache *cache, void *chunk, size_t bytes, size_t at_most);

/* A cached chunk of the heap's, which is no longer cached; NULL: there is none. */
void *qi_group_reuse_cached(struct chunk_group *group, struct chunk_cache *cache);

/* The same of any heap's. */
struct cached_chunk *qi_group_reuse_any_cached(struct chunk_group *group);

/* Memory of the source's, for which cached chunks are released if there is no other; or NULL. */
void *qi_group_acquire(struct chunk_group *group, size_t bytes, size_t align_bytes);

/* Does a cached chunk lie anywhere in memory that the source gave, or is to give? */
bool qi_group_has_cached_in(const struct chunk_group *group, const void *memory, size_t bytes);

/* The group's source, as a heap that is about to be made asks it. */
void qi_group_get_source(struct chunk_group *group, struct quarry_source *source);

#endif
