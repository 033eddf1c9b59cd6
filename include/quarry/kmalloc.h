/* SPDX-License-Identifier: MIT
 *
 * kmalloc.h: a kernel's names for a heap: kmalloc and its kin, and caches of objects. Header only, on quarry.h.
 *
 * The kernel has one line more than this header, the heap that all of these calls are served from, and sets it once:
 *
 *     struct quarry_heap *quarry_kernel_heap;
 *     ...
 *     quarry_kernel_heap = quarry_create_from_source(&source, NULL);
 *
 * A cache is a heap of its own inside that heap (quarry_source_from_heap()), so it has figures of its own, and an
 * object that is freed to another cache, or by kfree(), is reported. Nothing takes the flags that Linux has, as no call
 * ever waits: ports/kernel/README.md has the lines for code that passes them.
 *
 * What holds for every function here:
 *   Failure   NULL or false; nothing has changed. NULL too before quarry_kernel_heap is set.
 *   Misuse    as in quarry.h. A cache reports to quarry_panic().
 *   Time      as the function of quarry.h that does the work, and a few instructions.
 *   Context   as quarry.h says of calls on one heap; a cache has a lock of its own, and when it grows or shrinks the
 *             kernel heap's lock is held inside of it.
 *   State     quarry_kernel_heap, the kernel's own.
 */
#ifndef QUARRY_KMALLOC_H
#define QUARRY_KMALLOC_H

#include "quarry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The heap, the kernel's to define and to set. */
extern struct quarry_heap *quarry_kernel_heap;

/* --- blocks --- */

/** Return at least bytes of uninitialised memory.
 *  Returns    as quarry_malloc(). bytes 0: the smallest block, which is the caller's to free like any other.
 *  Units      bytes.
 *  Owner      caller, until kfree() or krealloc().
 *  Time       as quarry_malloc().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_malloc().
 *  Contents   undefined. */
static inline void *kmalloc(size_t bytes)
{
    return quarry_kernel_heap == NULL ? NULL : quarry_malloc(quarry_kernel_heap, bytes);
}

/** Return memory for count objects of bytes each, all zero.
 *  Returns    as quarry_calloc(): NULL too if the product overflows.
 *  Units      bytes.
 *  Owner      caller, until kfree() or krealloc().
 *  Time       as quarry_calloc().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_calloc().
 *  Contents   zero. */
static inline void *kcalloc(size_t count, size_t bytes)
{
    return quarry_kernel_heap == NULL ? NULL : quarry_calloc(quarry_kernel_heap, count, bytes);
}

/** kcalloc(1, bytes).
 *  Returns    as kcalloc().
 *  Units      bytes.
 *  Owner      caller, until kfree() or krealloc().
 *  Time       as quarry_calloc().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_calloc().
 *  Contents   zero. */
static inline void *kzalloc(size_t bytes)
{
    return kcalloc(1, bytes);
}

/** Change a block's size.
 *  Returns    as quarry_realloc(). block NULL: kmalloc(bytes). bytes 0: shrinks to the smallest block and, unlike in
 *             Linux and liballoc, never frees.
 *  Units      bytes.
 *  Owner      caller; the old pointer is dead unless NULL is returned.
 *  Time       as quarry_realloc().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_realloc().
 *  Contents   those of the old block up to the smaller of both sizes; undefined beyond. */
static inline void *krealloc(void *block, size_t bytes)
{
    return quarry_kernel_heap == NULL ? NULL : quarry_realloc(quarry_kernel_heap, block, bytes);
}

/** Free a block. NULL: nothing happens.
 *  Returns    nothing.
 *  Units      none.
 *  Owner      the heap.
 *  Time       as quarry_free().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_free(). Before quarry_kernel_heap is set nothing can be freed, and nothing is reported.
 *  Contents   the heap's. */
static inline void kfree(void *block)
{
    if (quarry_kernel_heap != NULL)
        quarry_free(quarry_kernel_heap, block);
}

/** How many bytes of a block may be used.
 *  Returns    as quarry_usable_size().
 *  Units      bytes.
 *  Owner      nothing changes hands.
 *  Time       as quarry_usable_size().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_usable_size().
 *  Contents   untouched. */
static inline size_t ksize(const void *block)
{
    return quarry_kernel_heap == NULL ? 0 : quarry_usable_size(quarry_kernel_heap, block);
}

/* --- caches --- */

/* Objects of one size in a heap of their own. Read only once it is made. */
struct kmem_cache {
    const char *name;
    struct quarry_heap *heap;
    size_t object_bytes;
    size_t align_bytes;
    void (*constructor)(void *object);
};

/* A struct that is all zero, whatever fields it has. */
#ifdef __cplusplus
#define KMEM_CACHE_DEFAULTS                                                                                            \
    {                                                                                                                  \
    }
#else
#define KMEM_CACHE_DEFAULTS                                                                                            \
    {                                                                                                                  \
        0                                                                                                              \
    }
#endif

enum { KMEM_CACHE_LEAST_BYTES = 4096, KMEM_CACHE_MOST_BYTES = 1 << 16, KMEM_CACHE_OBJECTS = 8 };

/** Make a cache of objects of one size.
 *  Returns    the cache; NULL iff align_bytes is neither 0 nor a power of two, or the kernel heap has no room for the
 *             cache and its first chunk. A chunk has 4 KB, or more if 8 objects want more, but at most 64 KB.
 *  Units      bytes; align_bytes 0: as the heap aligns them.
 *  Owner      caller, until kmem_cache_destroy(). name is not copied. constructor, or NULL, is called for each object
 *             that kmem_cache_alloc() hands out, since nothing of a freed object is left.
 *  Time       as quarry_malloc() and quarry_create_from_source().
 *  Context    thread.
 *  Misuse     as quarry_malloc().
 *  Contents   of objects: none yet. */
static inline struct kmem_cache *kmem_cache_create(const char *name, size_t object_bytes, size_t align_bytes,
                                                   void (*constructor)(void *object))
{
    const bool is_valid = (align_bytes & (align_bytes - 1)) == 0;
    struct kmem_cache *cache = is_valid ? (struct kmem_cache *)kzalloc(sizeof(struct kmem_cache)) : NULL;
    struct quarry_options options = KMEM_CACHE_DEFAULTS;
    if (cache == NULL)
        return NULL;
    const struct quarry_source source = quarry_source_from_heap(quarry_kernel_heap);
    options.chunk_bytes = KMEM_CACHE_LEAST_BYTES;
    while (options.chunk_bytes < KMEM_CACHE_MOST_BYTES && options.chunk_bytes / KMEM_CACHE_OBJECTS < object_bytes)
        options.chunk_bytes *= 2;
    cache->name = name;
    cache->object_bytes = object_bytes;
    cache->align_bytes = align_bytes;
    cache->constructor = constructor;
    cache->heap = quarry_create_from_source(&source, &options);
    if (cache->heap == NULL) {
        kfree(cache);
        return NULL;
    }
    return cache;
}

/** Return an object of the cache's size.
 *  Returns    the object, aligned as the cache says, or NULL: no memory.
 *  Units      none.
 *  Owner      caller, until kmem_cache_free().
 *  Time       as quarry_aligned_alloc(), and the constructor's, which runs without a lock.
 *  Context    thread; ISR with an IRQ or SMP lock, if the constructor may run there.
 *  Misuse     as quarry_aligned_alloc().
 *  Contents   as the constructor leaves them; undefined without one. */
static inline void *kmem_cache_alloc(struct kmem_cache *cache)
{
    void *object = cache->align_bytes == 0 ? quarry_malloc(cache->heap, cache->object_bytes)
                                           : quarry_aligned_alloc(cache->heap, cache->align_bytes, cache->object_bytes);
    if (object != NULL && cache->constructor != NULL)
        cache->constructor(object);
    return object;
}

/** Return an object that is all zero; the constructor is not called.
 *  Returns    as kmem_cache_alloc().
 *  Units      none.
 *  Owner      caller, until kmem_cache_free().
 *  Time       as quarry_calloc(), and where the cache has an alignment as quarry_aligned_realloc() too.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_calloc().
 *  Contents   zero. */
static inline void *kmem_cache_zalloc(struct kmem_cache *cache)
{
    void *object = quarry_calloc(cache->heap, 1, cache->object_bytes);
    if (object == NULL || cache->align_bytes == 0)
        return object;
    void *aligned = quarry_aligned_realloc(cache->heap, object, cache->align_bytes, cache->object_bytes);
    if (aligned == NULL)
        quarry_free(cache->heap, object);
    return aligned;
}

/** Free an object. NULL: nothing happens.
 *  Returns    nothing.
 *  Units      none.
 *  Owner      the cache.
 *  Time       as quarry_free().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_free(): an object of another cache, or a block of kmalloc()'s, is QUARRY_INVALID_POINTER.
 *  Contents   the heap's. */
static inline void kmem_cache_free(struct kmem_cache *cache, void *object)
{
    quarry_free(cache->heap, object);
}

/** Give back to the kernel heap what the cache does not use.
 *  Returns    bytes given back.
 *  Units      bytes.
 *  Owner      the kernel heap.
 *  Time       as quarry_trim().
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_trim().
 *  Contents   of objects: untouched. */
static inline size_t kmem_cache_shrink(struct kmem_cache *cache)
{
    return quarry_trim(cache->heap);
}

/** How long an object is.
 *  Returns    the object_bytes of kmem_cache_create().
 *  Units      bytes.
 *  Owner      nothing changes hands.
 *  Time       constant.
 *  Context    any.
 *  Misuse     none.
 *  Contents   untouched. */
static inline size_t kmem_cache_size(const struct kmem_cache *cache)
{
    return cache->object_bytes;
}

/** End a cache. NULL: nothing happens, and the answer is true.
 *  Returns    true; or false, the cache as it was, if objects of it live. With QUARRY_STATS 0 objects are not counted:
 *             they are freed with the cache.
 *  Units      none.
 *  Owner      all of its memory is the kernel heap's again.
 *  Time       as quarry_destroy().
 *  Context    thread; no other call may run on the cache, then or later.
 *  Misuse     as quarry_destroy() and quarry_free().
 *  Contents   the heap's. */
static inline bool kmem_cache_destroy(struct kmem_cache *cache)
{
    struct quarry_stats stats;
    if (cache == NULL)
        return true;
    quarry_get_stats(cache->heap, &stats);
    if (stats.blocks != 0)
        return false;
    quarry_destroy(cache->heap);
    kfree(cache);
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
