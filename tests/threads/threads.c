/* SPDX-License-Identifier: MIT
 *
 * threads.c: four threads make every call that may come from anywhere on one heap at the same time.
 *
 * The heap lies on a provider that takes memory back at once, so that chunks come and go while others look for them,
 * and it gets regions besides. Each thread fills its blocks and looks whether they still hold what it wrote. At the end
 * everything is freed, and nothing may be left. Built with ThreadSanitizer (threads.mk), which reports what a function
 * reads or writes without the lock; where there is none, what is handed out twice or lost is seen all the same.
 *
 *   threads [CALLS]     calls of each thread
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "quarry.h"

enum {
    THREADS = 4,
    HELD = 48,
    REGIONS = 8,
    REGION_BYTES = 96 * 1024,
    CHUNK_BYTES = 64 * 1024,
    NESTED_BYTES = 16 * 1024
};

static struct quarry_heap *heap;
static atomic_uint failures, regions_added, oom_left = 1000;
static unsigned calls = 10000;

#if QUARRY_CACHE != 0
__thread unsigned test_core;
#endif

/* --- the lock --- */

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
static pthread_mutex_t heap_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Nested heaps belong to one thread each. */
uintptr_t quarry_lock_hook(const struct quarry_heap *locked)
{
    const bool is_shared = locked == heap;
    if (is_shared)
        pthread_mutex_lock(&heap_mutex);
    return is_shared;
}

void quarry_unlock_hook(const struct quarry_heap *locked, uintptr_t saved)
{
    (void)locked;
    if (saved != 0)
        pthread_mutex_unlock(&heap_mutex);
}
#endif

/* --- the heap's memory and hooks --- */

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context;
    munmap(memory, bytes);
}

static bool truncate_memory(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context;
    return munmap((char *)memory + bytes, old_bytes - bytes) == 0;
}

static void fail(const char *what)
{
    if (atomic_fetch_add(&failures, 1) < 10)
        fprintf(stderr, "FAIL %s\n", what);
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context, (void)misuse;
    fail("a right call was reported as misuse");
}

/* Asked when the limit is reached: now and then it is raised, and the request served. */
static bool on_oom(void *context, struct quarry_heap *asking, size_t bytes)
{
    (void)context, (void)bytes;
    if (atomic_load(&oom_left) == 0 || bytes > SIZE_MAX / 4)
        return false;
    atomic_fetch_sub(&oom_left, 1);
    return quarry_set_limit(asking, 0);
}

/* --- one thread --- */

struct held {
    unsigned char *block;
    size_t bytes; /* as asked */
};

struct thread {
    pthread_t id;
    unsigned number;
    uint32_t random;
    struct held held[HELD];
};

static uint32_t below(struct thread *self, uint32_t limit)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 17;
    self->random ^= self->random << 5;
    return self->random % limit;
}

/* Mostly small and large, at times too long for any chunk. */
static size_t some_bytes(struct thread *self)
{
    static const uint32_t limits[] = {64, 64, 300, 300, 3000, 20000, 40000, 150000};
    return below(self, limits[below(self, sizeof limits / sizeof limits[0])]);
}

static unsigned char pattern(const struct thread *self, const struct held *held)
{
    return (unsigned char)(self->number * 64 + (unsigned)(held - self->held) + held->bytes);
}

/* The first and the last bytes are enough: what is handed out twice is written at its start by both. */
static size_t edge(const struct held *held)
{
    return held->bytes < 32 ? held->bytes : 32;
}

static void fill(struct thread *self, struct held *held)
{
    memset(held->block, pattern(self, held), edge(held));
    memset(held->block + held->bytes - edge(held), pattern(self, held), edge(held));
}

static void look(struct thread *self, const struct held *held, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (held->block[i] != pattern(self, held))
            fail("a block does not hold what its owner wrote");
}

static void allocate(struct thread *self, struct held *held)
{
    held->bytes = some_bytes(self);
    switch (below(self, 3)) {
    case 0:
        held->block = quarry_malloc(heap, held->bytes);
        break;
    case 1:
        held->block = quarry_aligned_alloc(heap, (size_t)1 << below(self, 13), held->bytes);
        break;
    default:
        held->block = quarry_calloc(heap, 1, held->bytes);
        for (size_t i = 0; held->block != NULL && i < held->bytes; i += 97)
            if (held->block[i] != 0)
                fail("calloc's memory is not zero");
        break;
    }
    if (held->block != NULL)
        fill(self, held);
}

static void change(struct thread *self, struct held *held)
{
    const size_t bytes = some_bytes(self);
    void *changed = below(self, 2) == 0
                            ? quarry_realloc(heap, held->block, bytes)
                            : quarry_aligned_realloc(heap, held->block, (size_t)1 << below(self, 10), bytes);
    if (changed == NULL)
        return;
    const size_t same = bytes < edge(held) ? bytes : edge(held);
    held->block = changed;
    look(self, held, same);
    held->bytes = bytes;
    fill(self, held);
}

/* Hands a block in to be freed by any thread's call, where that is possible. */
static void free_later(void *block)
{
#if QUARRY_FREE_LATER != 0
    quarry_free_later(heap, block);
#else
    quarry_free(heap, block);
#endif
}

static void give_back(struct thread *self, struct held *held)
{
    look(self, held, edge(held));
    if (below(self, 3) == 0)
        free_later(held->block);
    else if (below(self, 2) == 0)
        quarry_free_sized(heap, held->block, held->bytes);
    else
        quarry_free(heap, held->block);
    held->block = NULL;
}

static bool count_block(void *context, const struct quarry_block *block)
{
    *(size_t *)context += block->free ? 0 : 1;
    return true;
}

static void use_nested_heap(struct thread *self)
{
    const struct quarry_source source = quarry_source_from_heap(heap);
    const struct quarry_options options = {.chunk_bytes = NESTED_BYTES, .on_misuse = on_misuse};
    struct quarry_heap *nested = quarry_create_from_source(&source, &options);
    if (nested == NULL)
        return;
    for (unsigned i = 0; i < 20; i++)
        if (quarry_malloc(nested, some_bytes(self)) == NULL)
            break;
    if (below(self, 2) == 0)
        quarry_reset(nested);
    quarry_destroy(nested);
}

static void add_region(void)
{
    if (atomic_fetch_add(&regions_added, 1) >= REGIONS)
        return;
    void *region = acquire(NULL, REGION_BYTES, 1);
    if (region != NULL && !quarry_add_region(heap, region, REGION_BYTES) && atomic_load(&oom_left) == 0)
        fail("a region was refused");
}

/* Functions that look at the whole heap are called less often: they have the lock for long. */
static void look_around(struct thread *self)
{
    struct quarry_cursor cursor = {0, 0, 0};
    size_t live = 0;
    switch (below(self, 8)) {
    case 0:
        if (!quarry_check(heap))
            fail("the heap is not whole");
        break;
    case 1:
        quarry_walk(heap, count_block, &live);
        break;
    case 2:
        use_nested_heap(self);
        break;
    case 3:
        add_region();
        break;
    case 4: /* other threads' calls come between two parts */
        while (quarry_check_some(heap, &cursor, 20) == QUARRY_MORE)
            continue;
        break;
    case 5:
        while (quarry_walk_some(heap, &cursor, 20, count_block, &live) == QUARRY_MORE)
            continue;
        break;
    default:
        quarry_trim(heap);
        quarry_reset_peaks(heap);
        break;
    }
}

static void ask(struct thread *self, const struct held *held)
{
    struct quarry_stats stats;
    const size_t bytes = some_bytes(self);
    switch (below(self, 8)) {
    case 0:
    case 1:
    case 2:
        if (quarry_good_size(heap, bytes) < bytes)
            fail("good_size is less than what is asked for");
        break;
    case 3: /* any address: it may lie in a chunk that another thread's call is giving back */
        quarry_owns(heap, (const char *)held->block + below(self, 1u << 20));
        break;
    case 4:
        if (held->block != NULL && !quarry_owns(heap, held->block))
            fail("a live block is not owned");
        break;
    case 5:
        if (held->block != NULL && quarry_usable_size(heap, held->block) < held->bytes)
            fail("a live block is shorter than asked for");
        break;
    case 6:
        quarry_get_stats(heap, &stats);
        if (stats.acquired_bytes > stats.acquired_peak_bytes || stats.used_bytes > stats.acquired_bytes)
            fail("the figures do not agree");
        break;
    default:
        if (quarry_min_region_bytes() == 0 || quarry_source_from_heap(heap).context != heap)
            fail("what never changes has changed");
        quarry_set_limit(heap, below(self, 2) * (size_t)1024 * 1024);
        break;
    }
}

static void *run(void *argument)
{
    struct thread *self = argument;
#if QUARRY_CACHE != 0
    test_core = self->number % 3; /* two threads share a cache */
#endif
    for (unsigned call = 0; call < calls; call++) {
        struct held *held = &self->held[below(self, HELD)];
        const uint32_t what = below(self, 256);
        if (what == 0)
            look_around(self);
        else if (what < 64)
            ask(self, held);
        else if (held->block == NULL)
            allocate(self, held);
        else if (what < 128)
            change(self, held);
        else if (what < 144)
            held->bytes = quarry_resize(heap, held->block, held->bytes / 2) ? held->bytes / 2 : held->bytes;
        else
            give_back(self, held);
        if (held->block != NULL && what >= 128 && what < 144)
            fill(self, held);
    }
    for (unsigned i = 0; i < HELD; i++)
        if (self->held[i].block != NULL)
            give_back(self, &self->held[i]);
    return NULL;
}

int main(int count, char **words)
{
    static struct thread threads[THREADS];
    const struct quarry_source source = {.acquire = acquire, .release = release, .truncate = truncate_memory};
    const struct quarry_options options = {.chunk_bytes = CHUNK_BYTES, .on_misuse = on_misuse, .on_oom = on_oom};
    struct quarry_stats stats;
    if (count > 1)
        calls = (unsigned)strtoul(words[1], NULL, 10);
    heap = quarry_create_from_source(&source, &options);
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].number = i;
        threads[i].random = 2463534242u + i * 77777u;
        pthread_create(&threads[i].id, NULL, run, &threads[i]);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i].id, NULL);
    if (!quarry_check(heap))
        fail("the heap is not whole at the end");
    for (unsigned i = 0; i <= THREADS * HELD; i++) /* frees what waits */
        quarry_get_stats(heap, &stats);
    if (stats.blocks != 0 || stats.used_bytes != 0)
        fail("something is left of what everybody freed");
    quarry_destroy(heap);
    printf("%d threads, %u calls each: %u failures\n", THREADS, calls, atomic_load(&failures));
    return atomic_load(&failures) != 0;
}
