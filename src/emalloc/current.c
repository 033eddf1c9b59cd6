/* SPDX-License-Identifier: MIT
 *
 * current.c: see current.h.
 */
#include "current.h"

static const uintptr_t no_slot = 0;

/* It is const, as no function writes to a heap without a slot and a page. */
static const struct quarry_heap close_hot_paths = {
        .bins = {.runs.chunks.source.hot = CONTROL_HOT_CLOSED(&qi_chunk_without_pages),
                 .bins = {[0 ... BIN_COUNT - 1] = {.map = (uint8_t *)(uintptr_t)&no_slot}}},
};

#define SHUT ((struct quarry_heap *)(uintptr_t)&close_hot_paths)

struct core qi_cores[QUARRY_CORES] = {[0 ... QUARRY_CORES - 1] = {SHUT, NULL}};

struct quarry_heap *qi_current_set(struct quarry_heap *heap, bool is_hot)
{
    struct core *core = current_core();
    struct quarry_heap *before = lock_shared_load(&core->current);
    core->hot = SHUT; /* an interrupt in between finds no hot path */
    lock_shared_store(&core->current, heap);
    if (heap != NULL && is_hot)
        core->hot = heap;
    return before;
}

void qi_current_open(const struct quarry_heap *heap, bool is_hot)
{
    struct quarry_heap *current = current_heap();
    if (current == heap)
        current_core()->hot = is_hot ? current : SHUT;
}

void qi_current_forget(struct quarry_heap *heap)
{
    qi_current_open(heap, false);
    for (unsigned i = 0; i < QUARRY_CORES; i++) {
        struct quarry_heap *expected = heap; /* it may have another current heap by now */
        lock_shared_replace(&qi_cores[i].current, expected, NULL);
    }
}
