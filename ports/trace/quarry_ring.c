/* SPDX-License-Identifier: MIT
 *
 * quarry_ring.c: see quarry_ring.h. A record is overwritten by the one that is capacity records later.
 */
#include "quarry_ring.h"

#ifndef QUARRY_RING_ENTER
#define QUARRY_RING_ENTER()      0
#define QUARRY_RING_LEAVE(saved) ((void)(saved))
#endif

enum { NUMBER_SHIFT = 3 };

struct quarry_ring quarry_ring = {
        {'Q', 'R', 'Y', 'R', 'I', 'N', 'G', '1'}, sizeof(uintptr_t), QUARRY_RING_RECORDS, 0, {{0, 0, 0, 0, 0}}};

/* The place of the next record; counted, because no CPU should divide here. */
static size_t place;

void quarry_ring_write(enum quarry_ring_kind kind, const void *old_block, const void *new_block, size_t bytes,
                       const void *caller)
{
    const uintptr_t saved = QUARRY_RING_ENTER();
    struct quarry_ring_record *record = &quarry_ring.records[place];
    place = place + 1 < QUARRY_RING_RECORDS ? place + 1 : 0;
    quarry_ring.written++;
    record->kind_and_number = (uintptr_t)kind | quarry_ring.written << NUMBER_SHIFT;
    record->old_block = (uintptr_t)old_block;
    record->new_block = (uintptr_t)new_block;
    record->bytes = bytes;
    record->caller = (uintptr_t)caller;
    QUARRY_RING_LEAVE(saved);
}

/* The oldest record that was not handed over yet, and where it lies; false: there is none. */
static const struct quarry_ring_record *oldest(uintptr_t *next)
{
    const uintptr_t written = quarry_ring.written;
    if (written - *next > QUARRY_RING_RECORDS)
        *next = written - QUARRY_RING_RECORDS;
    if (*next == written)
        return NULL;
    const size_t back = (size_t)(written - *next);
    return &quarry_ring.records[place >= back ? place - back : place + QUARRY_RING_RECORDS - back];
}

size_t quarry_ring_drain(uintptr_t *next, void (*put)(void *context, const void *data, size_t bytes), void *context)
{
    static const struct {
        char magic[8];
        uintptr_t word_bytes, capacity, written;
    } head = {{'Q', 'R', 'Y', 'R', 'I', 'N', 'G', '1'}, sizeof(uintptr_t), 0, 0};
    const struct quarry_ring_record *record;
    size_t count = 0;
    if (*next == 0)
        put(context, &head, sizeof head);
    for (record = oldest(next); record != NULL; record = oldest(next)) {
        put(context, record, sizeof *record);
        ++*next;
        count++;
    }
    return count;
}
