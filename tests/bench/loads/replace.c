/* SPDX-License-Identifier: MIT
 *
 * replace.c: the image that counts calls which leave the hot path where blocks are replaced at random.
 *
 * Blocks have 64 bytes; 100, 1,000 and 10,000 of them live. One is freed, another allocated; the second half of
 * the rounds counts. A call has left the hot path if it takes half as much again as one that surely stays on
 * it: that of a block which was freed right before. Prints a row for each number of blocks: machine, blocks,
 * rounds, mallocs and frees that left the hot path, instructions of all mallocs, and of all frees.
 */
#include "../../../examples/common/print.h"
#include "../instructions/measure.h"
#include "machine.h"
#include "quarry.h"

enum { BLOCKS_MOST = 10000, BLOCK_BYTES = 64, ROUNDS_A_BLOCK = 8, ROUNDS_LEAST = 4000, CLASSES = 1024 };

static void *blocks[BLOCKS_MOST];
static unsigned malloc_counts[CLASSES], free_counts[CLASSES];
static unsigned random_state;

static unsigned random_below(unsigned most)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (unsigned)(((uint64_t)random_state * most) >> 32);
}

static void count(unsigned *counts, uint32_t instructions)
{
    counts[instructions < CLASSES ? instructions : CLASSES - 1]++;
}

/* How many calls took half as much again as a hot one; *sum: what all took. */
static unsigned outside(const unsigned *counts, uint32_t hot, unsigned *sum)
{
    unsigned found = 0;
    *sum = 0;
    for (unsigned took = 0; took < CLASSES; took++) {
        found += 2 * took > 3 * hot ? counts[took] : 0;
        *sum += took * counts[took];
    }
    return found;
}

static void *exchange(struct quarry_heap *heap, void *block, uint32_t *freed, uint32_t *allocated)
{
    measure(MEASURED(quarry_free), (uintptr_t)heap, (uintptr_t)block, 0, 0, freed);
    return (void *)measure(MEASURED(quarry_malloc), (uintptr_t)heap, BLOCK_BYTES, 0, 0, allocated);
}

static bool replace(struct quarry_heap *heap, unsigned live)
{
    unsigned rounds = live * ROUNDS_A_BLOCK < ROUNDS_LEAST ? ROUNDS_LEAST : live * ROUNDS_A_BLOCK;
    for (unsigned i = 0; i < CLASSES; i++)
        malloc_counts[i] = free_counts[i] = 0;
    random_state = 1;
    uint32_t hot_free = 0, hot_malloc = 0;
    void *first = quarry_malloc(heap, BLOCK_BYTES), *second = quarry_malloc(heap, BLOCK_BYTES);
    second = exchange(heap, second, &hot_free, &hot_malloc);
    quarry_free(heap, first);
    quarry_free(heap, second);
    for (unsigned i = 0; i < live; i++)
        blocks[i] = quarry_malloc(heap, BLOCK_BYTES);
    for (unsigned round = 0; round < 2 * rounds; round++) {
        unsigned at = random_below(live);
        uint32_t freed, allocated;
        blocks[at] = exchange(heap, blocks[at], &freed, &allocated);
        if (blocks[at] == NULL)
            return false;
        if (round >= rounds) {
            count(free_counts, freed);
            count(malloc_counts, allocated);
        }
    }
    for (unsigned i = 0; i < live; i++)
        quarry_free(heap, blocks[i]);
    unsigned malloc_sum, free_sum;
    print_text("row\t");
    print_text(machine_name);
    print_text("\t");
    print_field(live);
    print_field(rounds);
    print_field(outside(malloc_counts, hot_malloc, &malloc_sum));
    print_field(outside(free_counts, hot_free, &free_sum));
    print_field(malloc_sum);
    print_field(free_sum);
    print_text("\n");
    return true;
}

int main(void)
{
    struct machine_ram ram = machine_free_ram(0);
    if (!measure_start())
        return 1;
    for (unsigned live = 100; live <= BLOCKS_MOST; live *= 10) {
        struct quarry_heap *heap = quarry_create(ram.start, ram.bytes, NULL);
        if (heap == NULL || !replace(heap, live)) {
            print_text("FAILED: memory is short\n");
            return 1;
        }
    }
    return 0;
}
