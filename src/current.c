/* SPDX-License-Identifier: MIT
 *
 * current.c: see current.h.
 */
#include "current.h"

static const uintptr_t no_slot = 0;

/* Const, as nothing writes to what has no slot and no page. */
static const struct quarry_heap shut_heap = {
        .bins = {.runs.chunks.source.gate = SOURCE_GATE_SHUT,
                 .bins = {[0 ... BIN_COUNT - 1] = {.map = (uint8_t *)(uintptr_t)&no_slot}}},
};

#define SHUT ((struct quarry_heap *)(uintptr_t)&shut_heap)

struct core qi_cores[QUARRY_CORES] = {[0 ... QUARRY_CORES - 1] = {SHUT, NULL}};

struct quarry_heap *qi_current_set(struct quarry_heap *heap, bool is_hot)
{
    struct core *core = current_core();
    struct quarry_heap *before = core->current;
    core->hot = SHUT; /* an interrupt in between finds no hot path */
    core->current = heap;
    if (heap != NULL && is_hot)
        core->hot = heap;
    return before;
}

void qi_current_open(const struct quarry_heap *heap, bool is_hot)
{
    for (unsigned i = 0; i < QUARRY_CORES; i++) {
        if (qi_cores[i].current == heap)
            qi_cores[i].hot = is_hot ? qi_cores[i].current : SHUT;
    }
}

void qi_current_forget(const struct quarry_heap *heap)
{
    qi_current_open(heap, false);
    for (unsigned i = 0; i < QUARRY_CORES; i++) {
        if (qi_cores[i].current == heap)
            qi_cores[i].current = NULL;
    }
}
