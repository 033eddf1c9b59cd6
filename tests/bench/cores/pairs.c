/* SPDX-License-Identifier: MIT
 *
 * pairs.c: what a malloc and a free of small blocks cost when CORES_COUNT cores use one heap, in exact instructions.
 *
 * QEMU runs one core at a time, and with -icount counts the instructions of all. A timer that ends the turn of a core
 * after 16 instructions makes the cores run side by side: while one waits, the others go on at the same speed. The
 * share of the instructions that one core has is its time.
 *
 * Each core has a ring of 32 blocks of 16 to 256 bytes, frees the oldest and allocates the next. Of what a pair takes
 * the loop around the calls is subtracted, which is measured with functions that do nothing.
 */
#include "quarry.h"

#include "../../../examples/common/print.h"
#include "../instructions/counter.h"
#include "machine.h"
#include "qemu/cores.h"

enum { RING = 32, SIZES = 64, WARM_UP = 1000 };

/* A number, not an object. */
extern char CORES_COUNT[];

#define WINDOW_INSTRUCTIONS 4000000u

struct quarry_heap *heap;

struct core {
    uint64_t pairs, locks, waits, wait_began, longest_wait;
    bool is_waiting;
    void *ring[RING];
} __attribute__((aligned(128)));

static struct core cores[MACHINE_CORES_MAX];
static uint16_t sizes[SIZES];
static bool is_over;
static unsigned arrived;

static uint64_t instructions(void)
{
    return counter_read() / (1024 * 2 / counter_half_ns);
}

/* --- notes (port/arch_port.h) --- */

/* Called at each attempt to get the lock. */
void cores_note_try(void);
void cores_note_try(void)
{
    struct core *c = &cores[machine_core()];

    c->locks += !c->is_waiting;
}

void cores_note_pause(void);
void cores_note_pause(void)
{
    struct core *c = &cores[machine_core()];
    const uint64_t now = instructions();

    if (!c->is_waiting) {
        c->is_waiting = true;
        c->wait_began = now;
        c->waits++;
    }
    if (now - c->wait_began > c->longest_wait)
        c->longest_wait = now - c->wait_began;
}

/* Called when a core opens its interrupts: it has had the lock. */
void cores_note_end(void);
void cores_note_end(void)
{
    cores[machine_core()].is_waiting = false;
}

/* --- pairs --- */

struct calls {
    void *(*allocate)(struct quarry_heap *heap, size_t bytes);
    void (*release)(struct quarry_heap *heap, void *block);
};

static __attribute__((noinline)) void *allocate_nothing(struct quarry_heap *of, size_t bytes)
{
    (void)bytes;
    return of;
}

static __attribute__((noinline)) void release_nothing(struct quarry_heap *of, void *block)
{
    (void)of, (void)block;
    __asm__ volatile("" : : : "memory");
}

static void make_pairs(const volatile struct calls *calls, struct core *c, uint64_t most)
{
    for (unsigned i = 0; !__atomic_load_n(&is_over, __ATOMIC_RELAXED) && c->pairs < most; i++) {
        void **place = &c->ring[i % RING];

        calls->release(heap, *place);
        *place = calls->allocate(heap, sizes[i % SIZES]);
        c->pairs++;
    }
}

static const volatile struct calls quarry = {quarry_malloc, quarry_free}, nothing = {allocate_nothing, release_nothing};

/* Sixteen times the instructions of the loop, once around. */
static uint64_t loop_sixteenths(void)
{
    static struct core alone;
    const uint64_t began = instructions();

    make_pairs(&nothing, &alone, WARM_UP * 16);
    return (instructions() - began) / WARM_UP;
}

static void arrive(unsigned core)
{
    struct core *c = &cores[core];

    make_pairs(&quarry, c, WARM_UP);
    __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < (uintptr_t)CORES_COUNT) {
    }
}

static void work(unsigned core)
{
    arrive(core);
    make_pairs(&quarry, &cores[core], UINT64_MAX);
}

/* The PC's timer 0, which no core is told of: QEMU ends the turn of a core when it is due. */
static void begin_turns(void)
{
    const uint16_t ticks = 20; /* of 838 ns, and an instruction is 1,024 ns */

    __asm__ volatile("outb %b0, $0x43" : : "a"(0x34));
    __asm__ volatile("outb %b0, $0x40" : : "a"(ticks & 0xff));
    __asm__ volatile("outb %b0, $0x40" : : "a"(ticks >> 8));
}

static void say(const char *text, uint64_t number)
{
    print_text(text);
    print_number((size_t)number, 0);
    print_text("\n");
}

static void report(uint64_t took, uint64_t loop)
{
    struct core sum = {0};

    for (unsigned i = 0; i < (uintptr_t)CORES_COUNT; i++) {
        sum.pairs += cores[i].pairs - WARM_UP;
        sum.locks += cores[i].locks;
        sum.waits += cores[i].waits;
        if (cores[i].longest_wait > sum.longest_wait)
            sum.longest_wait = cores[i].longest_wait;
    }
    const uint64_t all_pairs = sum.pairs + WARM_UP * (uintptr_t)CORES_COUNT;

    say("instructions, hundredths: ", took * 100 / sum.pairs - loop * 100 / 16);
    say("locks, of a million pairs: ", sum.locks * 1000000 / all_pairs);
    say("waits, of a million pairs: ", sum.waits * 1000000 / all_pairs);
    say("longest wait: ", sum.longest_wait / (uintptr_t)CORES_COUNT);
}

int main(void)
{
    const struct machine_ram ram = machine_free_ram(0);

    heap = quarry_create(ram.start, 4u << 20, NULL);
    for (unsigned i = 0; i < SIZES; i++)
        sizes[i] = (uint16_t)(16 + i * 29 % 64 * 241 / 64);
    const uint64_t loop = loop_sixteenths();
    begin_turns();
    if (heap == NULL || machine_start_cores((unsigned)(uintptr_t)CORES_COUNT, work) != (uintptr_t)CORES_COUNT)
        return 1;
    arrive(0);
    const uint64_t began = instructions();
    struct core *c = &cores[0];
    uint64_t now;

    do {
        make_pairs(&quarry, c, c->pairs + 16);
        now = instructions();
    } while (now - began < WINDOW_INSTRUCTIONS);
    __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
    report(now - began, loop);
    return 0;
}
