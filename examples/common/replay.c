/* SPDX-License-Identifier: MIT
 *
 * replay.c: make the calls of a trace on a heap.
 *
 * A call that fails is counted and its block left out: later calls on that block number are skipped, except that
 * a realloc of it asks anew. Costs per call, beyond the allocator's: at most 16 bytes read and written, and the
 * whole block read after a calloc.
 */
#include "replay.h"

#include "picture.h"
#include "print.h"

/* How many bytes at each end of a block carry its tag. */
#define TAG_BYTES 4

struct player {
    struct quarry_heap *heap;
    struct replay_block *blocks;
    const unsigned char *next; /* of the trace's code */
    size_t served, failed, damaged;
};

/* What the byte at offset holds if it carries the tag of block number id. Depends on the offset only, so the tags
 * of both ends of a short block agree where they overlap. */
static unsigned char tag_byte(size_t id, size_t offset)
{
    return (unsigned char)(id * 31 + (id >> 8) + offset * 7 + 1);
}

static void tag_write(const struct replay_block *block, size_t id)
{
    for (size_t i = 0; i < TAG_BYTES && i < block->bytes; i++) {
        size_t last = block->bytes - 1 - i;
        block->pointer[i] = tag_byte(id, i);
        block->pointer[last] = tag_byte(id, last);
    }
}

/* Are the tags of a block that was bytes long still there, as far as the first kept bytes of it go? */
static bool tag_is_whole(const unsigned char *pointer, size_t bytes, size_t kept, size_t id)
{
    for (size_t i = 0; i < TAG_BYTES && i < bytes; i++) {
        size_t last = bytes - 1 - i;
        if ((i < kept && pointer[i] != tag_byte(id, i)) || (last < kept && pointer[last] != tag_byte(id, last))) {
            return false;
        }
    }
    return true;
}

static bool is_zero(const unsigned char *pointer, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (pointer[i] != 0) {
            return false;
        }
    }
    return true;
}

static void *request(struct quarry_heap *heap, const struct trace_call *call, void *old)
{
    switch (call->op) {
    case TRACE_CALLOC:
        return quarry_calloc(heap, 1, call->bytes);
    case TRACE_ALIGNED:
        return quarry_aligned_alloc(heap, call->align_bytes, call->bytes);
    case TRACE_REALLOC:
        return quarry_realloc(heap, old, call->bytes);
    default:
        return quarry_malloc(heap, call->bytes);
    }
}

static void play_free(struct player *player, size_t id)
{
    struct replay_block *block = &player->blocks[id];
    if (block->pointer == NULL) {
        return;
    }
    player->damaged += !tag_is_whole(block->pointer, block->bytes, block->bytes, id);
    quarry_free(player->heap, block->pointer);
    block->pointer = NULL;
    player->served++;
}

static void play_request(struct player *player, const struct trace_call *call)
{
    struct replay_block *block = &player->blocks[call->id];
    unsigned char *old = call->op == TRACE_REALLOC ? block->pointer : NULL;
    size_t old_bytes = block->bytes;
    unsigned char *pointer = request(player->heap, call, old);
    if (pointer == NULL) {
        player->failed++;
        return;
    }
    player->served++;
    if (old != NULL) {
        size_t kept = old_bytes < call->bytes ? old_bytes : call->bytes;
        player->damaged += !tag_is_whole(pointer, old_bytes, kept, call->id);
    }
    if (call->op == TRACE_CALLOC) {
        player->damaged += !is_zero(pointer, call->bytes);
    }
    block->pointer = pointer;
    block->bytes = call->bytes;
    tag_write(block, call->id);
}

static void print_progress(const struct player *player, const struct trace *trace, size_t done, size_t percent)
{
    struct quarry_stats stats;
    quarry_get_stats(player->heap, &stats);
    print_text("  ");
    print_text(trace->name);
    print_number(percent, 4);
    print_text(" %");
    print_number(done, 9);
    print_text(" calls");
    print_number(stats.used_bytes, 11);
    print_text(" bytes used");
    print_number(stats.blocks, 8);
    print_text(" blocks");
    print_number(stats.acquired_bytes, 11);
    print_text(" acquired\n");
}

static void print_figure(const char *name, size_t value, const char *unit)
{
    print_text("  ");
    print_text(name);
    print_number(value, 12);
    print_text(unit);
}

static void print_picture(struct quarry_heap *heap, const char *when)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    print_text("  heap ");
    print_text(when);
    print_text(", largest free block ");
    print_number(stats.largest_free_bytes, 0);
    print_text(" bytes:\n");
    picture(heap);
}

static bool report(const struct player *player)
{
    struct quarry_stats stats;
    quarry_get_stats(player->heap, &stats);
    print_figure("calls served      ", player->served, "\n");
    print_figure("calls failed      ", player->failed, "\n");
    print_figure("blocks damaged    ", player->damaged, "\n");
    print_figure("peak used         ", stats.used_peak_bytes, " bytes\n");
    print_figure("peak acquired     ", stats.acquired_peak_bytes, " bytes\n");
    print_figure("largest free block", stats.largest_free_bytes, " bytes\n");
    print_picture(player->heap, "after the last call");
    bool in_order = quarry_check(player->heap);
    print_text(in_order ? "  quarry_check: ok\n" : "  quarry_check: FAILED\n");
    return in_order && player->failed == 0 && player->damaged == 0;
}

bool replay(struct quarry_heap *heap, const struct trace *trace, struct replay_block *blocks)
{
    struct player player = {heap, blocks, trace->code, 0, 0, 0};
    size_t percent = 10;
    for (size_t i = 0; i < trace->blocks; i++) {
        blocks[i].pointer = NULL;
    }
    for (size_t done = 1; done <= trace->calls; done++) {
        struct trace_call call = trace_next(&player.next);
        if (call.op == TRACE_FREE) {
            play_free(&player, call.id);
        } else {
            play_request(&player, &call);
        }
        if (done == trace->peak_call) {
            print_picture(heap, "when most is in use");
        }
        while (done * 10 >= trace->calls * (percent / 10) && percent <= 100) {
            print_progress(&player, trace, done, percent);
            percent += 10;
        }
    }
    return report(&player);
}
