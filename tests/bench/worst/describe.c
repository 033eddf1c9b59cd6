/* SPDX-License-Identifier: MIT
 *
 * describe.c: what a heap looks like before a call, the call, and a sequence's steps, in words.
 *
 * The heap is shown as quarry_walk() shows it.
 */
#include "../../../examples/common/print.h"
#include "machine.h"
#include "sequence.h"

struct view {
    const uint8_t *block; /* the call's */
    size_t blocks, free_slots, free_runs, shortest, longest;
    struct quarry_block last, found, behind; /* last: before the block */
    bool is_found, is_done;
};

void print_plain(size_t number)
{
    char text[20];
    unsigned start = sizeof text;
    do {
        text[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    machine_write(text + start, sizeof text - start);
}

static bool visit(void *context, const struct quarry_block *block)
{
    struct view *view = context;
    if (!block->free) {
        view->blocks++;
    } else if (block->kind == QUARRY_SMALL) {
        view->free_slots++;
    } else {
        view->free_runs++;
        if (block->bytes > view->longest)
            view->longest = block->bytes;
        if (view->shortest == 0 || block->bytes < view->shortest)
            view->shortest = block->bytes;
    }
    if (view->is_found && !view->is_done) {
        view->behind = *block;
        view->is_done = true;
    }
    if (view->block != NULL && block->pointer == view->block) {
        view->found = *block;
        view->is_found = true;
    }
    if (!view->is_found)
        view->last = *block;
    return true;
}

static void print_neighbour(const char *where, const struct quarry_block *block, const uint8_t *at)
{
    print_text(where);
    if (block->pointer == NULL || block->pointer != at) {
        print_text("nothing");
        return;
    }
    print_text(!block->free ? "a block of " : block->kind == QUARRY_SMALL ? "a free slot of " : "a free run of ");
    print_plain(block->bytes);
}

static void print_block(const struct view *view)
{
    const uint8_t *start = view->found.pointer;
    print_text(view->found.kind == QUARRY_SMALL ? "; the block: small of " : "; the block: large of ");
    print_plain(view->found.bytes);
    print_neighbour(", before it ", &view->last,
                    view->last.pointer != NULL && (const uint8_t *)view->last.pointer + view->last.bytes == start
                            ? view->last.pointer
                            : NULL);
    print_neighbour(", behind it ", &view->behind, start + view->found.bytes);
}

/* Has a call of this function a size, an alignment, a block? */
static bool has_bytes(enum function function)
{
    return function != F_FREE && function != F_USABLE_SIZE && function != F_OWNS && function != F_GET_STATS &&
           function != F_TRIM;
}

static bool has_align(enum function function)
{
    return function == F_ALIGNED_ALLOC || function == F_ALIGNED_REALLOC;
}

static bool has_block(enum function function)
{
    return function == F_REALLOC || (function >= F_ALIGNED_REALLOC && function <= F_OWNS);
}

void describe_call(struct quarry_heap *heap, const struct call *call)
{
    struct view view = {.block = has_block(call->function) ? call->block : NULL};
    quarry_walk(heap, visit, &view);
    if (has_bytes(call->function)) {
        print_plain(call->bytes);
        print_text(" bytes");
        if (has_align(call->function)) {
            print_text(" at multiples of ");
            print_plain(call->align_bytes);
        }
        print_text("; ");
    }
    print_plain(view.blocks);
    print_text(" blocks, ");
    print_plain(view.free_slots);
    print_text(" free slots, ");
    print_plain(view.free_runs);
    print_text(" free runs");
    if (view.free_runs != 0) {
        print_text(" of ");
        print_plain(view.shortest);
        print_text(" to ");
        print_plain(view.longest);
        print_text(" bytes");
    }
    if (view.is_found)
        print_block(&view);
    else if (has_block(call->function))
        print_text("; no block's pointer");
}

static void describe_step(const struct step *step)
{
    static const char *const units[UNITS] = {" granules", " pages", "/256 of the region"};
    print_text(function_names[step->function]);
    if (has_bytes((enum function)step->function) && step->function != F_FREE_SIZED) {
        print_text(" ");
        print_plain(step->size);
        if (step->spread != 0) {
            print_text(" to ");
            print_plain((size_t)step->size + step->spread);
        }
        print_text(units[step->unit % UNITS]);
        if (step->less != 0) {
            print_text(" less ");
            print_plain(step->less);
        }
        if (has_align((enum function)step->function)) {
            print_text(" at ");
            print_plain((size_t)1 << step->align_shift);
        }
    }
    if (has_block((enum function)step->function)) {
        if (step->stride == STRIDE_RANDOM) {
            print_text(" at random");
        } else {
            print_text(" from ");
            print_plain(step->from);
            print_text("/256 every ");
            print_text(step->stride < 0 ? "-" : "");
            print_plain((size_t)(step->stride < 0 ? -step->stride : step->stride));
        }
    }
    print_text(" x");
    print_plain(step->count);
}

void describe_steps(const struct sequence *sequence)
{
    if (sequence->room < sequence->region) {
        print_text("malloc all but the room of a region of ");
        print_plain(region_bytes[sequence->room]);
        print_text(" bytes; ");
    }
    for (unsigned step = 0; step < sequence->steps; step++) {
        print_text(step == 0 ? "" : "; ");
        describe_step(&sequence->step[step]);
    }
}
