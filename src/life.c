/* SPDX-License-Identifier: MIT
 *
 * life.c: see heap.h. The life of a heap: how it is made, grows by a region, is reset and ends.
 */
#include "bytes.h"
#include "heap.h"

struct quarry_heap *qi_heap_format(void *memory, size_t bytes, const struct quarry_options *options, uint8_t *control)
{
    struct quarry_heap *heap = memory;
    memory_allocated(NULL, heap, (size_t)(control - (uint8_t *)memory)); /* is read without the lock too */
    qi_bytes_clear(heap, sizeof *heap);
    qi_report_set_secret(&heap_source(heap)->reporter, options != NULL ? options->entropy : 0);
    chunk_set_link(&heap_chunks(heap)->first.next, NULL);
    chunk_set_link(&heap_chunks(heap)->root, NULL);
    control = cache_place(heap, qi_run_place_heads(&heap->bins.runs, control, (uintptr_t)memory + bytes), bytes);
    qi_bin_format(&heap->bins);
    struct chunk *first = &heap_chunks(heap)->first;
    first->bytes = bytes;
    if (!qi_chunk_format(first, control, (uintptr_t)memory + bytes))
        return NULL;
    qi_chunk_set_begin(heap_chunks(heap));
    heap_source(heap)->hot.bytes = BIN_MAX_BYTES;
    chunk_make_hot(heap_chunks(heap), first);
    if (options != NULL) {
        heap_source(heap)->reporter.context = options->context;
        heap_source(heap)->reporter.on_misuse = options->on_misuse;
        heap_source(heap)->limit_bytes = options->limit_bytes;
        heap->on_oom = options->on_oom;
    }
    control_keep(heap, on_oom_check, ~(uintptr_t)heap->on_oom);
    reporter_seal(&heap_source(heap)->reporter);
    qi_source_seal(heap_source(heap));
    qi_run_add_first(&heap->bins.runs);
    return heap;
}

bool qi_heap_add_region(struct quarry_heap *heap, uint8_t *start, size_t bytes)
{
    struct added_chunk *added = (struct added_chunk *)bits_round_up((uintptr_t)start, QUARRY_ALIGN_BYTES);
    size_t padding = (size_t)((uint8_t *)added - start);
    size_t tail = ((uintptr_t)start + bytes) & (QUARRY_PAGE_BYTES - 1);
    if (bytes < padding + sizeof *added + tail || qi_chunk_pages_that_fit(bytes - padding - sizeof *added - tail) == 0)
        return false; /* nothing was written to the region */
    added->chunk.bytes = bytes - padding;
    chunk_set_origin(added, added, false, padding);
    return qi_run_add_chunk(&heap->bins.runs, added);
}

/* The chunk after this one in the list; NULL: none, or after a report, where the list is damaged and its rest lost. */
struct added_chunk *qi_heap_next_added(const struct quarry_heap *heap, const struct chunk *chunk)
{
    if (!chunk_link_is_valid(&chunk->next))
        qi_heap_report_damage(heap, &chunk->next);
    return chunk_link(&chunk->next);
}

/* May an added chunk, or a huge block's memory, be given back with the length that it says? If not, that is
 * reported, and the memory is lost. */
bool qi_heap_may_be_released(const struct quarry_heap *heap, const struct added_chunk *added)
{
    if (chunk_added_is_valid(added))
        return true;
    qi_heap_report_damage(heap, added);
    return false;
}

/* Gives an added chunk, or the memory of a huge block, back to the source, or else makes it a fresh chunk. */
static void reset_added(struct quarry_heap *heap, struct added_chunk *added)
{
    if (!qi_heap_may_be_released(heap, added))
        return;
    if (chunk_is_from_source(added) && !qi_run_heads_lie_in(&heap->bins.runs, added))
        qi_heap_release_added(heap, added);
    else
        qi_run_add_chunk(&heap->bins.runs, added);
}

/* Can all chunks go back to where they came from? If not, that is reported. */
static bool may_end(const struct quarry_heap *heap)
{
    const struct source *source = &heap->bins.runs.chunks.source;
    if (qi_source_is_valid(source) && (source->provider == NULL || heap_sourced_or_null(heap) != NULL))
        return true;
    qi_heap_report_damage(heap, source);
    return false;
}

void qi_heap_reset(struct quarry_heap *heap)
{
    struct run_set *runs = &heap->bins.runs;
    if (!may_end(heap))
        return;
    if (!chunk_is_valid(&runs->chunks.first)) {
        qi_heap_report_damage(heap, &runs->chunks.first);
        return;
    }
    qi_run_clear(runs);
    qi_bin_format(&heap->bins);
    if (HEAP_NOTES_PEAK_LATE)
        heap->used_peak_bytes = heap_used_peak_bytes(heap);
    heap->below_peak_bytes = heap->used_peak_bytes;
    heap->frees = heap->requests;
    control_keep(heap, has_oversized, 0);
    later_forget(heap);
    if (heap_sourced_or_null(heap) != NULL) {
        qi_bytes_clear(heap_sourced(heap)->cached_chunks, sizeof heap_sourced(heap)->cached_chunks);
        qi_reserve_clear(&heap_sourced(heap)->reserve);
    }
    struct added_chunk *added = qi_heap_next_added(heap, &runs->chunks.first);
    chunk_set_link(&runs->chunks.first.next, NULL); /* the list and the tree are made anew, in one pass */
    chunk_set_link(&runs->chunks.root, NULL);
    qi_chunk_set_begin(&runs->chunks);
    chunk_make_hot(&runs->chunks, &runs->chunks.first);
    while (added != NULL) {
        struct added_chunk *next = qi_heap_next_added(heap, &added->chunk);
        reset_added(heap, added);
        added = next;
    }
    if (!chunk_is_valid(&runs->chunks.first)) { /* damaged while a callback ran */
        qi_heap_report_damage(heap, &runs->chunks.first);
        return;
    }
    qi_chunk_clear(&runs->chunks.first);
    qi_run_add_first(runs);
    if (heap_sourced_or_null(heap) != NULL)
        heap_sourced(heap)->growth->was_reset(heap);
}

void qi_heap_limit_was_set(struct quarry_heap *heap)
{
    if (heap_sourced_or_null(heap) != NULL)
        heap_sourced(heap)->growth->limit_was_set(heap);
}

void qi_heap_destroy(struct quarry_heap *heap)
{
    if (!may_end(heap))
        return;
    if (heap_source(heap)->provider != NULL)
        heap_sourced(heap)->growth->destroy(heap);
}
