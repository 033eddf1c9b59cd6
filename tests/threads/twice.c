/* SPDX-License-Identifier: MIT
 *
 * twice.c: two threads free the same block at the same time: one frees it, the other's call is reported.
 *
 * Both wait for each other before each round. The block is not handed out again in between, so every round has one
 * report, of a double free. Afterwards all is free.
 *
 *   twice [ROUNDS]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "quarry.h"

enum { REGION_BYTES = 256 * 1024 };

static unsigned char region[REGION_BYTES] __attribute__((aligned(4096)));
static struct quarry_heap *heap;
static atomic_uint reports, wrong;
static pthread_barrier_t together;
static void *block;
static unsigned rounds = 4000;

#if QUARRY_CACHE != 0
__thread unsigned test_core;
#endif

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
static pthread_mutex_t heap_mutex = PTHREAD_MUTEX_INITIALIZER;

uintptr_t quarry_lock_hook(const struct quarry_heap *locked)
{
    (void)locked;
    pthread_mutex_lock(&heap_mutex);
    return 0;
}

void quarry_unlock_hook(const struct quarry_heap *locked, uintptr_t saved)
{
    (void)locked, (void)saved;
    pthread_mutex_unlock(&heap_mutex);
}
#endif

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    atomic_fetch_add(&reports, 1);
    if (misuse->kind != QUARRY_DOUBLE_FREE)
        atomic_fetch_add(&wrong, 1);
}

/* Thread 0 allocates; now and then it frees by another call. */
static void *run(void *argument)
{
    const unsigned number = (unsigned)(uintptr_t)argument;
#if QUARRY_CACHE != 0
    test_core = number;
#endif
    for (unsigned round = 0; round < rounds; round++) {
        if (number == 0)
            block = quarry_malloc(heap, 40);
        pthread_barrier_wait(&together);
        void *freed = block;
        if (number == 0 && round % 4 == 0)
            quarry_free_sized(heap, freed, 40);
        else
            quarry_free(heap, freed);
        pthread_barrier_wait(&together);
    }
    return NULL;
}

int main(int count, char **words)
{
    const struct quarry_options options = {.on_misuse = on_misuse};
    struct quarry_stats stats;
    pthread_t other;
    if (count > 1)
        rounds = (unsigned)strtoul(words[1], NULL, 10);
    heap = quarry_create(region, sizeof region, &options);
    pthread_barrier_init(&together, NULL, 2);
    void *kept = quarry_malloc(heap, 40); /* so the block's run stays one */
    pthread_create(&other, NULL, run, (void *)1);
    run(NULL);
    pthread_join(other, NULL);
    quarry_free(heap, kept);
    quarry_get_stats(heap, &stats);
    const bool is_right =
            atomic_load(&reports) == rounds && atomic_load(&wrong) == 0 && stats.blocks == 0 && quarry_check(heap);
    printf("%u rounds: %u reports, %u of another kind, %zu blocks left: %s\n", rounds, atomic_load(&reports),
           atomic_load(&wrong), stats.blocks, is_right ? "1 passed, 0 failed" : "0 passed, 1 failed");
    return !is_right;
}
