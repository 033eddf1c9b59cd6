/* SPDX-License-Identifier: MIT
 *
 * large_pages.c: pages so large that a chunk or a huge block has no room for one, and that more than the largest bin is
 * an alignment inside a page. The other tests' regions are too small for such pages. For the host only.
 */
#include "quarry.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static size_t acquired_bytes;

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context;
    acquired_bytes += bytes;
    return aligned_alloc(align_bytes, (bytes + align_bytes - 1) / align_bytes * align_bytes);
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context;
    acquired_bytes -= bytes;
    free(memory);
}

/* One page's bytes and the heap do not fit one page's bytes. */
static int chunk_without_page_is_refused(void)
{
    const struct quarry_source source = {.acquire = acquire, .release = release};
    const struct quarry_options options = {.chunk_bytes = QUARRY_PAGE_BYTES};

    return quarry_create_from_source(&source, &options) == NULL && acquired_bytes == 0;
}

/* A source that takes nothing back leaves the heap with memory that no page lies in. */
static int huge_block_without_page_is_lost(void)
{
    const struct quarry_source source = {.acquire = acquire};
    const struct quarry_options options = {.chunk_bytes = 2 * QUARRY_PAGE_BYTES};
    struct quarry_heap *heap = quarry_create_from_source(&source, &options);
    struct quarry_stats before, after;

    quarry_get_stats(heap, &before);
    quarry_free(heap, quarry_malloc(heap, QUARRY_PAGE_BYTES + 1));
    quarry_get_stats(heap, &after);
    return after.free_bytes == before.free_bytes && after.blocks == 0 && quarry_check(heap);
}

static int alignment_above_all_bins_is_served(void)
{
    static _Alignas(QUARRY_PAGE_BYTES) unsigned char region[4 * QUARRY_PAGE_BYTES];
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    void *block = quarry_aligned_alloc(heap, QUARRY_PAGE_BYTES / 2, 10);

    return block != NULL && (uintptr_t)block % (QUARRY_PAGE_BYTES / 2) == 0 && quarry_check(heap);
}

int main(void)
{
    const int passed =
            chunk_without_page_is_refused() + huge_block_without_page_is_lost() + alignment_above_all_bins_is_served();

    printf("%d passed, %d failed\n", passed, 3 - passed);
    return passed != 3;
}
