/* SPDX-License-Identifier: MIT
 *
 * zend.c: growth.c's curves for PHP's allocator, Zend MM, on the host: nanoseconds of a pair of calls.
 *
 * Zend MM's geometry is its own: pages of 4 KB, chunks of 2 MB, larger blocks are huge. A figure is the least mean of
 * some repetitions, since whatever else the host does only adds to it. Prints the finished table.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Zend/zend_alloc.h, of a release build. */
void start_memory_manager(void);
void *_emalloc(size_t bytes);
void _efree(void *block);

enum {
    ROUNDS = 400,
    REPETITIONS = 9,
    PAGE_BYTES = 4096,
    CHUNK_PAGES = 511,
    MOST_CHUNKS = 64,
    MOST_BLOCKS = 1000000,
    MOST_HUGE = 4096,
    HUGE_BYTES = 2 << 20,
    MOST_FREE_CHUNKS = 64,
    LONG_PAGES = 16,
};

static void *blocks[MOST_BLOCKS];
static size_t count;
static uint32_t dice = 1;

static uint32_t below(uint32_t limit)
{
    dice ^= dice << 13;
    dice ^= dice >> 17;
    dice ^= dice << 5;
    return (uint32_t)(((uint64_t)dice * limit) >> 32);
}

static void *needed(void *block)
{
    if (block == NULL) {
        fprintf(stderr, "zend: a request was not served\n");
        exit(1);
    }
    return block;
}

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static size_t small_size(void)
{
    return 16 + below(113);
}

static size_t any_size(void)
{
    static const uint16_t sizes[] = {16, 24, 32, 48, 64, 100, 150, 300, 700, 3000};
    return sizes[below(sizeof sizes / sizeof sizes[0])];
}

static size_t huge_size(void)
{
    return HUGE_BYTES;
}

static void exchange(size_t (*size)(void))
{
    void **block = &blocks[below((uint32_t)count)];
    _efree(*block);
    *block = needed(_emalloc(size()));
}

static size_t long_size(void)
{
    return (size_t)LONG_PAGES * PAGE_BYTES;
}

static void take_and_give(size_t (*size)(void))
{
    _efree(needed(_emalloc(size())));
}

/* Times pairs, prints a row, gives all blocks back. */
static void measure(const char *curve, size_t n, void (*pair)(size_t (*size)(void)), size_t (*size)(void))
{
    double least = 0;
    for (unsigned repetition = 0; repetition < REPETITIONS; repetition++) {
        double before = now_ns();
        for (unsigned round = 0; round < ROUNDS; round++)
            pair(size);
        double mean = (now_ns() - before) / ROUNDS;
        if (repetition == 0 || mean < least)
            least = mean;
    }
    printf("%s\t%zu\t%.1f\n", curve, n, least);
    while (count != 0)
        if (blocks[--count] != NULL)
            _efree(blocks[count]);
}

static void fill(size_t n, size_t (*size)(void))
{
    while (count < n)
        blocks[count++] = needed(_emalloc(size()));
}

static void curve_chunks(size_t n)
{
    for (size_t bytes = 0, size; bytes < n * CHUNK_PAGES * PAGE_BYTES; bytes += size)
        blocks[count++] = needed(_emalloc(size = any_size()));
    measure("chunks", n, exchange, any_size);
}

static void curve_blocks(size_t n)
{
    fill(n, small_size);
    measure("blocks", n, exchange, small_size);
}

static void curve_huge(size_t n)
{
    fill(n, huge_size);
    measure("huge", n, exchange, huge_size);
}

static void curve_fragmentation(size_t n)
{
    while (count < 2 * n * CHUNK_PAGES)
        blocks[count++] = needed(_emalloc(PAGE_BYTES));
    for (size_t i = 0; i < count; i += 2) {
        _efree(blocks[i]);
        blocks[i] = NULL;
    }
    measure("fragmentation", n, take_and_give, long_size);
}

static void play(void (*curve)(size_t n), size_t most)
{
    for (size_t n = 1; n < most; n *= 4)
        curve(n);
    curve(most);
}

int main(void)
{
    start_memory_manager();
    printf("# title: Zend MM: what a pair of calls costs the more there is\n"
           "# command: make build/bench/growth-zend.tsv\n"
           "# note: Nanoseconds of a free and a malloc on the build host, the least mean of %d times %d pairs: read "
           "how "
           "they grow, not how long they take. The curves are those of growth-*.tsv, in Zend MM's own geometry "
           "(PHP 8.2: pages of 4 KB, chunks of 2 MB, huge blocks of 2 MB, each mapped by the kernel).\n"
           "curve\tn\tns\n",
           REPETITIONS, ROUNDS);
    play(curve_chunks, MOST_CHUNKS);
    play(curve_blocks, MOST_BLOCKS);
    play(curve_huge, MOST_HUGE);
    play(curve_fragmentation, MOST_FREE_CHUNKS);
    return 0;
}
