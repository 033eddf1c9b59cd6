/* SPDX-License-Identifier: MIT
 *
 * show.c: see check.h. What a walk shows of blocks, free slots and free runs.
 */
#include "check.h"

bool qi_check_show_block(const struct check_visitor *visitor, const uint8_t *start, size_t whole_bytes,
                         enum quarry_block_kind kind)
{
    struct quarry_block block;
    block.pointer = (void *)(uintptr_t)start;
    block.bytes = whole_bytes;
    block.free = false;
    block.kind = kind;
    return visitor->visit(visitor->context, &block);
}

/* Shows a free slot, or a run of free pages. */
static bool visit_free(const struct check_visitor *visitor, const uint8_t *start, size_t bytes,
                       enum quarry_block_kind kind)
{
    struct quarry_block block;
    block.pointer = (void *)(uintptr_t)start;
    block.bytes = bytes;
    block.free = true;
    block.kind = kind;
    return visitor->visit(visitor->context, &block);
}

static bool visit_slots(const struct check_visitor *visitor, const struct check_stretch *stretch)
{
    struct bin_run run = check_run_of(stretch);
    size_t bytes = bin_slot_bytes(bin_of_code(run.code));
    unsigned slots = bin_shape_of(run.code)->slots;
    for (unsigned slot = 0; slot < slots; slot++) {
        const uint8_t *start = bin_run_start(&run) + slot * bytes;
        if (small_is_used(&run, slot) ? !qi_check_show_block(visitor, start, bytes, QUARRY_SMALL)
                                      : !visit_free(visitor, start, bytes, QUARRY_SMALL))
            return false;
    }
    return true;
}

bool qi_check_show(const struct check_visitor *visitor, const struct check_stretch *stretch)
{
    if (stretch->code >= PAGE_SMALL)
        return visit_slots(visitor, stretch);
    const uint8_t *start = chunk_page_address(stretch->chunk, stretch->page);
    const size_t bytes = units_bytes_from_pages(stretch->pages);
    return stretch->code == PAGE_FREE ? visit_free(visitor, start, bytes, QUARRY_LARGE)
                                      : qi_check_show_block(visitor, start, bytes, QUARRY_LARGE);
}

bool qi_check_show_huge(const struct check_visitor *visitor, const struct chunk *chunk)
{
    if (chunk_is_idle(chunk))
        return visit_free(visitor, (const uint8_t *)chunk + RESERVE_HEADER_BYTES, chunk->bytes - RESERVE_HEADER_BYTES,
                          QUARRY_LARGE);
    return qi_check_show_block(visitor, chunk->pages, huge_usable_bytes(chunk), QUARRY_HUGE);
}
