/* SPDX-License-Identifier: MIT
 *
 * show.c: see check.h. What a walk shows of blocks, free slots and free runs.
 */
#include "check.h"

/* Shows a live block, or a free slot or run of free pages. */
static bool visit(const struct check_visitor *visitor, const uint8_t *start, size_t bytes, enum quarry_block_kind kind,
                  bool is_free)
{
    const struct quarry_block block = {.pointer = start, .bytes = bytes, .free = is_free, .kind = kind};
    return visitor->visit(visitor->context, &block);
}

static bool visit_slots(const struct check_visitor *visitor, const struct check_stretch *stretch)
{
    struct bin_run run = check_run_of(stretch);
    size_t bytes = bin_slot_bytes(bin_of_code(run.code));
    unsigned slots = bin_shape_of(run.code)->slots;
    for (unsigned slot = 0; slot < slots; slot++) {
        const uint8_t *start = bin_run_start(&run) + slot * bytes;
        if (!visit(visitor, start, bytes, QUARRY_SMALL, !small_is_used(&run, slot)))
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
    return visit(visitor, start, bytes, QUARRY_LARGE, stretch->code == PAGE_FREE);
}

bool qi_check_show_huge(const struct check_visitor *visitor, const struct chunk *chunk)
{
    const uint8_t *start = (const uint8_t *)chunk + RESERVE_HEADER_BYTES;
    return chunk_is_idle(chunk) ? visit(visitor, start, chunk->bytes - RESERVE_HEADER_BYTES, QUARRY_LARGE, true)
                                : visit(visitor, chunk->pages, huge_usable_bytes(chunk), QUARRY_HUGE, false);
}
