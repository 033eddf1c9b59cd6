/* SPDX-License-Identifier: MIT
 *
 * threads.c: threads as cores. The builds for four cores have these tests; one of them runs under ThreadSanitizer,
 * which reports every access that is not ordered. A thread counts what is wrong, and the test looks at the sum: checks
 * are for one thread.
 */
#include "../emalloc_test.h"

#include <pthread.h>

enum { THREADS = 4, BLOCKS = 64, STEPS = 6000 };

struct thread {
    pthread_t id;
    unsigned core;
    uint64_t random;
    zend_mm_heap *heap;
    unsigned wrong, served;
};

static struct scene *scene;

static unsigned random_below(struct thread *t, unsigned limit)
{
    t->random ^= t->random << 13;
    t->random ^= t->random >> 7;
    t->random ^= t->random << 17;
    return (unsigned)(t->random >> 33) % limit;
}

/* Runs body on each core, the test's own thread being none of them, and sums up. */
static void run_on_all_cores(struct scene *s, void *(*body)(void *thread), zend_mm_heap *shared)
{
    struct thread threads[THREADS];
    unsigned wrong = 0, served = 0;

    scene = s;
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){.core = i, .random = 7919 * i + 12345, .heap = shared};
        REQUIRE(pthread_create(&threads[i].id, NULL, body, &threads[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i].id, NULL);
        wrong += threads[i].wrong;
        served += threads[i].served;
    }
    CHECK_EQ(wrong, 0);
    CHECK(served > THREADS * BLOCKS);
    CHECK_EQ(test_log.count, 0);
    CHECK(quarry_check(s->persistent));
}

struct filled {
    unsigned char *block;
    size_t bytes;
};

static bool holds(const struct filled *filled, unsigned char value)
{
    for (size_t i = 0; i < filled->bytes; i += 1 + filled->bytes / 64) {
        if (filled->block[i] != value)
            return false;
    }
    return true;
}

static void fill(struct filled *filled, void *block, size_t bytes, unsigned char value)
{
    filled->block = block;
    filled->bytes = bytes;
    for (size_t i = 0; i < bytes; i++)
        filled->block[i] = value;
}

static size_t random_bytes(struct thread *t)
{
    return random_below(t, random_below(t, 40) == 0 ? 3 * CHUNK : random_below(t, 7) == 0 ? 3000 : 200);
}

/* Takes, resizes or frees one block of the current heap. */
static void change_block(struct thread *t, struct filled *filled, unsigned char value)
{
    const size_t bytes = random_bytes(t);
    void *block;

    if (filled->block == NULL) {
        block = random_below(t, 3) != 0 ? emalloc(bytes) : ecalloc(1, bytes);
    } else {
        t->wrong += !holds(filled, value);
        if (random_below(t, 3) != 0) {
            efree(filled->block);
            filled->block = NULL;
            return;
        }
        block = erealloc(filled->block, bytes);
    }
    if (block != NULL) {
        t->served++;
        fill(filled, block, bytes, value);
    }
}

/* The same with a block of the persistent heap, which all cores share. */
static void change_persistent_block(struct thread *t, struct filled *filled, unsigned char value)
{
    const size_t bytes = random_below(t, 500);
    void *block;

    if (filled->block != NULL) {
        t->wrong += !holds(filled, value);
        pefree(filled->block, true);
        filled->block = NULL;
        return;
    }
    block = quarry_malloc(scene->persistent, bytes); /* pemalloc() would not answer NULL */
    if (block != NULL)
        fill(filled, block, bytes, value);
}

/* What else a program asks of its heap now and then. */
static void ask(struct thread *t, const struct filled *filled)
{
    struct quarry_stats stats;

    switch (random_below(t, 8)) {
    case 0:
        zend_mm_gc(t->heap);
        break;
    case 1:
        t->wrong += zend_set_memory_limit(zend_memory_usage(true) + 16 * CHUNK) != SUCCESS;
        break;
    case 2:
        t->wrong += zend_memory_peak_usage(true) == 0;
        zend_memory_reset_peak_usage();
        break;
    case 3:
        t->wrong += filled->block != NULL && (!is_zend_ptr(filled->block) || !quarry_owns(t->heap, filled->block) ||
                                              zend_mem_block_size(filled->block) < filled->bytes);
        break;
    case 4: /* another current heap for a moment */
        t->wrong += zend_mm_set_heap(scene->persistent) != t->heap;
        efree(emalloc(100));
        t->wrong += zend_mm_set_heap(t->heap) != scene->persistent;
        break;
    case 5:
        quarry_get_stats(scene->persistent, &stats);
        t->wrong += stats.acquired_bytes == 0;
        break;
    default:
        t->wrong += zend_mm_get_heap() != t->heap;
    }
}

static bool begin_own_heap(struct thread *t)
{
    quarry_test_core = t->core;
    t->heap = zend_mm_startup();
    t->wrong += t->heap == NULL || zend_mm_set_heap(t->heap) != NULL;
    zend_mm_set_fallible(true);
    return t->heap != NULL;
}

static void end_own_heap(struct thread *t)
{
    t->wrong += !quarry_check(t->heap);
    zend_mm_shutdown(t->heap, true, true);
    t->wrong += zend_mm_get_heap() != NULL;
}

static void *work_on_own_heap(void *thread)
{
    struct thread *t = thread;
    struct filled blocks[BLOCKS] = {{NULL, 0}}, persistent[16] = {{NULL, 0}};

    if (!begin_own_heap(t))
        return NULL;
    for (unsigned step = 1; step <= STEPS; step++) {
        const unsigned i = random_below(t, BLOCKS);

        change_block(t, &blocks[i], (unsigned char)(16 * t->core + i));
        if (step % 20 == 0)
            change_persistent_block(t, &persistent[i % 16], (unsigned char)(16 * t->core + i % 16));
        if (step % 100 == 0)
            ask(t, &blocks[i]);
        if (step % 1500 != 0)
            continue;
        for (unsigned j = 0; j < BLOCKS; j++)
            blocks[j].block = NULL;
        zend_mm_shutdown(t->heap, false, true);
        t->wrong += QUARRY_STATS != 0 && zend_memory_usage(false) != 0;
        if (step % 3000 == 0) {
            end_own_heap(t);
            if (!begin_own_heap(t))
                return NULL;
        }
    }
    for (unsigned i = 0; i < 16; i++)
        pefree(persistent[i].block, true);
    end_own_heap(t);
    return NULL;
}

ON_REGION_OF(test_threads_with_own_heaps_on_a_region, 120)
{
    zend_mm_set_heap(NULL); /* the first core gets its heap from its thread, as the others do */
    run_on_all_cores(s, work_on_own_heap, NULL);
    CHECK_EQ(stats_of(s->persistent).blocks, 1); /* the chunk of the first request heap */
}

/* The harness's provider is for one thread at a time, as most are. */
static pthread_mutex_t source_lock = PTHREAD_MUTEX_INITIALIZER;
static struct quarry_source unlocked;

static void *locked_acquire(void *context, size_t bytes, size_t align_bytes)
{
    pthread_mutex_lock(&source_lock);
    void *memory = unlocked.acquire(context, bytes, align_bytes);
    pthread_mutex_unlock(&source_lock);
    return memory;
}

static void locked_release(void *context, void *memory, size_t bytes)
{
    pthread_mutex_lock(&source_lock);
    unlocked.release(context, memory, bytes);
    pthread_mutex_unlock(&source_lock);
}

TEST(test_threads_with_own_heaps_on_a_source)
{
    struct scene s = {.memory = {.options = test_options()}};

    if (!test_source_init(&s.source, 120 * CHUNK))
        return;
    unlocked = s.source.source;
    s.source.source.acquire = locked_acquire;
    s.source.source.release = locked_release;
    s.source.source.extend = s.source.source.truncate = NULL;
    s.memory.source = &s.source.source;
    s.memory.options.chunk_bytes = CHUNK;
    REQUIRE(start_memory_manager(&s.memory));
    s.persistent = quarry_persistent_heap();
    s.heap = zend_mm_set_heap(NULL);
    run_on_all_cores(&s, work_on_own_heap, NULL);
    zend_mm_set_heap(s.heap);
    shutdown_memory_manager(true, true);
    CHECK_EQ(s.source.errors, 0);
    CHECK_EQ(s.source.granted_bytes, 0);
}

static bool is_working;

/* Asks for figures and changes nothing: no lock orders what it reads, but those of the functions that are asked. */
static void watch_shared_heap(struct thread *t)
{
    while (__atomic_load_n(&is_working, __ATOMIC_RELAXED)) {
        t->wrong += zend_memory_peak_usage(true) == 0 || zend_memory_usage(true) == 0;
        t->wrong += zend_memory_usage(false) > 120 * CHUNK || zend_memory_peak_usage(false) > 120 * CHUNK;
        t->wrong += !is_zend_mm() || zend_mm_get_heap() != t->heap;
    }
}

static void *work_on_shared_heap(void *thread)
{
    struct thread *t = thread;
    struct filled blocks[BLOCKS] = {{NULL, 0}};

    quarry_test_core = t->core;
    zend_mm_set_heap(t->heap);
    if (t->core == THREADS - 1) {
        watch_shared_heap(t);
        zend_mm_set_heap(NULL);
        return NULL;
    }
    for (unsigned step = 1; step <= STEPS; step++) {
        const unsigned i = random_below(t, BLOCKS);

        change_block(t, &blocks[i], (unsigned char)(16 * t->core + i));
        if (step % 100 == 0)
            ask(t, &blocks[i]);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        efree(blocks[i].block);
    __atomic_store_n(&is_working, false, __ATOMIC_RELAXED);
    if (t->core != 0)
        zend_mm_set_heap(NULL);
    return NULL;
}

ON_REGION_OF(test_threads_share_one_heap, 120)
{
    zend_mm_set_fallible(true);
    is_working = true;
    run_on_all_cores(s, work_on_shared_heap, s->heap);
    CHECK_EQ(stats_of(s->heap).blocks, 0);
    check_heap(s->heap);
}
