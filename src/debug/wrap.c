/* SPDX-License-Identifier: MIT
 *
 * wrap.c: see on.h. Figures and canaries, blocks that wait, then what the public calls do with a block.
 */
#include "debug.h"

#if QUARRY_CHECK_LEVEL >= 3 || QUARRY_MARK != QUARRY_MARK_NONE

static size_t room_bytes(const struct heap_block *block)
{
    return qi_heap_whole_bytes(block) - DEBUG_BEHIND_BYTES;
}

/* What a block is asked for with that many bytes: the smallest block has one. */
static size_t asked_for(size_t bytes)
{
    return bytes != 0 ? bytes : 1;
}

/* --- figures --- */

static void count(struct quarry_heap *heap, size_t blocks, size_t bytes)
{
    struct debug_state *debug = &heap->debug;
    if (QUARRY_STATS == 0)
        return;
    debug->blocks += blocks;
    debug->used_bytes += bytes;
    if (debug->used_bytes > debug->used_peak_bytes)
        debug->used_peak_bytes = debug->used_bytes;
}

static void count_freed(struct quarry_heap *heap, size_t bytes)
{
    if (QUARRY_STATS == 0)
        return;
    heap->debug.blocks--;
    heap->debug.used_bytes -= bytes;
}

/* --- canaries --- */

static enum canary_state read_canary(const struct quarry_heap *heap, const struct heap_block *block, size_t *bytes)
{
    return qi_canary_read(debug_reporter(heap), heap_block_start(block), qi_heap_whole_bytes(block), bytes);
}

size_t qi_debug_usable_bytes(const struct quarry_heap *heap, const struct heap_block *block)
{
    size_t asked_bytes;
    if (!FILL_IS_ON)
        return room_bytes(block);
    read_canary(heap, block, &asked_bytes);
    return asked_bytes;
}

/* 0: the block is live; or else it waits, or something was written over it. */
static unsigned examine(const struct quarry_heap *heap, const struct heap_block *block)
{
    size_t asked_bytes;
    enum canary_state state = read_canary(heap, block, &asked_bytes);
    return state == CANARY_LIVE ? 0 : state == CANARY_DEAD ? (unsigned)QUARRY_DOUBLE_FREE : (unsigned)QUARRY_OVERRUN;
}

/* A block gets the end for what it was asked for; how much its owner may use then. */
static size_t write_end(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes)
{
    if (!FILL_IS_ON)
        return room_bytes(block);
    qi_canary_write(debug_reporter(heap), heap_block_start(block), qi_heap_whole_bytes(block), asked_for(bytes));
    return asked_for(bytes);
}

/* --- blocks that wait --- */

/* What waits at a place of the ring, which is then empty; NULL: nothing, or the place is damaged. */
static void *stop_waiting(struct quarry_heap *heap, unsigned place)
{
    void **waiting = &heap->debug.waiting[place];
    void *address = *waiting;
    *waiting = NULL;
    if (address != NULL && (uintptr_t)address != ~heap->debug.waiting_check[place]) {
        qi_heap_report_damage(heap, waiting);
        return NULL;
    }
    return address;
}

/* The slot of a block that has waited may be allocated again; what was written to it meanwhile is reported. */
static void free_waiting(struct quarry_heap *heap, void *address)
{
    struct heap_block block;
    if (qi_heap_locate(heap, address, 1, &block) != 0)
        return;
    const size_t bytes = qi_heap_whole_bytes(&block);
    memory_allocated(debug_reporter(heap), address, bytes - sizeof(uintptr_t));
    if (examine(heap, &block) != QUARRY_DOUBLE_FREE)
        qi_report_write(debug_reporter(heap), canary_tail(address, bytes));
    memory_freed(debug_reporter(heap), address, bytes);
    qi_heap_free(heap, &block);
}

/* Puts a small block in the place of the one that has waited longest. */
static void begin_waiting(struct quarry_heap *heap, const struct heap_block *block)
{
    const unsigned place = heap->debug.oldest % DEBUG_WAITING;
    void *start = heap_block_start(block), *longest = stop_waiting(heap, place);
    heap->debug.oldest = (place + 1) % DEBUG_WAITING;
    heap->debug.waiting[place] = start;
    heap->debug.waiting_check[place] = ~(uintptr_t)start;
    qi_canary_write_dead(debug_reporter(heap), start, qi_heap_whole_bytes(block));
    if (longest != NULL)
        free_waiting(heap, longest);
}

bool qi_debug_flush(struct quarry_heap *heap)
{
    bool any = false;
    for (unsigned i = 0; i < DEBUG_WAITING; i++) {
        void *address = stop_waiting(heap, i);
        any |= address != NULL;
        if (address != NULL)
            free_waiting(heap, address);
    }
    return any;
}

/* --- allocating --- */

void *qi_debug_mark(struct quarry_heap *heap, void *block, size_t bytes, size_t room_bytes)
{
    const uint8_t *behind = (const uint8_t *)block + room_bytes;
    /* Memory behind the room may be read if it lies in the same frame, or in pages of the heap. */
    if (MARK_HAS_TAGS && ((uintptr_t)behind & (UNITS_SOURCE_BYTES - 1)) == 0) {
        const struct chunk *chunk = chunk_find(heap_chunks(heap), behind);
        if (chunk == NULL || !chunk_holds(chunk, behind))
            behind = NULL;
    }
    return mark_live(heap, block, bytes, room_bytes, behind);
}

/* A block that the core allocated a moment ago: nothing was written to its slot. (Pages have been looked at; a huge
 * block comes from the source.) Its owner's pointer. */
static void *begin(struct quarry_heap *heap, void *address, size_t bytes)
{
    struct heap_block block;
    if (qi_heap_locate(heap, address, 1, &block) != 0) { /* something was damaged meanwhile */
        qi_heap_report_damage(heap, address);
        return NULL;
    }
    if (FILL_IS_ON && block.kind == QUARRY_SMALL)
        memory_allocated(debug_reporter(heap), address, qi_heap_whole_bytes(&block));
    count(heap, 1, write_end(heap, &block, bytes));
    return qi_debug_mark(heap, address, bytes, room_bytes(&block));
}

void *qi_debug_allocate(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const size_t whole = debug_request(bytes);
    void *block = qi_heap_allocate_from_chunks(heap, asked_for(whole), align_bytes);
    if (block == NULL) {
        qi_debug_flush(heap);
        block = qi_heap_allocate(heap, whole, align_bytes);
    }
    return block == NULL ? NULL : begin(heap, block, bytes);
}

/* --- finding and freeing --- */

/* A pointer with another tag than the block's is that of an earlier block; one without a tag is no owner's. */
unsigned qi_debug_find(const struct quarry_heap *heap, const void *address, unsigned level, struct heap_block *block)
{
    const void *bare = memory_address(address);
    unsigned wrong = qi_heap_locate(heap, bare, level, block);
    if (wrong == 0 && level != 0 && !mark_fits(address))
        return bare == address ? QUARRY_INVALID_POINTER : QUARRY_DOUBLE_FREE;
    return FILL_IS_ON && wrong == 0 ? examine(heap, block) : wrong;
}

void qi_debug_free(struct quarry_heap *heap, const void *address, const struct heap_block *block)
{
    const size_t bytes = qi_debug_usable_bytes(heap, block);
    const void *start = heap_block_start(block);
    struct heap_block found;
    mark_dead(heap, address, room_bytes(block));
    if (FILL_IS_ON && block->kind == QUARRY_SMALL)
        begin_waiting(heap, block);
    else
        qi_heap_free(heap, block);
    if ((FILL_IS_ON && block->kind == QUARRY_SMALL) || qi_heap_locate(heap, start, 1, &found) != 0)
        count_freed(heap, bytes); /* else the core refused it, after a report */
}

/* --- changing --- */

/* What is known of a block before it changes. */
struct before {
    const void *start;
    size_t usable_bytes, room_bytes, marked_bytes;
};

static void note(const struct quarry_heap *heap, const struct heap_block *block, struct before *before)
{
    before->start = heap_block_start(block);
    before->usable_bytes = qi_debug_usable_bytes(heap, block);
    before->room_bytes = room_bytes(block);
    before->marked_bytes =
            MARK_HAS_TAGS ? before->room_bytes : before->usable_bytes; /* tags reach as far as its room */
}

/* A block has another size where it lies; unless it was damaged while a callback ran, which was reported. */
static void change(struct quarry_heap *heap, const struct before *before, size_t bytes)
{
    struct heap_block block;
    if (qi_heap_locate(heap, before->start, 1, &block) == 0)
        count(heap, 0, write_end(heap, &block, bytes) - before->usable_bytes);
}

static bool is_there(const struct quarry_heap *heap, const void *start, const struct heap_block *block)
{
    struct heap_block found;
    return qi_heap_locate(heap, start, 1, &found) == 0 && found.kind == block->kind;
}

bool qi_debug_resize(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes, bool is_lent)
{
    struct before before;
    note(heap, block, &before);
    mark_will_shrink(address, bytes, before.room_bytes);
    bool done = qi_heap_resize(heap, block, debug_request(bytes));
    if (!done && block->kind == QUARRY_LARGE && qi_debug_flush(heap) && is_there(heap, before.start, block))
        done = qi_heap_resize(heap, block, debug_request(bytes));
    if (done)
        change(heap, &before, bytes);
    if (is_lent)
        return done;
    if (done)
        mark_resized(heap, address, bytes, before.room_bytes, room_bytes(block));
    else
        mark_not_shrunk(heap, address, bytes, before.marked_bytes);
    return done;
}

void *qi_debug_place(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                     size_t align_bytes)
{
    struct before before;
    const bool placed = ((uintptr_t)address & (align_bytes - 1)) == 0;
    note(heap, block, &before);
    if (placed && !heap_should_move(heap, block, debug_request(bytes)) &&
        qi_debug_resize(heap, block, address, bytes, false))
        return address;
    void *other = qi_debug_allocate(heap, bytes, align_bytes);
    if (other != NULL)
        return other;
    /* Then where it is. Shrinking never fails: its pages may stay as many as they are. */
    if (!placed || !is_there(heap, before.start, block))
        return placed && bytes <= before.usable_bytes ? address : NULL;
    if (qi_debug_resize(heap, block, address, bytes, false))
        return address;
    if (bytes > before.usable_bytes)
        return NULL;
    mark_will_shrink(address, bytes, before.room_bytes);
    change(heap, &before, bytes);
    mark_resized(heap, address, bytes, before.room_bytes, room_bytes(block));
    return address;
}

/* --- sizes --- */

size_t qi_debug_widen(const struct quarry_heap *heap, const void *address, const struct heap_block *block)
{
    const size_t bytes = qi_debug_usable_bytes(heap, block);
    mark_widened(heap, address, bytes);
    return bytes;
}

size_t qi_debug_good_bytes(const struct quarry_heap *heap, size_t bytes)
{
    return FILL_IS_ON ? asked_for(bytes) : qi_heap_good_bytes(heap, debug_request(bytes)) - DEBUG_BEHIND_BYTES;
}

bool qi_debug_size_fits(const struct quarry_heap *heap, const struct heap_block *block, size_t bytes)
{
    if (FILL_IS_ON)
        return asked_for(bytes) == qi_debug_usable_bytes(heap, block);
    return bytes <= room_bytes(block) && qi_heap_size_fits(heap, block, debug_request(bytes));
}

bool qi_debug_stays_in_place(struct quarry_heap *heap, void *block, size_t old_bytes, size_t bytes)
{
    if (!FILL_IS_ON)
        return old_bytes == quarry_good_size(heap, bytes);
    return bytes <= UNITS_REQUEST_MAX_BYTES &&
           qi_heap_good_bytes(heap, debug_request(old_bytes)) == qi_heap_good_bytes(heap, debug_request(bytes)) &&
           quarry_resize(heap, block, bytes);
}

/* --- heaps --- */

void qi_debug_begin(struct quarry_heap *heap)
{
    struct debug_state *debug = &heap->debug;
    mark_heap_begins(heap);
    if (heap_live_blocks(heap) != 0) /* a reset that was refused, after a report of damage */
        return;
    debug->used_bytes = debug->blocks = 0;
    for (unsigned i = 0; i < DEBUG_WAITING; i++)
        debug->waiting[i] = NULL;
}

void qi_debug_end(struct quarry_heap *heap)
{
    struct chunk *chunk = &heap_chunks(heap)->first;
    for (; MARK_HAS_TAGS && chunk != NULL; chunk = (struct chunk *)chunk_link(&chunk->next)) {
        const size_t pages_bytes = units_bytes_from_pages(chunk->page_count);
        if (!chunk_is_idle(chunk))
            memory_freed(NULL, chunk->pages, chunk->page_count == 0 ? huge_usable_bytes(chunk) : pages_bytes);
    }
    mark_heap_ends(heap);
}

bool qi_debug_hand_back(struct quarry_heap *heap)
{
    struct chunk *chunk = &heap_chunks(heap)->first;
    const bool is_sourced = heap_source(heap)->provider != NULL;
    if (!MARK_IS_ON)
        return false;
    qi_debug_end(heap);
    for (struct added_chunk *added; (added = chunk_link(&chunk->next)) != NULL && chunk_is_valid(&added->chunk);) {
        if (added->from_source) {
            memory_allocated(NULL, added->start, added->chunk.bytes);
            chunk = &added->chunk;
        } else {
            chunk_set_link(&chunk->next, chunk_link(&added->chunk.next)); /* its memory is no longer ours to read */
            mark_region_released(added, added->chunk.bytes);
        }
    }
    if (is_sourced)
        memory_allocated(NULL, heap, heap_chunks(heap)->first.bytes);
    else
        mark_region_released(heap, heap_chunks(heap)->first.bytes);
    return !is_sourced;
}

#endif
