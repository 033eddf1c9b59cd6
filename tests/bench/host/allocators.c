/* SPDX-License-Identifier: MIT
 *
 * allocators.c: load an allocator, start it, and ask it how much it took from the system.
 *
 * Zend MM, mimalloc and Quarry keep a peak themselves; of the others the present figure is known, so the caller asks
 * after each call and keeps the largest.
 */
#define _GNU_SOURCE
#include "allocators.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "quarry.h"

size_t provider_acquires, provider_releases;

static void *library;
static size_t quarry_chunk_bytes;
static bool provider_keeps;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static void open_library(const char *path)
{
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fail(path, dlerror());
}

/* Through an integer: ISO C has no conversion from an object's pointer to a function's. */
static uintptr_t find(const char *symbol)
{
    void *found = dlsym(library, symbol);
    if (found == NULL)
        fail(symbol, dlerror());
    return (uintptr_t)found;
}

/* --- Quarry ------------------------------------------------------------------------------------------------------- */

enum { KEPT_MOST = 1024 };

static struct kept {
    void *memory;
    size_t bytes;
} kept[KEPT_MOST];

static size_t kept_count, provider_bytes, provider_peak_bytes;
static struct quarry_heap *our_heap;
static void (*our_stats)(const struct quarry_heap *heap, struct quarry_stats *stats);

static void *kept_take(size_t bytes)
{
    for (size_t i = kept_count; i-- > 0;)
        if (kept[i].bytes == bytes) {
            void *memory = kept[i].memory;
            kept[i] = kept[--kept_count];
            return memory;
        }
    return NULL;
}

static void *provider_acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes; /* never more than a page of Quarry's, and that divides the system's or is it */
    provider_bytes += bytes;
    if (provider_bytes > provider_peak_bytes)
        provider_peak_bytes = provider_bytes;
    void *memory = kept_take(bytes);
    if (memory != NULL)
        return memory;
    provider_acquires++;
    memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void provider_release(void *context, void *memory, size_t bytes)
{
    (void)context;
    provider_bytes -= bytes;
    if (provider_keeps && kept_count < KEPT_MOST) {
        kept[kept_count++] = (struct kept){memory, bytes};
        return;
    }
    provider_releases++;
    if (munmap(memory, bytes) != 0)
        fail("quarry", "released what was not acquired");
}

static size_t quarry_acquired(void)
{
    struct quarry_stats stats;
    our_stats(our_heap, &stats);
    if (stats.acquired_peak_bytes != provider_peak_bytes)
        fail("quarry", "acquired_peak_bytes is not what the provider counted");
    return provider_peak_bytes;
}

static void load_quarry(struct allocator *allocator, const char *name)
{
    char path[200];
    const char *word = strchr(name, '-') + 1, *colon = strchr(name, ':');
    size_t characters = colon != NULL ? (size_t)(colon - word) : strlen(word);
    quarry_chunk_bytes = colon != NULL ? strtoul(colon + 1, NULL, 10) : 0;
    provider_keeps = name[0] == 'k';
    snprintf(path, sizeof path, "build/bench/host/libquarry-%.*s.so", (int)characters, word);
    open_library(path);
    allocator->heap_malloc = (void *(*)(struct quarry_heap *, size_t))find("quarry_malloc");
    allocator->heap_calloc = (void *(*)(struct quarry_heap *, size_t, size_t))find("quarry_calloc");
    allocator->heap_aligned = (void *(*)(struct quarry_heap *, size_t, size_t))find("quarry_aligned_alloc");
    allocator->heap_realloc = (void *(*)(struct quarry_heap *, void *, size_t))find("quarry_realloc");
    allocator->heap_free = (void (*)(struct quarry_heap *, void *))find("quarry_free");
    our_stats = (void (*)(const struct quarry_heap *, struct quarry_stats *))find("quarry_get_stats");
    allocator->acquired = quarry_acquired;
}

static void start_quarry(struct allocator *allocator)
{
    struct quarry_heap *(*create)(const struct quarry_source *, const struct quarry_options *) =
            (struct quarry_heap * (*)(const struct quarry_source *, const struct quarry_options *))
                    find("quarry_create_from_source");
    const struct quarry_source source = {.acquire = provider_acquire, .release = provider_release};
    const struct quarry_options options = {.chunk_bytes = quarry_chunk_bytes};
    our_heap = allocator->heap = create(&source, &options);
    if (our_heap == NULL)
        fail("quarry", "no heap was created");
}

/* --- Peers -------------------------------------------------------------------------------------------------------- */

static size_t zend_acquired(void)
{
    return ((size_t(*)(bool))find("zend_memory_peak_usage"))(true);
}

/* Zend MM has its own names; an alignment cannot be asked for. */
static void load_zend(struct allocator *allocator)
{
    open_library("libphp8.2.so");
    allocator->malloc = (void *(*)(size_t))find("_emalloc");
    allocator->calloc = (void *(*)(size_t, size_t))find("_ecalloc");
    allocator->realloc = (void *(*)(void *, size_t))find("_erealloc");
    allocator->free = (void (*)(void *))find("_efree");
    allocator->acquired = zend_acquired;
}

static size_t mimalloc_acquired(void)
{
    size_t peak_commit = 0;
    ((void (*)(size_t *, size_t *, size_t *, size_t *, size_t *, size_t *, size_t *, size_t *))find("mi_process_info"))(
            NULL, NULL, NULL, NULL, NULL, NULL, &peak_commit, NULL);
    return peak_commit;
}

static size_t jemalloc_acquired(void)
{
    int (*control)(const char *, void *, size_t *, void *, size_t) =
            (int (*)(const char *, void *, size_t *, void *, size_t))find("mallctl");
    uint64_t epoch = 1;
    size_t resident = 0, bytes = sizeof resident;
    if (control("epoch", NULL, NULL, &epoch, sizeof epoch) != 0 ||
        control("stats.resident", &resident, &bytes, NULL, 0) != 0)
        fail("jemalloc", "has no stats.resident");
    return resident;
}

static size_t tcmalloc_acquired(void)
{
    size_t bytes = 0;
    if (!((int (*)(const char *, size_t *))find("MallocExtension_GetNumericProperty"))("generic.heap_size", &bytes))
        fail("tcmalloc", "has no generic.heap_size");
    return bytes;
}

static size_t glibc_acquired(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.arena + info.hblkhd;
}

static void load_peer(struct allocator *allocator, const char *path, size_t (*acquired)(void))
{
    open_library(path);
    allocator->malloc = (void *(*)(size_t))find("malloc");
    allocator->calloc = (void *(*)(size_t, size_t))find("calloc");
    allocator->aligned = (void *(*)(size_t, size_t))find("aligned_alloc");
    allocator->realloc = (void *(*)(void *, size_t))find("realloc");
    allocator->free = (void (*)(void *))find("free");
    allocator->acquired = acquired;
}

/* --- Nothing ------------------------------------------------------------------------------------------------------ */

static char nothing_block[64];

static void *nothing_malloc(size_t bytes)
{
    (void)bytes;
    return nothing_block;
}

static void *nothing_calloc(size_t count, size_t bytes)
{
    (void)count, (void)bytes;
    return nothing_block;
}

static void *nothing_realloc(void *block, size_t bytes)
{
    (void)bytes;
    return block;
}

static void nothing_free(void *block)
{
    (void)block;
}

static size_t nothing_acquired(void)
{
    return 0;
}

static void load_nothing(struct allocator *allocator)
{
    allocator->malloc = nothing_malloc;
    allocator->calloc = allocator->aligned = nothing_calloc;
    allocator->realloc = nothing_realloc;
    allocator->free = nothing_free;
    allocator->acquired = nothing_acquired;
}

struct allocator allocator_load(const char *name)
{
    struct allocator allocator = {0};
    if (strncmp(name, "quarry-", 7) == 0 || strncmp(name, "kept-", 5) == 0)
        load_quarry(&allocator, name);
    else if (strcmp(name, "zend") == 0)
        load_zend(&allocator);
    else if (strcmp(name, "mimalloc") == 0)
        load_peer(&allocator, "libmimalloc.so.2", mimalloc_acquired);
    else if (strcmp(name, "jemalloc") == 0)
        load_peer(&allocator, "libjemalloc.so.2", jemalloc_acquired);
    else if (strcmp(name, "tcmalloc") == 0)
        load_peer(&allocator, "libtcmalloc_minimal.so.4", tcmalloc_acquired);
    else if (strcmp(name, "glibc") == 0)
        load_peer(&allocator, "libc.so.6", glibc_acquired);
    else if (strcmp(name, "nothing") == 0)
        load_nothing(&allocator);
    else
        fail(name, "no such allocator");
    return allocator;
}

void allocator_start(struct allocator *allocator)
{
    if (allocator->acquired == quarry_acquired)
        start_quarry(allocator);
    else if (allocator->acquired == zend_acquired)
        ((void (*)(void))find("start_memory_manager"))();
}
