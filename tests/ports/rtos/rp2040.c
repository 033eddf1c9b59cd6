/* SPDX-License-Identifier: MIT
 *
 * rp2040.c: the registers of an RP2040, and its two cores, which are threads here: they use one heap, and a heap inside
 * of it, at once.
 *
 * The stub is strict: whoever releases a spin lock must have claimed it, with interrupts masked.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "rtos.h"
#include "sio.h"

enum { LOCKS = 32, CALLS = 200000, HELD = 20, NOBODY = 2 };

/* Like CHECK, on either core: it does not count. */
#define MUST(condition) ((condition) ? (void)0 : rtos_check(false, __FILE__, __LINE__, #condition))

static atomic_uint claimed_by[LOCKS] = {[0 ... LOCKS - 1] = NOBODY};
static _Thread_local uint32_t core, primask;
unsigned rtos_locks;
const bool rtos_nests = true;

uint32_t sio_core(void)
{
    return core;
}

int sio_claim(unsigned lock)
{
    unsigned nobody = NOBODY;
    MUST(lock < LOCKS && primask == 1);
    MUST(atomic_load(&claimed_by[lock]) != core); /* it would wait for itself */
    if (!atomic_compare_exchange_strong(&claimed_by[lock], &nobody, core)) {
        sched_yield();
        return 0;
    }
    rtos_locks++; /* under the lock */
    return 1 << lock;
}

void sio_release(unsigned lock)
{
    MUST(primask == 1 && atomic_load(&claimed_by[lock]) == core);
    atomic_store(&claimed_by[lock], NOBODY);
}

uint32_t sio_mask(void)
{
    const uint32_t before = primask;
    primask = 1;
    return before;
}

void sio_restore(uint32_t value)
{
    primask = value;
}

bool rtos_is_locked(void)
{
    unsigned claimed = 0;
    for (unsigned i = 0; i < LOCKS; i++)
        claimed += atomic_load(&claimed_by[i]) == core;
    MUST(claimed <= 1 && (claimed == 1) == (primask == 1));
    return claimed == 1;
}

/* --- both cores --- */

static struct quarry_heap *heaps[2]; /* the second lies in the first */

static void *run_core(void *number)
{
    unsigned char *held[HELD] = {NULL};
    core = (uint32_t)(uintptr_t)number;
    for (unsigned call = 0, random = 12345 + core; call < CALLS; call++) {
        random = random * 1103515245u + 12345u;
        const unsigned slot = random / 65536 % HELD;
        const unsigned char pattern = (unsigned char)(core * 128 + slot);
        struct quarry_heap *heap = heaps[slot % 2];
        if (held[slot] == NULL) {
            held[slot] = quarry_malloc(heap, 1 + random / 256 % 300);
            MUST(held[slot] != NULL);
            *held[slot] = pattern;
        } else {
            MUST(*held[slot] == pattern);
            quarry_free(heap, held[slot]);
            held[slot] = NULL;
        }
    }
    for (unsigned slot = 0; slot < HELD; slot++)
        quarry_free(heaps[slot % 2], held[slot]);
    MUST(!rtos_is_locked());
    return NULL;
}

static void test_masked_caller(void)
{
    const uint32_t was = sio_mask();
    void *block = quarry_malloc(heaps[0], 100);
    CHECK(block != NULL && primask == 1);
    quarry_free(heaps[0], block);
    CHECK(primask == 1);
    sio_restore(was);
}

void rtos_own_tests(void)
{
    static unsigned char region[65536];
    const struct quarry_options small = {.chunk_bytes = 4096};
    struct quarry_stats stats;
    pthread_t second;

    heaps[0] = quarry_create(region, sizeof region, NULL);
    const struct quarry_source parent = quarry_source_from_heap(heaps[0]);
    heaps[1] = quarry_create_from_source(&parent, &small);
    CHECK(heaps[1] != NULL);
    test_masked_caller();
    CHECK(pthread_create(&second, NULL, run_core, (void *)1) == 0);
    run_core((void *)0);
    CHECK(pthread_join(second, NULL) == 0);
    CHECK(quarry_check(heaps[0]) && quarry_check(heaps[1]));
    quarry_get_stats(heaps[1], &stats);
    CHECK(stats.blocks == 0 && stats.requests == stats.frees);
}
