/* SPDX-License-Identifier: MIT
 *
 * inspect.c: see on.h. What debugging adds to the core's check and walk: both go where the core's walk leads.
 */
#include "debug.h"

#if QUARRY_CHECK_LEVEL >= 3 || QUARRY_MARK != QUARRY_MARK_NONE

/* --- the walk --- */

/* What an owner may use of a block that the core shows. */
static size_t usable_bytes(const struct quarry_heap *heap, const struct quarry_block *block)
{
    size_t bytes;
    if (!FILL_IS_ON)
        return block->bytes - DEBUG_BEHIND_BYTES;
    if (qi_canary_read(debug_reporter(heap), block->pointer, block->bytes, &bytes) != CANARY_LIVE)
        qi_report(debug_reporter(heap), QUARRY_OVERRUN, block->pointer, bytes);
    return bytes;
}

/* Shows a visitor of the caller's what the core shows. */
static bool show(void *context, const struct quarry_block *block)
{
    const struct check_visitor *visitor = context;
    struct quarry_block shown;
    shown.pointer = mark_owners(block->pointer);
    shown.bytes = block->bytes;
    shown.free = block->free;
    shown.kind = block->kind;
    if (!block->free)
        shown.bytes = usable_bytes(visitor->heap, block);
    else if (block->kind == QUARRY_SMALL)
        shown.bytes -= DEBUG_BEHIND_BYTES;
    return visitor->visit(visitor->context, &shown);
}

void qi_debug_walk(const struct check_visitor *visitor)
{
    qi_check_walk(visitor->heap, show, (void *)(uintptr_t)visitor);
}

enum quarry_progress qi_debug_walk_some(const struct check_visitor *visitor, struct quarry_cursor *cursor, size_t pages)
{
    const struct check_visitor shown = {visitor->heap, show, (void *)(uintptr_t)visitor};
    return qi_part_walk(&shown, cursor, pages);
}

/* --- the check --- */

/* One check of canaries and of what lies in free memory. */
struct look {
    const struct quarry_heap *heap;
    size_t used_bytes, blocks;
    bool is_valid;
};

/* Is free memory as it was filled? A write to it is reported. */
static bool is_filled(const struct look *look, const uint8_t *start, size_t bytes)
{
    const void *damage = qi_fill_damage(start, bytes);
    if (damage != NULL)
        qi_report_write(debug_reporter(look->heap), damage);
    return damage == NULL;
}

/* A block is live, or waits and is filled. */
static bool look_at_block(struct look *look, const struct quarry_block *block)
{
    size_t bytes;
    const enum canary_state state = qi_canary_read(debug_reporter(look->heap), block->pointer, block->bytes, &bytes);
    if (state == CANARY_DEAD)
        return is_filled(look, block->pointer, block->bytes - sizeof(uintptr_t));
    look->blocks++;
    look->used_bytes += bytes;
    if (state != CANARY_LIVE)
        qi_report(debug_reporter(look->heap), QUARRY_OVERRUN, block->pointer, bytes);
    return state == CANARY_LIVE;
}

/* Free memory is filled, but for the node at its start. A free run has one, and the slot that puts a run into its bin's
 * list; idle memory, which lies in no page, has none. */
static bool look_at_free(const struct look *look, const struct quarry_block *free, const struct heap_block *place)
{
    const struct bin_set *bins = &look->heap->bins;
    const uint8_t *start = free->pointer;
    size_t node_bytes = 0;
    if (free->kind == QUARRY_SMALL ? qi_bin_is_listed(bins, free->pointer, bin_of_code(place->run.code))
                                   : chunk_holds(place->run.chunk, start))
        node_bytes = sizeof(struct list_node);
    return is_filled(look, start + node_bytes, free->bytes - node_bytes);
}

/* What lies behind the last slot of a run is free memory too. */
static bool look_behind(const struct look *look, const struct heap_block *place)
{
    const struct bin_run *run = &place->run;
    const struct bin_shape *shape = bin_shape_of(run->code);
    const size_t bytes = shape->slots * bin_shape_bytes(shape);
    if (place->slot + 1 != shape->slots)
        return true;
    return is_filled(look, bin_run_start(run) + bytes, units_bytes_from_pages(shape->pages) - bytes);
}

static bool look_at(void *context, const struct quarry_block *block)
{
    struct look *look = context;
    struct heap_block place;
    qi_heap_locate(look->heap, block->pointer, 0, &place);
    look->is_valid = block->free ? look_at_free(look, block, &place) : look_at_block(look, block);
    if (look->is_valid && block->kind == QUARRY_SMALL)
        look->is_valid = look_behind(look, &place);
    return look->is_valid;
}

/* All of a heap that the core found valid. */
static bool look_at_all(const struct quarry_heap *heap)
{
    struct look look = {heap, 0, 0, true};
    if (!qi_check_walk(heap, look_at, &look) || !look.is_valid)
        return false;
    if (QUARRY_STATS != 0 && (look.used_bytes != heap->debug.used_bytes || look.blocks != heap->debug.blocks))
        return qi_report_damage(debug_reporter(heap), &heap->debug.used_bytes);
    return true;
}

bool qi_debug_check(struct quarry_heap *heap)
{
    return qi_check_heap(heap) && (!FILL_IS_ON || look_at_all(heap));
}

void qi_debug_after_call(const struct quarry_heap *heap)
{
    if (QUARRY_CHECK_LEVEL >= 4 && !source_is_busy(&heap->bins.runs.chunks.source))
        qi_debug_check((struct quarry_heap *)(uintptr_t)heap);
}

/* Has a cursor, of a walk, not come so far as another, of a check that is not over? */
static bool is_behind(const struct quarry_cursor *walked, const struct quarry_cursor *checked)
{
    return walked->phase < checked->phase || (walked->phase == checked->phase && walked->at < checked->at);
}

enum quarry_progress qi_debug_check_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages)
{
    struct quarry_cursor walked = {cursor->at, 0, cursor->phase};
    struct look look = {heap, 0, 0, true};
    const struct check_visitor visitor = {heap, look_at, &look};
    const enum quarry_progress checked = qi_part_check(heap, cursor, pages);
    enum quarry_progress progress = QUARRY_MORE;
    if (!FILL_IS_ON || checked == QUARRY_DAMAGED)
        return checked;
    while (progress == QUARRY_MORE && (checked == QUARRY_DONE || is_behind(&walked, cursor)))
        progress = qi_part_walk(&visitor, &walked, 1);
    if (look.is_valid && progress != QUARRY_DAMAGED)
        return checked;
    cursor->at = cursor->seen = 0;
    cursor->phase = 0;
    return QUARRY_DAMAGED;
}

#endif
