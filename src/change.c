/* SPDX-License-Identifier: MIT
 *
 * change.c: the public functions that give a live block another size.
 */
#include "bytes.h"
#include "call.h"
#include "retry.h"

/* Is the block still live, and as long, that was found at an address before the lock was left? If not, that is
 * reported: somebody has freed it meanwhile, and perhaps the address was handed out again. */
static bool find_again(const struct quarry_heap *heap, const void *address, size_t whole_bytes, size_t bytes,
                       struct heap_block *block)
{
    if (!qi_call_find(heap, address, bytes, block))
        return false;
    return qi_heap_whole_bytes(block) == whole_bytes || qi_call_report(heap, QUARRY_DOUBLE_FREE, address, bytes);
}

/* What is known of a block before another place is looked for, which may run a callback. */
struct old_size {
    size_t usable_bytes, whole_bytes;
};

/* Copies a block's contents to another one, outside the lock, while both are live; then the old one is freed. NULL: the
 * old one was no longer live, and the other one is freed. The lock is held; it is released. */
static void *move_block(struct quarry_heap *heap, const struct old_size *old, void *address, void *to, size_t bytes,
                        uintptr_t saved)
{
    struct heap_block block;
    call_leave(heap, saved);
    memory_work_begins();
    qi_bytes_copy(to, address, bytes < old->usable_bytes ? bytes : old->usable_bytes);
    memory_work_ends();
    saved = lock_enter(heap);
    const bool is_live = find_again(heap, address, old->whole_bytes, bytes, &block);
    void *dead = is_live ? address : to;
    if (is_live || debug_find(heap, to, CALLER_IS_CHECKED, &block) == 0)
        debug_free(heap, dead, &block);
    call_leave(heap, saved);
    return is_live ? to : NULL;
}

static void *change(struct quarry_heap *heap, void *address, size_t align_bytes, size_t bytes)
{
    uintptr_t saved;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, address, bytes, saved);
    void *place = NULL;
    struct heap_block block;
    struct old_size old = {0, 0};
    bool live = qi_call_find(heap, address, bytes, &block);
    while (live && bytes <= UNITS_REQUEST_MAX_BYTES) {
        old.usable_bytes = debug_usable_bytes(heap, &block);
        old.whole_bytes = qi_heap_whole_bytes(&block);
        place = debug_place(heap, &block, address, bytes, align_bytes);
        if (place != NULL || !retry_ask(heap, bytes, &saved))
            break;
        live = qi_call_find(heap, address, bytes, &block); /* the hook may have moved its neighbours, or freed it */
    }
    if (place != NULL && place != address)
        return move_block(heap, &old, address, place, bytes, saved);
    if (place == NULL && live)
        call_count_failure(heap);
    call_leave(heap, saved);
    return place;
}

void *quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes)
{
    return block == NULL ? quarry_malloc(heap, bytes) : change(heap, block, 1, bytes);
}

void *quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
{
    if (block == NULL)
        return quarry_aligned_alloc(heap, align_bytes, bytes);
    return call_alignment_is_valid(align_bytes) ? change(heap, block, align_bytes, bytes)
                                                : change(heap, block, 1, SIZE_MAX); /* refused under the lock */
}

/* is_lent: what lies in the block is a nested heap's, which marks it. */
bool qi_call_resize(struct quarry_heap *heap, void *address, size_t bytes, bool is_lent)
{
    uintptr_t saved;
    if (address == NULL)
        return false;
    if (!call_enter(heap, &saved))
        return qi_call_reentered(heap, address, bytes, saved) != NULL;
    struct heap_block block;
    bool done = qi_call_find(heap, address, bytes, &block) && bytes <= UNITS_REQUEST_MAX_BYTES &&
                debug_resize(heap, &block, address, bytes, is_lent);
    call_leave(heap, saved);
    return done;
}

BITS_NOINLINE bool quarry_resize(struct quarry_heap *heap, void *block, size_t bytes)
{
    return qi_call_resize(heap, block, bytes, false);
}
