/* SPDX-License-Identifier: MIT
 *
 * events.c: QUARRY_ON_ALLOC, _FREE, _RESIZE and _FAIL around the public functions that change blocks.
 *
 * Each function here has the public name to the linker, calls the core's function (events.h), and says what happened.
 * An event is never about what is no live block. Events come outside the lock: an interrupt's or another core's may
 * stand between a call and its event. Each costs what its macro does; freeing costs a lookup more.
 */
#include "events.h"

#include "../bits.h"

#if QUARRY_HAS_EVENTS

#define EVENTS_PUBLIC_NAME(name) QUARRY_SYMBOL("quarry_" #name)
#define EVENTS_CALLER()          __builtin_return_address(0)

void *qi_events_malloc(struct quarry_heap *heap, size_t bytes) EVENTS_PUBLIC_NAME(malloc);
void *qi_events_calloc(struct quarry_heap *heap, size_t count, size_t bytes) EVENTS_PUBLIC_NAME(calloc);
void *qi_events_realloc(struct quarry_heap *heap, void *block, size_t bytes) EVENTS_PUBLIC_NAME(realloc);
void *qi_events_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
        EVENTS_PUBLIC_NAME(aligned_alloc);
void *qi_events_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
        EVENTS_PUBLIC_NAME(aligned_realloc);
void qi_events_free(struct quarry_heap *heap, void *block) EVENTS_PUBLIC_NAME(free);
void qi_events_free_sized(struct quarry_heap *heap, void *block, size_t bytes) EVENTS_PUBLIC_NAME(free_sized);
bool qi_events_resize(struct quarry_heap *heap, void *block, size_t bytes) EVENTS_PUBLIC_NAME(resize);

/* Says that a request was served, or refused. */
static void *say_allocated(struct quarry_heap *heap, void *block, size_t bytes, const void *caller)
{
    (void)heap, (void)bytes, (void)caller;
    if (block != NULL) {
        QUARRY_ON_ALLOC(heap, block, bytes, caller);
    } else {
        QUARRY_ON_FAIL(heap, bytes, caller);
    }
    return block;
}

/* Says that a live block, which was at old, has another size, or that it was refused one. */
static void *say_resized(struct quarry_heap *heap, const void *old, void *block, size_t bytes, const void *caller)
{
    (void)heap, (void)old, (void)bytes, (void)caller;
    if (block != NULL) {
        QUARRY_ON_RESIZE(heap, old, block, bytes, caller);
    } else {
        QUARRY_ON_FAIL(heap, bytes, caller);
    }
    return block;
}

/* Says that a block is about to be freed: afterwards its address may be another block's. */
static void say_freed(struct quarry_heap *heap, const void *block, const void *caller)
{
    (void)caller;
    if (block != NULL && quarry_owns(heap, block)) {
        QUARRY_ON_FREE(heap, block, caller);
    }
}

void *qi_events_malloc(struct quarry_heap *heap, size_t bytes)
{
    return say_allocated(heap, quarry_malloc(heap, bytes), bytes, EVENTS_CALLER());
}

void *qi_events_calloc(struct quarry_heap *heap, size_t count, size_t bytes)
{
    return say_allocated(heap, quarry_calloc(heap, count, bytes), bits_multiply(count, bytes), EVENTS_CALLER());
}

void *qi_events_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes)
{
    return say_allocated(heap, quarry_aligned_alloc(heap, align_bytes, bytes), bytes, EVENTS_CALLER());
}

void *qi_events_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
{
    void *place = quarry_aligned_realloc(heap, block, align_bytes, bytes);
    return block == NULL ? say_allocated(heap, place, bytes, EVENTS_CALLER())
                         : say_resized(heap, block, place, bytes, EVENTS_CALLER());
}

void *qi_events_realloc(struct quarry_heap *heap, void *block, size_t bytes)
{
    void *place = quarry_realloc(heap, block, bytes);
    return block == NULL ? say_allocated(heap, place, bytes, EVENTS_CALLER())
                         : say_resized(heap, block, place, bytes, EVENTS_CALLER());
}

void qi_events_free(struct quarry_heap *heap, void *block)
{
    say_freed(heap, block, EVENTS_CALLER());
    quarry_free(heap, block);
}

void qi_events_free_sized(struct quarry_heap *heap, void *block, size_t bytes)
{
    say_freed(heap, block, EVENTS_CALLER());
    quarry_free_sized(heap, block, bytes);
}

bool qi_events_resize(struct quarry_heap *heap, void *block, size_t bytes)
{
    const bool done = quarry_resize(heap, block, bytes);
    if (done)
        say_resized(heap, block, block, bytes, EVENTS_CALLER());
    return done;
}

#endif
