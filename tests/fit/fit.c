/* SPDX-License-Identifier: MIT
 *
 * fit.c: how well free memory stays usable, beside first fit and best fit; a program for the host.
 *
 * Regions of 8 KB to 128 MB, half of which are live: blocks of all sizes up to an eighth of the region come and go at
 * random, then most of them go. Quarry, first fit and best fit get the same calls.
 *
 *   - No request is refused while a free run of a longer class than its own is there.
 *   - Of 10,000 requests not one more is refused than by best fit.
 *   - The longest free run that is left is, over some histories, at least nine tenths of best fit's.
 *
 * And on a region of more than half the address space of 32 bits, what largest_free_bytes says can be had, whatever
 * else is live.
 */
#define _DEFAULT_SOURCE 1 /* mmap() with all its flags */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "heap.h"
#include "model.h"

enum { BLOCKS = 600, FIT_CALLS = 6000, MODELS = 2, FIRST = 0, BEST = 1, HISTORIES = 60 };

struct block {
    size_t pages;
    void *start;            /* NULL: not served */
    ptrdiff_t page[MODELS]; /* MODEL_NONE: not served */
};

struct result {
    unsigned long refused, model_refused[MODELS];
    double longest, model_longest[MODELS]; /* of all pages */
};

static struct block blocks[BLOCKS];
static struct model models[MODELS];
static uint64_t state;

static uint32_t random_word(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static size_t random_below(size_t bound)
{
    return (size_t)(((uint64_t)random_word() << 31 | random_word()) % bound);
}

/* Pages of a large block: every length up to most is as likely as any of twice that length. */
static size_t random_pages(size_t least, size_t most)
{
    size_t top = least;
    while (top < most && random_below(8) != 0)
        top *= 2;
    top = top < most ? top : most;
    const size_t half = top / 2 < least ? least : top / 2 + 1;
    return half + random_below(top - half + 1);
}

static size_t longest_pages(const struct quarry_heap *heap)
{
    const struct chunk *chunk = &heap->bins.runs.chunks.first;
    size_t longest = 0;
    for (size_t page = 0; page < chunk->page_count;) {
        const size_t pages = control_length_at_start(chunk->maps, page); /* there are large blocks and free runs only */
        if (chunk->codes[page] == PAGE_FREE && pages > longest)
            longest = pages;
        page += pages;
    }
    return longest;
}

static void begin_block(struct quarry_heap *heap, struct block *block, size_t pages, struct result *result)
{
    block->pages = pages;
    block->start = quarry_malloc(heap, pages * QUARRY_PAGE_BYTES);
    for (unsigned i = 0; i < MODELS; i++) {
        block->page[i] = model_allocate(&models[i], pages);
        result->model_refused[i] += block->page[i] == MODEL_NONE;
    }
    if (block->start != NULL)
        return;
    result->refused++;
    if (run_class(longest_pages(heap)) > run_class(pages)) {
        printf("refused %zu pages while a run of %zu pages is free\n", pages, longest_pages(heap));
        exit(1);
    }
}

static void end_block(struct quarry_heap *heap, struct block *block)
{
    quarry_free(heap, block->start);
    for (unsigned i = 0; i < MODELS; i++)
        if (block->page[i] != MODEL_NONE)
            model_free(&models[i], (size_t)block->page[i], block->pages);
    block->pages = 0;
}

/* One history. */
static void run(void *region, size_t bytes, uint64_t seed, struct result *result)
{
    struct quarry_heap *heap = quarry_create(region, bytes, NULL);
    const size_t all = heap->bins.runs.free_pages, least = BIN_MAX_BYTES / QUARRY_PAGE_BYTES + 1;
    const size_t most = all / 8 > least ? all / 8 : least;
    size_t live = 0;
    state = seed;
    for (unsigned i = 0; i < MODELS; i++)
        model_begin(&models[i], i == BEST, all);
    for (unsigned call = 0; call < FIT_CALLS; call++) {
        struct block *block = &blocks[random_below(BLOCKS)];
        const size_t pages = random_pages(least, most);
        if (block->pages != 0) {
            live -= block->pages;
            end_block(heap, block);
        } else if (live + pages <= all / 2) {
            live += pages;
            begin_block(heap, block, pages, result);
        }
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        if (blocks[i].pages != 0 && random_below(16) != 0)
            end_block(heap, &blocks[i]);
    result->longest += (double)longest_pages(heap) / (double)all;
    for (unsigned i = 0; i < MODELS; i++)
        result->model_longest[i] += (double)model_longest(&models[i]) / (double)all;
    for (unsigned i = 0; i < BLOCKS; i++)
        if (blocks[i].pages != 0)
            end_block(heap, &blocks[i]);
    if (longest_pages(heap) != all) {
        printf("%zu of %zu pages are left in one run\n", longest_pages(heap), all);
        exit(1);
    }
}

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* What largest_free_bytes says can be had. */
static void look_at_promise(struct quarry_heap *heap)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    void *block = quarry_malloc(heap, stats.largest_free_bytes);
    if (block == NULL) {
        printf("%zu bytes were promised and are refused\n", stats.largest_free_bytes);
        exit(1);
    }
    quarry_free(heap, block);
}

static bool look_at_wide_region(void)
{
    size_t bytes = (size_t)3500 << 20;
    uint8_t *region = NULL;
    while (region == NULL && bytes > (size_t)2100 << 20)
        region = map(bytes -= (size_t)50 << 20);
    struct quarry_heap *heap = region == NULL ? NULL : quarry_create(region + 1, bytes - 1, NULL);
    if (heap == NULL) {
        printf("there is no region above 2 GB\n");
        return false;
    }
    look_at_promise(heap);
    for (size_t taken = (size_t)1 << 20; taken < bytes / 2; taken *= 2) {
        void *block = quarry_malloc(heap, taken), *aligned = quarry_aligned_alloc(heap, 65536, taken / 4);
        look_at_promise(heap);
        quarry_free(heap, block);
        look_at_promise(heap);
        quarry_free(heap, aligned);
        look_at_promise(heap);
    }
    munmap(region, bytes);
    return true;
}

int main(void)
{
    const size_t most = (size_t)128 << 20;
    int status = look_at_wide_region() ? 0 : 2;
    void *region = map(most);
    if (region == NULL) {
        perror("mmap");
        return 2;
    }
    printf("%d bits: region, refused by quarry, first fit, best fit; longest run left, per cent\n", (int)BITS_WORD);
    for (size_t bytes = 8192; bytes <= most; bytes *= 4) {

        struct result sum = {0};
        for (uint64_t seed = 1; seed <= HISTORIES; seed++)
            run(region, bytes, seed, &sum);
        printf("%9zu KB %5lu %5lu %5lu   %5.1f %5.1f %5.1f\n", bytes >> 10, sum.refused, sum.model_refused[FIRST],
               sum.model_refused[BEST], 100 * sum.longest / HISTORIES, 100 * sum.model_longest[FIRST] / HISTORIES,
               100 * sum.model_longest[BEST] / HISTORIES);
        if (sum.refused > sum.model_refused[BEST] + HISTORIES * (unsigned long)FIT_CALLS / 20000 ||
            sum.longest < 0.9 * sum.model_longest[BEST])
            status = 1;
    }
    return status;
}
