/* SPDX-License-Identifier: MIT
 *
 * tracked.c: a debugging heap that keeps each block apart, between two red zones, and knows each block.
 *
 *   raw                  block                                      (what the caller gets is "block")
 *   +--------------------+----------------------------+--------------------+
 *   | ZONE_BYTES of ZONE | bytes                      | ZONE_BYTES of ZONE |
 *   +--------------------+----------------------------+--------------------+
 *
 * The blocks with their sizes stand in the heap's table of places. Zones are looked at when a block is freed or moved
 * and when the request ends; a damaged one is reported, and the block is left as it is. Freed memory is filled, so that
 * what reads it later sees it. A call costs what the table and the filling do.
 */
#include "leaks.h"

#include "../bytes.h"
#include "../retry.h"

enum { ZONE_BYTES = 16, ZONE = 0xA5, DEAD = 0xDD };

static void fill(uint8_t *at, size_t bytes, uint8_t value)
{
    volatile uint8_t *each = at; /* a plain loop may become a call of memset */
    for (size_t i = 0; i < bytes; i++)
        each[i] = value;
}

static bool zone_is_whole(const uint8_t *at)
{
    uint8_t changed = 0;
    for (size_t i = 0; i < ZONE_BYTES; i++)
        changed |= at[i] ^ ZONE;
    return changed == 0;
}

static uint8_t *raw_of(const void *block)
{
    return (uint8_t *)(uintptr_t)block - ZONE_BYTES;
}

/* The bytes of a block and its zones; SIZE_MAX if they overflow. No heap serves so many. */
static size_t whole_bytes(size_t bytes)
{
    return bytes <= SIZE_MAX - 2 * ZONE_BYTES ? bytes + 2 * ZONE_BYTES : SIZE_MAX;
}

static bool zones_are_whole(const struct place_entry *entry)
{
    const uint8_t *block = entry->block;
    return zone_is_whole(raw_of(block)) && zone_is_whole(block + entry->bytes);
}

/* Are both zones as they were? If not, that is reported. */
static bool block_is_whole(struct quarry_heap *heap, const struct place_entry *entry)
{
    if (zones_are_whole(entry))
        return true;
    report_unlocked(&heap_source(heap)->reporter, QUARRY_OVERRUN, entry->block, entry->bytes);
    return false;
}

/* Fills in a copy of the block's entry: others may change the table. */
static bool find_entry(const struct quarry_heap *heap, const void *block, struct place_entry *found)
{
    uintptr_t saved = lock_enter(heap);
    const struct place_entry *entry = qi_places_find(&request_in(heap)->places, block);
    if (entry != NULL)
        qi_bytes_copy(found, entry, sizeof *found);
    lock_leave(heap, saved);
    return entry != NULL;
}

/* The entry of a live block whose zones are valid; false after a report. */
static bool find(struct quarry_heap *heap, const void *block, struct place_entry *found)
{
    if (find_entry(heap, block, found))
        return block_is_whole(heap, found);
    const unsigned wrong = qi_request_find_wrong(heap, raw_of(block));
    report_unlocked(&heap_source(heap)->reporter,
                    wrong == QUARRY_DOUBLE_FREE ? QUARRY_DOUBLE_FREE : QUARRY_INVALID_POINTER, block, 0);
    return false;
}

/* Notes a block in the table. Where the table cannot grow, what the heap does not need goes back to the source, which
 * then may have memory for it. */
static bool note(struct quarry_heap *heap, const void *block, size_t bytes, const struct place *place)
{
    do {
        if (qi_leaks_note(heap, block, bytes, place))
            return true;
        qi_leaks_forget(heap, block); /* it was counted as unknown */
    } while (quarry_trim(heap) != 0);
    return false;
}

/* A new block, which is noted and lies between its zones. NULL, and nothing has changed: there is no memory for the
 * block or for the table. on_oom is not asked. */
static void *attempt(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    uint8_t *raw = qi_retry_malloc(heap, whole_bytes(bytes));
    if (raw == NULL)
        return NULL;
    if (!note(heap, raw + ZONE_BYTES, bytes, place)) {
        quarry_free(heap, raw); /* a block that is not known is not handed out */
        return NULL;
    }
    fill(raw, ZONE_BYTES, ZONE);
    fill(raw + ZONE_BYTES + bytes, ZONE_BYTES, ZONE);
    return raw + ZONE_BYTES;
}

static void *tracked_allocate(struct quarry_heap *heap, size_t bytes, const struct place *place)
{
    void *block;
    do {
        block = attempt(heap, bytes, place);
    } while (block == NULL && qi_retry_ask(heap, whole_bytes(bytes)));
    return block;
}

static void free_entry(struct quarry_heap *heap, const struct place_entry *entry)
{
    uint8_t *raw = raw_of(entry->block);
    fill(raw, entry->bytes + 2 * ZONE_BYTES, DEAD);
    qi_leaks_forget(heap, entry->block);
    quarry_free(heap, raw);
}

static void tracked_free(struct quarry_heap *heap, void *block, const struct place *place)
{
    struct place_entry entry;
    (void)place;
    if (find(heap, block, &entry))
        free_entry(heap, &entry);
}

/* The block is looked for again after each call of on_oom, as the hook may have freed it, which is reported. */
static void *tracked_change(struct quarry_heap *heap, void *block, size_t bytes, const struct place *place)
{
    struct place_entry entry;
    void *moved;
    do {
        if (!find(heap, block, &entry))
            return NULL;
        moved = attempt(heap, bytes, place);
    } while (moved == NULL && qi_retry_ask(heap, whole_bytes(bytes)));
    if (moved == NULL)
        return NULL;
    qi_bytes_copy(moved, block, entry.bytes < bytes ? entry.bytes : bytes);
    free_entry(heap, &entry);
    return moved;
}

static size_t tracked_usable(struct quarry_heap *heap, void *block)
{
    struct place_entry entry;
    return block != NULL && find(heap, block, &entry) ? entry.bytes : 0;
}

static bool tracked_owns(const struct quarry_heap *heap, const void *block)
{
    struct place_entry entry;
    return find_entry(heap, block, &entry) && zones_are_whole(&entry);
}

/* The number of a small block's last byte; a block of no size has one. */
static size_t last_byte(size_t bytes)
{
    return bytes != 0 ? bytes - 1 : 0;
}

/* emalloc() and efree_size() of a constant size name a bin, and other calls name the size itself. So sizes of one bin
 * count as equal for a small block. */
static bool sizes_agree(size_t bytes, size_t other_bytes)
{
    size_t last = last_byte(bytes), other_last = last_byte(other_bytes);
    return bytes == other_bytes || (last < BIN_MAX_BYTES && other_last < BIN_MAX_BYTES &&
                                    bin_of_last_byte(last) == bin_of_last_byte(other_last));
}

static bool tracked_reports_other_size(struct quarry_heap *heap, const void *block, size_t bytes)
{
    struct place_entry entry;
    bool is_other = find_entry(heap, block, &entry) && !sizes_agree(entry.bytes, bytes);
    if (is_other)
        report_unlocked(&heap_source(heap)->reporter, QUARRY_WRONG_SIZE, block, bytes);
    return is_other;
}

static void tracked_end(struct quarry_heap *heap, bool full, bool silent)
{
    struct places *places = &request_in(heap)->places;
    (void)full;
    for (size_t i = 0; i < places->capacity; i++) {
        if (places->entries[i].block != NULL)
            block_is_whole(heap, &places->entries[i]);
    }
    if (!silent)
        qi_leaks_report(places);
}

static const struct request_calls tracked_calls = {
        tracked_allocate, tracked_free, tracked_change, tracked_usable,
        quarry_trim,      tracked_end,  tracked_owns,   tracked_reports_other_size};

zend_mm_heap *zend_mm_startup_tracked(void)
{
    struct quarry_heap *heap = zend_mm_startup();
    if (heap != NULL)
        request_in(heap)->calls = &tracked_calls;
    return heap;
}

QUARRY_PLAIN_NAME(zend_mm_startup_tracked)
