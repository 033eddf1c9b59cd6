/* SPDX-License-Identifier: MIT
 *
 * growth.c: see heap.h. Heaps on a source: chunks and huge blocks come and go, and how such a heap is made and ends.
 */
#include "bytes.h"
#include "heap.h"

/* Is this a chunk of the heap, and not a damaged address? */
static bool is_added_chunk(const struct quarry_heap *heap, const struct added_chunk *added)
{
    return added != NULL && control_valid(qi_chunk_is_added(&heap->bins.runs.chunks, (const void *)added));
}

/* --- growing: heaps on a source --- */

/* The most that a source says it can align to; at least a page. */
static size_t source_align_bytes(const struct quarry_source *provider)
{
    const size_t most = provider->align_max_bytes;
    return most <= QUARRY_PAGE_BYTES ? QUARRY_PAGE_BYTES : (size_t)1 << bits_highest(most);
}

/* (By pointer: small CPUs copy structs by memcpy.) */
static void describe_memory(struct quarry_heap *heap, struct huge_memory *memory)
{
    struct heap_sourced *sourced = heap_sourced(heap);
    memory->set = heap_chunks(heap);
    memory->reserve = sourced->provider.release == NULL ? &sourced->reserve : NULL;
    memory->align_bytes = source_align_bytes(&sourced->provider);
}

/* Idle memory for a chunk of so many bytes, or for a shorter one that has so many pages; NULL: there is none. */
static struct added_chunk *allocate_idle_chunk(const struct huge_memory *memory, size_t bytes, size_t pages)
{
    struct added_chunk *part = qi_reserve_find(memory->reserve, bytes, 0);
    if (part == NULL) {
        part = qi_reserve_longest(memory->reserve);
        if (part == NULL || qi_chunk_pages_that_fit(part->chunk.bytes - sizeof *part) < pages)
            return NULL;
        bytes = part->chunk.bytes;
    }
    return qi_reserve_allocate(memory->set, memory->reserve, part, bytes) ? part : NULL;
}

/* Adds a chunk, in which a run of so many pages fits. */
static bool add_chunk(struct quarry_heap *heap, size_t pages)
{
    const size_t bytes = heap_sourced(heap)->chunk_bytes;
    struct added_chunk *added = NULL;
    struct huge_memory memory;
    describe_memory(heap, &memory);
    if (memory.reserve != NULL)
        added = allocate_idle_chunk(&memory, bytes, pages);
    if (added == NULL)
        added = qi_huge_acquire(&memory, bytes, QUARRY_PAGE_BYTES);
    if (added == NULL)
        return false;
    if (qi_run_add_chunk(&heap->bins.runs, added)) /* GCOVR_EXCL_BR_LINE: the heap's first chunk has more in front */
        return true;
    /* GCOVR_EXCL_START: one that has no room even so; the heap would not be there */
    qi_huge_release(&memory, added);
    return false;
    /* GCOVR_EXCL_STOP */
}

/* Removes a chunk without a block from the heap, and gives it back to the source, or else makes it idle; its bytes, or
 * 0 after a report of damage. */
static size_t release_chunk(struct quarry_heap *heap, struct added_chunk *added)
{
    size_t bytes = added->chunk.bytes;
    struct huge_memory memory;
    if (!qi_run_remove_chunk(&heap->bins.runs, &added->chunk) || !qi_chunk_remove(heap_chunks(heap), added))
        return 0;
    describe_memory(heap, &memory);
    qi_huge_release(&memory, added);
    return bytes;
}

void qi_heap_chunk_emptied(struct quarry_heap *heap, struct added_chunk *added)
{
    struct added_chunk **cached = heap_sourced(heap)->cached_chunks, **room = NULL;
    if (!chunk_is_from_source(added))
        return;
    for (unsigned i = 0; i < HEAP_CACHED_CHUNKS; i++) {
        if (cached[i] == added)
            return;
        if (!is_added_chunk(heap, cached[i]) ||
            !qi_run_chunk_is_free(&cached[i]->chunk)) /* never was, or is in use again */
            room = &cached[i];
    }
    if (room != NULL)
        *room = added;
    else
        release_chunk(heap, added);
}

/* Releases every chunk without a block; their bytes. */
static size_t release_cached_chunks(struct quarry_heap *heap)
{
    struct added_chunk **cached = heap_sourced(heap)->cached_chunks;
    size_t bytes = 0;
    for (unsigned i = 0; i < HEAP_CACHED_CHUNKS; i++) {
        bytes += is_added_chunk(heap, cached[i]) ? release_chunk(heap, cached[i]) : 0;
        cached[i] = NULL;
    }
    return bytes;
}

static size_t trim(struct quarry_heap *heap)
{
    const size_t bytes = release_cached_chunks(heap);
    return heap_sourced(heap)->provider.release != NULL ? bytes : 0;
}

/* A huge block. Chunks without a block go if the source refuses; if it takes nothing back, before it is asked. */
static struct added_chunk *allocate_huge(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    struct added_chunk *huge = NULL;
    struct huge_memory memory;
    describe_memory(heap, &memory);
    if (memory.reserve == NULL) {
        huge = qi_huge_allocate(&memory, bytes, align_bytes);
        return huge != NULL || release_cached_chunks(heap) == 0 ? huge : qi_huge_allocate(&memory, bytes, align_bytes);
    }
    huge = qi_huge_allocate_idle(&memory, bytes, align_bytes);
    if (huge == NULL && release_cached_chunks(heap) != 0)
        huge = qi_huge_allocate_idle(&memory, bytes, align_bytes);
    return huge != NULL ? huge : qi_huge_allocate(&memory, bytes, align_bytes);
}

/* A fresh chunk, or a huge block where no chunk is long enough. */
void *qi_heap_allocate_from_source(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    size_t pages = units_pages_from_bytes(bytes);
    if (align_bytes > QUARRY_PAGE_BYTES)
        pages += (align_bytes >> UNITS_PAGE_SHIFT) - 1;
    if (pages <= heap_fresh_chunk_pages(heap)) {
        if (!add_chunk(heap, pages))
            return NULL;
        void *block = qi_heap_allocate_from_chunks(heap, bytes, align_bytes);
        /* A chunk may be too short for a run of several slots. */
        return block != NULL || bytes > BIN_MAX_BYTES ? block : qi_heap_allocate_pages(heap, bytes, align_bytes);
    }
    struct added_chunk *huge = allocate_huge(heap, bytes, align_bytes);
    if (huge == NULL)
        return NULL;
    heap_count_allocated(heap, huge_usable_bytes(&huge->chunk));
    heap_note_oversized(heap, QUARRY_HUGE, bytes, huge_usable_bytes(&huge->chunk));
    return huge->chunk.pages;
}

enum run_freed qi_heap_free_huge(struct quarry_heap *heap, struct added_chunk *huge)
{
    struct huge_memory memory;
    describe_memory(heap, &memory);
    return qi_huge_free(&memory, huge);
}

bool qi_heap_resize_huge(struct quarry_heap *heap, struct added_chunk **huge, size_t bytes)
{
    struct huge_memory memory;
    describe_memory(heap, &memory);
    return qi_huge_resize(&memory, huge, bytes);
}

/* The largest request that an idle part serves: as a huge block, or as a chunk if no block so short is huge. */
static size_t largest_of_idle(const struct quarry_heap *heap, const struct added_chunk *part)
{
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    if (sourced == NULL) /* damaged: no request is served from it */
        return 0;
    const size_t bytes = part->chunk.bytes, pages = qi_chunk_pages_that_fit(bytes - sizeof *part);
    return bytes > sourced->chunk_bytes || pages > sourced->chunk_pages ? bytes - RESERVE_HEADER_BYTES
                                                                        : units_bytes_from_pages(pages);
}

void qi_heap_add_idle(struct quarry_heap *heap, struct quarry_stats *stats)
{
    struct huge_memory memory;
    describe_memory(heap, &memory);
    if (memory.reserve == NULL)
        return;
    const struct added_chunk *part = qi_reserve_longest(memory.reserve);
    if (part == NULL)
        return;
    const size_t largest = largest_of_idle(heap, part);
    stats->free_bytes += memory.reserve->free_bytes;
    stats->free_runs += memory.reserve->parts;
    if (largest > stats->largest_free_bytes)
        stats->largest_free_bytes = largest;
    if (stats->smallest_free_bytes == 0)
        stats->smallest_free_bytes = part->chunk.bytes - RESERVE_HEADER_BYTES;
}

/* Lays a heap out in a chunk of the provider's. */
static struct quarry_heap *format_sourced(void *memory, size_t bytes, const struct quarry_options *options,
                                          const struct quarry_source *provider, size_t extra_bytes)
{
    struct heap_sourced *sourced = heap_sourced(memory);
    uint8_t *control = (uint8_t *)(sourced + 1) + bits_round_up(extra_bytes, sizeof(void *));
    struct quarry_heap *heap = qi_heap_format(memory, bytes, options, control);
    if (heap == NULL)
        return NULL;
    sourced->growth = &qi_heap_growth;
    sourced->provider.context = provider->context; /* field by field: a struct copy may become a memcpy */
    sourced->provider.acquire = provider->acquire;
    sourced->provider.release = provider->release;
    sourced->provider.extend = provider->extend;
    sourced->provider.truncate = provider->truncate;
    sourced->provider.align_max_bytes = provider->align_max_bytes;
    sourced->chunk_bytes = bytes;
    sourced->chunk_pages = qi_chunk_pages_that_fit(bytes - sizeof(struct added_chunk));
    qi_bytes_clear(sourced->cached_chunks, sizeof sourced->cached_chunks);
    qi_reserve_format(&sourced->reserve);
    control_keep(sourced, seal, heap_sourced_sum(sourced));
    heap_source(heap)->provider = &sourced->provider;
    qi_source_seal(heap_source(heap));
    return heap;
}

struct quarry_heap *qi_heap_create_sourced(const struct quarry_source *provider, const struct quarry_options *options,
                                           size_t extra_bytes)
{
    size_t bytes = QUARRY_CHUNK_BYTES;
    if (options != NULL && options->chunk_bytes != 0)
        bytes = options->chunk_bytes;
    /* What stands in front of the pages, but for their codes and maps. */
    const size_t fixed_bytes =
            sizeof(struct quarry_heap) + sizeof(struct heap_sourced) + (RUN_CLASSES + 1) * sizeof(void *);
    if (!heap_chunk_bytes_are_valid(bytes) ||
        (extra_bytes != 0 && (fixed_bytes > bytes || extra_bytes > bytes - fixed_bytes)))
        return NULL;
    /* The heap is not there yet: a state of its own asks for the memory that it will lie in. */
    struct source asking;
    qi_bytes_clear(&asking, sizeof asking);
    asking.provider = provider;
    asking.limit_bytes = options != NULL ? options->limit_bytes : 0;
    reporter_seal(&asking.reporter);
    qi_source_seal(&asking);
    void *memory = qi_source_ask(&asking, bytes, QUARRY_PAGE_BYTES);
    if (memory == NULL || qi_source_accept(&asking, memory, bytes, QUARRY_PAGE_BYTES) == NULL)
        return NULL;
    struct quarry_heap *heap = format_sourced(memory, bytes, options, provider, extra_bytes);
    if (heap == NULL)
        qi_source_release(&asking, memory, bytes);
    else
        qi_source_count(heap_source(heap), bytes);
    return heap;
}

void qi_heap_release_added(struct quarry_heap *heap, struct added_chunk *added)
{
    struct huge_memory memory;
    describe_memory(heap, &memory);
    qi_huge_release(&memory, added);
}

/* Every chunk is looked at before it is given back, since damage may be done while the chunk before it is. */
static void destroy_sourced(struct quarry_heap *heap)
{
    /* Copies, because the heap's own memory goes last. */
    void *context = heap_sourced(heap)->provider.context;
    void (*release)(void *context, void *memory, size_t bytes) = heap_sourced(heap)->provider.release;
    if (release == NULL)
        return;
    struct hot_limits open; /* nobody will ask for it */
    qi_source_close_hot(heap_source(heap), &open);
    struct added_chunk *added = qi_heap_next_added(heap, &heap_chunks(heap)->first);
    while (added != NULL) {
        struct added_chunk *next = qi_heap_next_added(heap, &added->chunk);
        if (qi_heap_may_be_released(heap, added) && chunk_is_from_source(added))
            release(context, added->start, added->chunk.bytes);
        added = next;
    }
    if (chunk_is_valid(&heap_chunks(heap)->first))
        release(context, heap, heap_chunks(heap)->first.bytes);
    else
        qi_heap_report_damage(heap, &heap_chunks(heap)->first);
}

/* Nothing else is to be done. */
static void do_nothing(struct quarry_heap *heap)
{
    (void)heap;
}

const struct heap_growth qi_heap_growth = {
        .allocate = qi_heap_allocate_from_source,
        .free_huge = qi_heap_free_huge,
        .resize_huge = qi_heap_resize_huge,
        .emptied = qi_heap_chunk_emptied,
        .trim = trim,
        .add_idle = qi_heap_add_idle,
        .was_reset = do_nothing,
        .limit_was_set = do_nothing,
        .destroy = destroy_sourced,
};
