/* SPDX-License-Identifier: MIT
 *
 * observers.h: tells the observers of a request heap what happens to its blocks.
 *
 * The observers stand in a list in the heap's struct request, in the order in which they were added, with growing
 * numbers. An event costs one step for each observer, and what the observers' functions do.
 */
#ifndef QUARRY_OBSERVERS_H
#define QUARRY_OBSERVERS_H

#include "request.h"

/* What has happened; each kind has the name of the function that is told. A request ends, or the whole heap. */
enum event_kind {
    EVENT_ALLOCATED,
    EVENT_FREED,
    EVENT_RESIZED,
    EVENT_FAILED,
    EVENT_COLLECTED,
    EVENT_ENDED,
    EVENT_ENDED_FULLY
};

/* All fields are always set: compilers call memset to clear the others. */
struct event {
    enum event_kind kind;
    void *block;     /* allocated, freed, or resized */
    void *old_block; /* where a resized block was before */
    size_t bytes;    /* asked for, or collected */
};

/* Tells every observer of the heap. */
void qi_observers_tell(struct quarry_heap *heap, const struct request *request, const struct event *event);

#endif
