/* SPDX-License-Identifier: MIT
 *
 * work.c: what each core does: it allocates, resizes and frees blocks of the heap that all share, hands every other one
 * to a core that frees it, and has a request heap of its own, which ends now and then.
 *
 * A block is handed over by a mailbox: a word for each core that sends and each that receives, 0 when it is empty.
 * Every block has its own bytes in it, at both ends, so that memory with two owners is noticed.
 */
#include "quarry.h"
#include "quarry/emalloc.h"

#include "cores.h"

enum { HELD = 24, REQUEST_BLOCKS = 16, REQUEST_STEPS = 4000, EDGE_BYTES = 16 };

struct held {
    unsigned char *block;
    size_t bytes;
    unsigned char value;
};

/* Lies at the start of a block that is sent. */
struct letter {
    size_t bytes;
    unsigned char value;
};

struct core {
    unsigned number, cores;
    uint32_t random;
    struct held held[HELD];
    struct held request[REQUEST_BLOCKS];
};

static struct core all[MACHINE_CORES_MAX];
static struct letter *mail[MACHINE_CORES_MAX][MACHINE_CORES_MAX]; /* to, from */

static uint32_t below(struct core *c, uint32_t limit)
{
    c->random ^= c->random << 13;
    c->random ^= c->random >> 17;
    c->random ^= c->random << 5;
    return (uint32_t)((uint64_t)c->random * limit >> 32);
}

/* Mostly small, at times large. */
static size_t some_bytes(struct core *c)
{
    static const uint16_t limits[8] = {32, 32, 64, 64, 128, 128, 400, 3000};

    return sizeof(struct letter) + below(c, limits[below(c, 8)]);
}

static size_t edge(const struct held *held)
{
    return held->bytes < EDGE_BYTES ? held->bytes : EDGE_BYTES;
}

static void fill(struct held *held)
{
    for (size_t i = 0; i < edge(held); i++)
        held->block[i] = held->block[held->bytes - 1 - i] = held->value;
}

static void look(const struct held *held)
{
    for (size_t i = 0; i < edge(held); i++)
        if (held->block[i] != held->value || held->block[held->bytes - 1 - i] != held->value)
            cores_fail("a block does not hold what its owner wrote");
}

static void own(struct core *c, struct held *held, void *block, size_t bytes)
{
    *held = (struct held){block, bytes, (unsigned char)(c->number << 5 | (c->random & 31))};
    if (block != NULL)
        fill(held);
}

static void *allocate(struct core *c, size_t bytes)
{
    switch (below(c, 8)) {
    case 0:
        return quarry_calloc(cores_heap, 1, bytes);
    case 1:
        return quarry_aligned_alloc(cores_heap, (size_t)8 << below(c, 4), bytes);
    default:
        return quarry_malloc(cores_heap, bytes);
    }
}

/* --- mail --- */

/* The block is freed by the core that receives it. */
static bool send(struct core *c, struct held *held)
{
    const unsigned to = (c->number + 1 + below(c, c->cores - 1)) % c->cores;
    struct letter *letter = (struct letter *)(void *)held->block;

    if (__atomic_load_n(&mail[to][c->number], __ATOMIC_ACQUIRE) != NULL)
        return false;
    look(held);
    *letter = (struct letter){held->bytes, held->value};
    __atomic_store_n(&mail[to][c->number], letter, __ATOMIC_RELEASE);
    held->block = NULL;
    return true;
}

/* Of the block's own bytes, those at its end are still there. */
static void receive(const struct core *c, unsigned from)
{
    struct letter *letter = __atomic_load_n(&mail[c->number][from], __ATOMIC_ACQUIRE);

    if (letter == NULL)
        return;
    __atomic_store_n(&mail[c->number][from], NULL, __ATOMIC_RELEASE);
    const size_t bytes = letter->bytes;
    if (bytes > sizeof *letter && ((unsigned char *)letter)[bytes - 1] != letter->value)
        cores_fail("a block that was handed over does not hold what its sender wrote");
    quarry_free(cores_heap, letter);
}

/* --- one operation --- */

static void change_own_block(struct core *c)
{
    struct held *held = &c->held[below(c, HELD)];
    const size_t bytes = some_bytes(c);

    if (held->block == NULL) {
        own(c, held, allocate(c, bytes), bytes);
        return;
    }
    look(held);
    if (below(c, 8) == 0) {
        void *block = quarry_realloc(cores_heap, held->block, bytes);
        if (block != NULL)
            own(c, held, block, bytes);
    } else if (below(c, 2) == 0 || !send(c, held)) {
        quarry_free(cores_heap, held->block);
        held->block = NULL;
    }
}

/* The request heap: its memory is a block of the heap that all cores share. */
static void change_request_block(struct core *c)
{
    struct held *held = &c->request[below(c, REQUEST_BLOCKS)];
    const size_t bytes = some_bytes(c);

    if (held->block == NULL) {
        own(c, held, emalloc(bytes), bytes);
        return;
    }
    look(held);
    efree(held->block);
    held->block = NULL;
}

static void end_request(struct core *c)
{
    for (unsigned i = 0; i < REQUEST_BLOCKS; i++)
        c->request[i].block = NULL;
    shutdown_memory_manager(true, false);
}

static void free_all(struct core *c)
{
    for (unsigned i = 0; i < HELD; i++)
        quarry_free(cores_heap, c->held[i].block);
    for (unsigned from = 0; from < c->cores; from++)
        receive(c, from);
}

/* The first core has its request heap from start_memory_manager(). */
static bool begin_requests(void)
{
    if (zend_mm_get_heap() == NULL)
        zend_mm_set_heap(zend_mm_startup());
    zend_mm_set_fallible(true);
    return zend_mm_get_heap() != NULL;
}

void cores_work(unsigned core, unsigned cores, unsigned long operations)
{
    struct core *c = &all[core];

    c->number = core;
    c->cores = cores;
    c->random = 12345 + 7919 * core;
    if (!begin_requests())
        cores_fail("a core has no request heap");
    cores_meet(cores);
    for (unsigned long i = 1; i <= operations; i++) {
        if (i % 4 == 0)
            change_request_block(c);
        else
            change_own_block(c);
        receive(c, (unsigned)(i % cores));
        if (i % REQUEST_STEPS == 0)
            end_request(c);
        if (core == 0 && i % (operations / 4) == 0 && !quarry_check(cores_heap))
            cores_fail("the heap is damaged while the cores work");
    }
    cores_meet(cores);
    free_all(c);
    if (!quarry_check(zend_mm_get_heap()))
        cores_fail("a request heap is damaged");
    if (core != 0)
        zend_mm_shutdown(zend_mm_get_heap(), true, true);
    cores_meet(cores);
}
