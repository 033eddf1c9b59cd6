/* SPDX-License-Identifier: MIT
 *
 * change.c: the public functions that give a live block another size.
 */
#include "bytes.h"
#include "call.h"
#include "retry.h"

/* How much of a live block is marked live at most: memory tags reach as far as its room. */
BITS_INLINE size_t usable_or_room(const struct quarry_heap *heap, const struct heap_block *block)
{
    return MARK_HAS_TAGS ? qi_heap_room_bytes(block) : qi_heap_usable_bytes(heap, block);
}

/* qi_heap_place(), and the marks of a block that stays where it lies, or is as it was until it is copied. */
BITS_INLINE void *place_marked(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                               size_t align_bytes)
{
    if (!MARK_IS_ON)
        return qi_heap_place(heap, block, address, bytes, align_bytes);
    const size_t old_bytes = qi_heap_room_bytes(block), old_usable = usable_or_room(heap, block);
    mark_will_shrink(address, bytes, old_bytes);
    void *place = qi_heap_place(heap, block, address, bytes, align_bytes);
    if (place == address)
        mark_resized(heap, address, bytes, old_bytes, qi_heap_room_bytes(block));
    else
        mark_not_shrunk(heap, address, bytes, old_usable);
    return place;
}

/* qi_heap_resize(), and the marks of the block; not of one that is lent. */
BITS_INLINE bool resize_marked(struct quarry_heap *heap, struct heap_block *block, void *address, size_t bytes,
                               bool is_lent)
{
    if (!MARK_IS_ON)
        return qi_heap_resize(heap, block, bytes);
    const size_t old_bytes = qi_heap_room_bytes(block), old_usable = usable_or_room(heap, block);
    mark_will_shrink(address, bytes, old_bytes);
    bool done = qi_heap_resize(heap, block, bytes);
    if (!done && !is_lent)
        mark_not_shrunk(heap, address, bytes, old_usable);
    if (done && !is_lent)
        mark_resized(heap, address, bytes, old_bytes, qi_heap_room_bytes(block));
    return done;
}

/* Is the block still live, and as long, that was found at an address before the lock was left? If not, that is
 * reported: somebody has freed it meanwhile, and perhaps the address was handed out again. */
static bool find_again(const struct quarry_heap *heap, const void *address, size_t room_bytes, size_t bytes,
                       struct heap_block *block)
{
    if (!qi_call_find(heap, address, bytes, block))
        return false;
    return qi_heap_room_bytes(block) == room_bytes || qi_call_report(heap, QUARRY_DOUBLE_FREE, address, bytes);
}

static void free_found(struct quarry_heap *heap, void *address, const struct heap_block *block)
{
    if (MARK_IS_ON)
        mark_dead(heap, address, qi_heap_room_bytes(block));
    qi_heap_free(heap, block);
}

/* What is known of a block before another place is looked for, which may run a callback. */
struct old_size {
    size_t usable_bytes, room_bytes;
};

/* Copies a block's contents to another one, outside the lock, while both are live; then the old one is freed. NULL: the
 * old one was no longer live, and the other one is freed. The lock is held; it is released. */
static void *move_block(struct quarry_heap *heap, const struct old_size *old, void *address, void *to, size_t bytes,
                        uintptr_t saved)
{
    struct heap_block block;
    call_leave(heap, saved);
    mark_enter();
    qi_bytes_copy(to, address, bytes < old->usable_bytes ? bytes : old->usable_bytes);
    mark_leave();
    saved = lock_enter(heap);
    const bool is_live = find_again(heap, address, old->room_bytes, bytes, &block);
    void *dead = is_live ? address : to;
    if (is_live || heap_find(heap, to, CALLER_IS_CHECKED, &block) == 0)
        free_found(heap, dead, &block);
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
        old.usable_bytes = qi_heap_usable_bytes(heap, &block);
        old.room_bytes = qi_heap_room_bytes(&block);
        place = place_marked(heap, &block, address, bytes, align_bytes);
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
                resize_marked(heap, &block, address, bytes, is_lent);
    call_leave(heap, saved);
    return done;
}

BITS_NOINLINE bool quarry_resize(struct quarry_heap *heap, void *block, size_t bytes)
{
    return qi_call_resize(heap, block, bytes, false);
}
