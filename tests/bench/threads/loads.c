/* SPDX-License-Identifier: MIT
 *
 * loads.c: what several threads ask of one allocator at the same time. Prints the operations of all threads a second.
 *
 *   loads LOAD ALLOCATOR THREADS MILLISECONDS
 *
 *   larson   each thread frees one of its 1,000 blocks, of 16 to 512 bytes, and allocates another; now and then it goes
 *            on with the blocks of the thread beside it, as a server does when a thread ends
 *   xmalloc  each thread allocates blocks of 16 to 256 bytes, and the thread beside it frees them
 *   scratch  each thread frees a block that the main thread allocated, then writes 100 times to a block of 8 bytes of
 *            its own and replaces it: blocks of two threads in one cache line make the writes slow
 *   mstress  blocks of 8 bytes to 64 KB, most of them small, a tenth of them through slots that all threads share
 *
 * A block is an operation when it is allocated, and one when it is freed.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../host/allocators.h"

enum { THREADS_MOST = 16, BLOCKS = 1000, QUEUE = 16384, SHARED = 1000, WRITES = 100, TURN = 10000 };

struct thread {
    pthread_t id;
    unsigned number;
    uint32_t random;
    uint64_t operations;
    void *given; /* scratch: by the main thread */
} __attribute__((aligned(128)));

static struct allocator allocator;
static struct thread threads[THREADS_MOST];
static unsigned thread_count;
static bool is_over;
static void *blocks[THREADS_MOST][BLOCKS];
static bool is_taken[THREADS_MOST];
static void *queues[THREADS_MOST][QUEUE], *shared[SHARED];

static void *allocate(struct thread *self, size_t bytes)
{
    char *block = allocator.heap != NULL ? allocator.heap_malloc(allocator.heap, bytes) : allocator.malloc(bytes);

    if (block == NULL) {
        fprintf(stderr, "no memory\n");
        exit(2);
    }
    *block = 1;
    self->operations++;
    return block;
}

static void release(struct thread *self, void *block)
{
    if (block == NULL)
        return;
    if (allocator.heap != NULL)
        allocator.heap_free(allocator.heap, block);
    else
        allocator.free(block);
    self->operations++;
}

static uint32_t below(struct thread *self, uint32_t limit)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 17;
    self->random ^= self->random << 5;
    return (uint32_t)((uint64_t)self->random * limit >> 32);
}

static bool goes_on(void)
{
    return !__atomic_load_n(&is_over, __ATOMIC_RELAXED);
}

/* --- loads --- */

/* The blocks of the thread beside it, or the next that no thread works with. */
static unsigned next_owner(unsigned owner)
{
    __atomic_store_n(&is_taken[owner], false, __ATOMIC_RELEASE);
    do
        owner = (owner + 1) % THREADS_MOST;
    while (owner > thread_count || __atomic_exchange_n(&is_taken[owner], true, __ATOMIC_ACQUIRE));
    return owner;
}

static void larson(struct thread *self)
{
    unsigned owner = self->number;

    for (unsigned i = 1; goes_on(); i++) {
        void **block = &blocks[owner][below(self, BLOCKS)];

        release(self, *block);
        *block = allocate(self, 16 + below(self, 497));
        if (i % TURN == 0)
            owner = next_owner(owner);
    }
}

static void xmalloc(struct thread *self)
{
    void **const to = queues[(self->number + 1) % thread_count], **const from = queues[self->number];

    for (unsigned sent = 0, received = 0; goes_on();) {
        const uint64_t before = self->operations;

        if (__atomic_load_n(&to[sent], __ATOMIC_ACQUIRE) == NULL) {
            __atomic_store_n(&to[sent], allocate(self, 16 + below(self, 241)), __ATOMIC_RELEASE);
            sent = (sent + 1) % QUEUE;
        }
        if (__atomic_load_n(&from[received], __ATOMIC_ACQUIRE) != NULL) {
            release(self, __atomic_exchange_n(&from[received], NULL, __ATOMIC_ACQ_REL));
            received = (received + 1) % QUEUE;
        }
        if (self->operations == before)
            sched_yield();
    }
}

static void scratch(struct thread *self)
{
    volatile char *block = self->given;

    while (goes_on()) {
        release(self, (void *)(uintptr_t)block);
        block = allocate(self, 8);
        for (unsigned i = 0; i < WRITES; i++)
            block[i % 8]++;
    }
}

static size_t some_bytes(struct thread *self)
{
    static const uint32_t limits[] = {64, 64, 256, 256, 256, 1024, 4096, 65536};

    return 8 + below(self, limits[below(self, 8)]);
}

static void mstress(struct thread *self)
{
    while (goes_on()) {
        void *block = allocate(self, some_bytes(self)), **own = &blocks[self->number][below(self, BLOCKS)];

        if (below(self, 10) == 0) {
            block = __atomic_exchange_n(&shared[below(self, SHARED)], block, __ATOMIC_ACQ_REL);
            release(self, block);
        } else {
            release(self, *own);
            *own = block;
        }
    }
}

static const struct load {
    const char *name;
    void (*run)(struct thread *self);
} loads[] = {{"larson", larson}, {"xmalloc", xmalloc}, {"scratch", scratch}, {"mstress", mstress}};

static const struct load *load;

static void *run(void *thread)
{
    load->run(thread);
    return NULL;
}

static uint64_t nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const struct load *find(const char *name)
{
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++)
        if (strcmp(loads[i].name, name) == 0)
            return &loads[i];
    fprintf(stderr, "%s: no such load\n", name);
    exit(2);
}

static void start_threads(void)
{
    for (unsigned i = 0; i < thread_count; i++) {
        threads[i].number = i;
        threads[i].random = 12345 + 7919 * i;
        threads[i].given = allocate(&threads[i], 8);
        is_taken[i] = true;
    }
    for (unsigned i = 0; i < thread_count; i++)
        if (pthread_create(&threads[i].id, NULL, run, &threads[i]) != 0)
            exit(2);
}

int main(int argc, char **argv)
{
    if (argc != 5 || (thread_count = (unsigned)atoi(argv[3])) == 0 || thread_count >= THREADS_MOST) {
        fprintf(stderr, "usage: loads LOAD ALLOCATOR THREADS MILLISECONDS\n");
        return 2;
    }
    load = find(argv[1]);
    allocator = allocator_load(argv[2]);
    allocator_start(&allocator);
    const long milliseconds = atol(argv[4]);
    const struct timespec span = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    const uint64_t began = nanoseconds();
    uint64_t operations = 0;

    start_threads();
    nanosleep(&span, NULL);
    __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < thread_count; i++) {
        pthread_join(threads[i].id, NULL);
        operations += threads[i].operations;
    }
    printf("%.0f\n", (double)operations * 1e9 / (double)(nanoseconds() - began));
    return 0;
}
