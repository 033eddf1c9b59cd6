/* SPDX-License-Identifier: MIT
 *
 * observe.c: see observe.h. The walk first, then figures, then wrong pointers and freeing everything.
 */
#include "observe.h"

#include <string.h>

#include "report.h"

static const struct scope *scope;
static struct quarry_stats at_start[2]; /* of the heap without a block: with one region, with both */

static size_t offset_of(const void *pointer)
{
    return (size_t)((const unsigned char *)pointer - memory);
}

/* --- the walk --- */

struct entry {
    size_t offset, bytes;
    bool free;
    enum quarry_block_kind kind;
};

enum { ENTRIES_MOST = 4096 };
static struct entry entries[ENTRIES_MOST];
static unsigned entry_count;

static bool visit(void *context, const struct quarry_block *block)
{
    (void)context;
    EXPECT(entry_count < ENTRIES_MOST);
    const struct entry entry = {offset_of(block->pointer), block->bytes, block->free, block->kind};
    EXPECT(memory_is_heaps(entry.offset, entry.bytes, model.has_second));
    entries[entry_count++] = entry;
    return true;
}

static void note_slot(struct known *known, size_t bytes)
{
    for (unsigned i = 0; i < known->slot_sizes; i++)
        if (known->slot_bytes[i] == bytes)
            return;
    EXPECT(known->slot_sizes < SLOT_SIZES_MOST);
    known->slot_bytes[known->slot_sizes++] = bytes;
}

static unsigned block_at(size_t offset)
{
    for (unsigned i = 0; i < model.count; i++)
        if (model.blocks[i].offset == offset)
            return i;
    report_failure_of("the walk shows a block that nobody has", offset, model.count);
}

/* The walk shows each live block once, and nothing that overlaps. */
static void compare_walk(struct known *known, size_t *free_bytes, size_t *longest_bytes)
{
    unsigned live = 0;
    for (unsigned i = 0; i < entry_count; i++) {
        const struct entry *entry = &entries[i];
        bool ends_chunk = i + 1 == entry_count || entries[i + 1].offset < entry->offset;
        EXPECT(ends_chunk || entries[i + 1].offset >= entry->offset + entry->bytes);
        if (!entry->free) {
            unsigned block = block_at(entry->offset);
            EXPECT_EQ(entry->bytes, model.blocks[block].bytes);
            known->kind[block] = entry->kind;
            live++;
        } else if (entry->kind == QUARRY_SMALL) {
            note_slot(known, entry->bytes);
        } else {
            *free_bytes += entry->bytes;
            *longest_bytes = entry->bytes > *longest_bytes ? entry->bytes : *longest_bytes;
            for (unsigned block = 0; block < model.count; block++)
                if (model.blocks[block].offset + model.blocks[block].bytes == entry->offset)
                    known->room_bytes[block] = entry->bytes;
        }
    }
    EXPECT_EQ(live, model.count);
}

static void compare_figures(const struct quarry_stats *stats, size_t free_bytes, size_t longest_bytes)
{
    size_t used = 0;
    for (unsigned i = 0; i < model.count; i++)
        used += model.blocks[i].bytes;
    EXPECT_EQ(stats->used_bytes, used);
    EXPECT_EQ(stats->blocks, model.count);
    EXPECT_EQ(stats->free_bytes, free_bytes);
    if (scope->frames != 0 && !(scope->can & CAN_RELEASE)) {
        /* A walk shows idle memory as a huge block could have it. As a chunk it has a struct, codes and maps. */
        EXPECT(stats->largest_free_bytes <= longest_bytes);
        EXPECT(stats->largest_free_bytes + 2 * QUARRY_PAGE_BYTES + longest_bytes / 8 >= longest_bytes);
    } else {
        EXPECT_EQ(stats->largest_free_bytes, longest_bytes);
    }
    EXPECT(stats->used_peak_bytes >= used && stats->acquired_peak_bytes >= stats->acquired_bytes);
    if (scope->frames != 0)
        EXPECT_EQ(stats->acquired_bytes, memory_granted_bytes());
    else
        EXPECT_EQ(stats->acquired_bytes, first_region.bytes + (model.has_second ? second_region.bytes : 0));
}

static void compare_blocks(void)
{
    for (unsigned i = 0; i < model.count; i++) {
        const struct block *block = &model.blocks[i];
        EXPECT(quarry_owns(heap, memory + block->offset));
        EXPECT_EQ(quarry_usable_size(heap, memory + block->offset), block->bytes);
    }
}

void observe(struct known *known, const struct image *state)
{
    size_t free_bytes = 0, longest_bytes = 0;
    memset(known, 0, sizeof *known);
    EXPECT(memory_outside_is_untouched(model.has_second));
    compare_blocks();
    entry_count = 0;
    quarry_walk(heap, visit, NULL);
    compare_walk(known, &free_bytes, &longest_bytes);
    quarry_get_stats(heap, &known->stats);
    compare_figures(&known->stats, free_bytes, longest_bytes);
    EXPECT(quarry_check(heap));
    EXPECT_EQ(misuse_log.count, 0);
    state_restore(state);
}

bool known_has_slot(const struct known *known, size_t bytes)
{
    for (unsigned i = 0; i < known->slot_sizes; i++)
        if (known->slot_bytes[i] == bytes)
            return true;
    return false;
}

void observe_begin(const struct scope *the_scope)
{
    static struct image state;
    scope = the_scope;
    state_save(&state);
    quarry_get_stats(heap, &at_start[0]);
    if (second_region.bytes != 0) {
        EXPECT(quarry_add_region(heap, memory + second_region.offset, second_region.bytes));
        quarry_get_stats(heap, &at_start[1]);
    }
    state_restore(&state);
}

/* --- wrong pointers --- */

static unsigned char handed_out[MEMORY_MOST_BYTES];

void observe_handed_out(size_t offset)
{
    handed_out[offset] = 1;
}

static void expect_report(const void *pointer)
{
    const struct quarry_misuse *last = &misuse_log.last;
    EXPECT_EQ(misuse_log.count, 1);
    EXPECT(last->kind == QUARRY_DOUBLE_FREE || last->kind == QUARRY_INVALID_POINTER);
    EXPECT(last->heap == heap && last->pointer == pointer);
    misuse_log.count = 0;
}

static void try_wrong(size_t offset, size_t bytes)
{
    void *pointer = memory + offset;
    EXPECT(!quarry_owns(heap, pointer));
    EXPECT_EQ(misuse_log.count, 0);
    quarry_free(heap, pointer);
    expect_report(pointer);
    quarry_free_sized(heap, pointer, bytes);
    expect_report(pointer);
    EXPECT(quarry_realloc(heap, pointer, bytes) == NULL);
    expect_report(pointer);
    EXPECT(!quarry_resize(heap, pointer, bytes));
    expect_report(pointer);
    EXPECT(quarry_usable_size(heap, pointer) == 0);
    expect_report(pointer);
}

/* A size that is not the block's, to the call that is told the size. */
static void try_wrong_size(const struct block *block, const struct image *state)
{
    if (QUARRY_CHECK_LEVEL < 2)
        return;
    quarry_free_sized(heap, memory + block->offset, block->bytes + 1);
    EXPECT_EQ(misuse_log.count, 1);
    EXPECT_EQ(misuse_log.last.kind, QUARRY_WRONG_SIZE);
    EXPECT(state_is(state));
    misuse_log.count = 0;
}

static bool is_live(size_t offset)
{
    for (unsigned i = 0; i < model.count; i++)
        if (model.blocks[i].offset == offset)
            return true;
    return false;
}

/* Every granule of a small heap, and some hundred of a large one; what was ever handed out; places inside blocks. */
void observe_wrong_pointers(const struct image *state)
{
    size_t step = memory_bytes <= 8192 ? 2 * sizeof(void *) : 3 * 64 + 2 * sizeof(void *);
    for (size_t offset = 0; offset < memory_bytes; offset += sizeof(void *))
        if ((offset % step == 0 || handed_out[offset]) && !is_live(offset))
            try_wrong(offset, offset % 300);
    for (unsigned i = 0; i < model.count; i++) {
        const struct block *block = &model.blocks[i];
        try_wrong(block->offset + 1, 1);
        try_wrong(block->offset + sizeof(void *) / 2, block->bytes);
        try_wrong(block->offset + block->bytes - 1, 2 * block->bytes);
        try_wrong_size(block, state);
    }
    quarry_free(heap, NULL);
    EXPECT(!quarry_resize(heap, NULL, 1) && quarry_usable_size(heap, NULL) == 0 && !quarry_owns(heap, NULL));
    EXPECT(!quarry_add_region(heap, memory + 64, memory_bytes - 128));
    if (model.has_second)
        EXPECT(!quarry_add_region(heap, memory + second_region.offset, second_region.bytes));
    EXPECT_EQ(misuse_log.count, 0);
    EXPECT(state_is(state));
    state_restore(state);
}

/* --- freeing everything --- */

/* With a source some chunks may be kept; trimming gives them back if the source can take them. */
static void expect_start(void)
{
    struct quarry_stats now;
    const struct quarry_stats *start = &at_start[model.has_second];
    if (scope->frames != 0 && scope->can & CAN_RELEASE) {
        quarry_trim(heap);
        EXPECT_EQ(memory_granted_bytes(), start->acquired_bytes);
    }
    quarry_get_stats(heap, &now);
    EXPECT_EQ(now.blocks, 0);
    EXPECT_EQ(now.used_bytes, 0);
    if (scope->frames != 0 && !(scope->can & CAN_RELEASE)) {
        EXPECT(now.largest_free_bytes >= start->largest_free_bytes);
    } else {
        EXPECT_EQ(now.free_bytes, start->free_bytes);
        EXPECT_EQ(now.largest_free_bytes, start->largest_free_bytes);
        EXPECT_EQ(now.chunks, start->chunks);
    }
    EXPECT(quarry_check(heap));
    EXPECT_EQ(misuse_log.count, 0);
}

/* The largest request that fitted at the start fits again, without any call in between. */
static void expect_largest_fits(void)
{
    void *largest = quarry_malloc(heap, at_start[model.has_second].largest_free_bytes);
    EXPECT(largest != NULL);
    quarry_free(heap, largest);
    EXPECT_EQ(misuse_log.count, 0);
}

void observe_freeing_all(const struct image *state)
{
    for (unsigned i = 0; i < model.count; i++)
        quarry_free(heap, memory + model.blocks[i].offset);
    expect_largest_fits();
    expect_start();
    state_restore(state);
    for (unsigned i = model.count; i-- != 0;)
        quarry_free_sized(heap, memory + model.blocks[i].offset, model.blocks[i].bytes);
    expect_start();
    state_restore(state);
    memory_answers.asked = 0;
    quarry_destroy(heap);
    EXPECT_EQ(misuse_log.count, 0);
    if (scope->can & CAN_RELEASE)
        EXPECT_EQ(memory_granted_bytes(), 0);
    state_restore(state);
}
