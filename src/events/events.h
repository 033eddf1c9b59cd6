/* SPDX-License-Identifier: MIT
 *
 * events.h: with events on, the public functions that change blocks are those of events.c, and the core's have other
 * names to the linker. Without events nothing here is compiled.
 */
#ifndef QUARRY_EVENTS_H
#define QUARRY_EVENTS_H

#include "quarry.h"

#if QUARRY_HAS_EVENTS

#define EVENTS_CORE_NAME(name) QUARRY_SYMBOL("qi_core_" #name)

void *quarry_malloc(struct quarry_heap *heap, size_t bytes) EVENTS_CORE_NAME(malloc);
void *quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes) EVENTS_CORE_NAME(calloc);
void *quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes) EVENTS_CORE_NAME(realloc);
void *quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes) EVENTS_CORE_NAME(aligned_alloc);
void *quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes)
        EVENTS_CORE_NAME(aligned_realloc);
void quarry_free(struct quarry_heap *heap, void *block) EVENTS_CORE_NAME(free);
void quarry_free_sized(struct quarry_heap *heap, void *block, size_t bytes) EVENTS_CORE_NAME(free_sized);
bool quarry_resize(struct quarry_heap *heap, void *block, size_t bytes) EVENTS_CORE_NAME(resize);

#endif

#endif
