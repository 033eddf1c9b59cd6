/* SPDX-License-Identifier: MIT
 *
 * locate.c: see locate.h. Looking up, then sizes.
 */
#include "locate.h"

BITS_COLD enum run_freed qi_heap_report_damage(const struct quarry_heap *heap, const void *place)
{
    qi_report_damage(&heap->bins.runs.chunks.source.reporter, place);
    return RUN_REFUSED;
}

/* --- looking up --- */

BITS_NOINLINE unsigned qi_heap_locate(const struct quarry_heap *heap, const void *address, unsigned level,
                                      struct heap_block *block)
{
    struct chunk *chunk = run_chunk_of(&heap->bins.runs, address);
    block->kind = QUARRY_HUGE; /* every field, so that no compiler wonders */
    block->slot = 0;
    block->run.chunk = chunk;
    block->run.page = 0;
    block->run.code = PAGE_NOTHING;
    if (chunk == NULL)
        return chunk_is_valid(&heap->bins.runs.chunks.first) ? QUARRY_INVALID_POINTER : QUARRY_CORRUPT;
    size_t offset = chunk_offset(chunk, address);
    size_t page = offset >> UNITS_PAGE_SHIFT;
    if (page >= chunk->page_count) {
        if (chunk->page_count != 0 || offset != 0)
            return QUARRY_INVALID_POINTER;
        /* Whether it is live, and how long it is, depends on its origin. */
        if (!chunk_origin_is_valid((const struct added_chunk *)(const void *)chunk))
            return QUARRY_CORRUPT;
        return chunk_is_idle(chunk) ? QUARRY_DOUBLE_FREE : 0;
    }
    unsigned code = chunk_run_code(chunk->codes, &page);
    block->run.code = code;
    block->run.page = page;
    offset -= page << UNITS_PAGE_SHIFT;
    if (bits_likely(code >= PAGE_SMALL)) {
        const struct bin_shape *shape = bin_shape_of(code);
        block->kind = QUARRY_SMALL;
        block->slot = bin_slot_at(shape, offset);
        if (!bin_run_is_valid(&block->run))
            return QUARRY_CORRUPT;
        if (level != 0 && block->slot >= shape->slots)
            return QUARRY_INVALID_POINTER;
        if (cache_has(heap, address))
            return QUARRY_DOUBLE_FREE;
        return level == 0 || small_is_used(&block->run, block->slot) ? 0 : QUARRY_DOUBLE_FREE;
    }
    block->kind = QUARRY_LARGE;
    if (level == 0)
        return 0;
    if (offset != 0) /* on an edge: a damaged code leads before the first page */
        return control_valid(code != PAGE_EDGE) ? QUARRY_INVALID_POINTER : QUARRY_CORRUPT;
    if (code == PAGE_LARGE && !run_length_is_valid(chunk, page, control_length_at_start(chunk->maps, page)))
        return QUARRY_CORRUPT;
    return code == PAGE_LARGE ? 0 : page_code_is_free(code) ? QUARRY_DOUBLE_FREE : QUARRY_INVALID_POINTER;
}

/* Does a free run start at a page of the chunk, and reach to another page? */
static bool is_free_from(const struct chunk *chunk, size_t first, size_t page)
{
    const size_t pages = control_length_at_start(chunk->maps, first);
    return chunk->codes[first] == PAGE_FREE && run_length_is_valid(chunk, first, pages) && page - first < pages;
}

/* Does a free run end at a page of the chunk, and begin at another page or before it? */
static bool is_free_up_to(const struct chunk *chunk, size_t last, size_t page)
{
    const size_t pages = control_length_at_end(chunk->maps, last);
    return chunk->codes[last] == PAGE_FREE_END && pages - 1 <= last && last + 1 - pages <= page &&
           is_free_from(chunk, last + 1 - pages, page);
}

BITS_COLD unsigned qi_heap_wrong_with(const struct quarry_heap *heap, const void *address, unsigned found)
{
    enum { MOST_PAGES = 64 }; /* away, that are looked at */
    const struct chunk *chunk = run_chunk_of(&heap->bins.runs, address);
    if (found != QUARRY_INVALID_POINTER || ((uintptr_t)address & (UNITS_GRANULE_BYTES - 1)) != 0 || chunk == NULL ||
        !chunk_holds(chunk, address))
        return found;
    const size_t page = chunk_offset(chunk, address) >> UNITS_PAGE_SHIFT;
    for (size_t away = 0; away < MOST_PAGES; away++)
        if ((away <= page && is_free_from(chunk, page - away, page)) ||
            (away < chunk->page_count - page && is_free_up_to(chunk, page + away, page)))
            return QUARRY_DOUBLE_FREE;
    return found;
}

/* --- sizes --- */

size_t qi_heap_whole_bytes(const struct heap_block *block)
{
    switch (block->kind) {
    case QUARRY_SMALL:
        return bin_slot_bytes(bin_of_code(block->run.code));
    case QUARRY_LARGE:
        return units_bytes_from_pages(control_length_at_start(block->run.chunk->maps, block->run.page));
    default:
        return huge_usable_bytes(block->run.chunk);
    }
}

/* It reads only what stays as it was when the heap was made, since it may be asked without the lock. */
size_t qi_heap_good_bytes(const struct quarry_heap *heap, size_t bytes)
{
    if (bytes <= BIN_MAX_BYTES)
        return bin_slot_bytes(bin_of_bytes(bytes == 0 ? 1 : bytes));
    size_t pages = units_pages_from_bytes(bytes);
    if (heap_sourced_or_null(heap) == NULL || pages <= heap_fresh_chunk_pages(heap))
        return pages << UNITS_PAGE_SHIFT;
    return huge_good_bytes(bytes);
}

/* What a block of that kind has for so many bytes, if nothing makes it larger. */
size_t qi_heap_good_bytes_of_kind(unsigned kind, size_t bytes)
{
    if (kind == QUARRY_HUGE)
        return huge_good_bytes(bytes);
    if (bytes > BIN_MAX_BYTES)
        return units_bytes_from_pages(units_pages_from_bytes(bytes));
    return bin_slot_bytes(bin_of_bytes(bytes == 0 ? 1 : bytes));
}

bool qi_heap_size_fits(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes)
{
    if (bytes > qi_heap_whole_bytes(block))
        return false;
    return control_word(heap, has_oversized) != 0 ||
           qi_heap_good_bytes_of_kind(block->kind, bytes) == qi_heap_whole_bytes(block);
}
