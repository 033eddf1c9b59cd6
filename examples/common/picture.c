/* SPDX-License-Identifier: MIT
 *
 * picture.c: a heap as text, drawn from what quarry_walk() shows.
 *
 * Neighbouring runs of one slot size are one stretch, however many they are. The heap is walked twice: once for
 * the longest stretch, which sets the scale of the bars, and once to draw. In a bar
 *     s  live slots     -  free slots     L  large block     H  huge block     .  free pages
 * Needs some 200 bytes of stack and no other memory.
 */
#include "picture.h"

#include "print.h"

#define ROWS_MOST      40
#define BAR_CHARACTERS 40

struct stretch {
    uintptr_t start, end;
    struct quarry_block first;
    size_t slots, live_slots;
};

struct drawing {
    struct stretch now;
    size_t rows;
    size_t longest_bytes; /* of all stretches, from the first walk */
    bool measuring;       /* the first walk */
    size_t rest_live_slots, rest_free_slots, rest_small_bytes, rest_large_bytes, rest_free_bytes;
};

/* A block continues a stretch of small slots if it is a slot of the same size and at most the unused end of a run
 * lies between. */
static bool stretch_continues(const struct stretch *now, const struct quarry_block *block)
{
    uintptr_t start = (uintptr_t)block->pointer;
    return now->slots != 0 && block->kind == QUARRY_SMALL && now->first.kind == QUARRY_SMALL &&
           block->bytes == now->first.bytes && start >= now->end && start - now->end < block->bytes + QUARRY_PAGE_BYTES;
}

static size_t bar_length(const struct drawing *drawing, size_t bytes)
{
    size_t per_character = drawing->longest_bytes / BAR_CHARACTERS + 1;
    return (bytes + per_character - 1) / per_character;
}

static void draw_bar(const struct drawing *drawing)
{
    const struct stretch *now = &drawing->now;
    size_t length = bar_length(drawing, now->end - now->start);
    if (now->first.kind == QUARRY_SMALL) {
        size_t live = bar_length(drawing, now->live_slots * now->first.bytes);
        live = live < length ? live : length;
        print_fill('s', live);
        print_fill('-', length - live);
    } else if (now->first.free) {
        print_fill('.', length);
    } else {
        print_fill(now->first.kind == QUARRY_HUGE ? 'H' : 'L', length);
    }
}

static void draw_kind(const struct stretch *now)
{
    if (now->first.kind == QUARRY_SMALL) {
        print_text("small,");
        print_number(now->first.bytes, 10);
        print_text(" bytes:");
        print_number(now->live_slots, 7);
        print_text(" /");
        print_number(now->slots, 7);
        print_text(" slots  ");
        return;
    }
    print_text(now->first.free ? "free, " : now->first.kind == QUARRY_HUGE ? "huge, " : "large,");
    print_number(now->first.bytes, 10);
    print_text(" bytes");
    print_fill(' ', 25);
}

static void draw_row(const struct drawing *drawing)
{
    const struct stretch *now = &drawing->now;
    print_text("    ");
    print_address(now->start);
    print_text("-");
    print_address(now->end - 1);
    print_text("  ");
    draw_kind(now);
    draw_bar(drawing);
    print_text("\n");
}

static void count_rest(struct drawing *drawing)
{
    const struct stretch *now = &drawing->now;
    if (now->first.kind == QUARRY_SMALL) {
        drawing->rest_live_slots += now->live_slots;
        drawing->rest_free_slots += now->slots - now->live_slots;
        drawing->rest_small_bytes += now->slots * now->first.bytes;
    } else if (now->first.free) {
        drawing->rest_free_bytes += now->first.bytes;
    } else {
        drawing->rest_large_bytes += now->first.bytes;
    }
}

/* The stretch is complete: measure it, draw it or count it. */
static void stretch_end(struct drawing *drawing)
{
    struct stretch *now = &drawing->now;
    if (now->slots == 0) {
        return;
    }
    if (drawing->measuring) {
        size_t bytes = now->end - now->start;
        drawing->longest_bytes = bytes > drawing->longest_bytes ? bytes : drawing->longest_bytes;
    } else if (drawing->rows < ROWS_MOST) {
        draw_row(drawing);
    } else {
        count_rest(drawing);
    }
    drawing->rows++;
    now->slots = 0;
    now->live_slots = 0;
}

static bool visit(void *context, const struct quarry_block *block)
{
    struct drawing *drawing = context;
    struct stretch *now = &drawing->now;
    if (!stretch_continues(now, block)) {
        stretch_end(drawing);
        now->first = *block;
        now->start = (uintptr_t)block->pointer;
    }
    now->end = (uintptr_t)block->pointer + block->bytes;
    now->slots++;
    now->live_slots += !block->free;
    return true;
}

static void draw_rest(const struct drawing *drawing)
{
    if (drawing->rows <= ROWS_MOST) {
        return;
    }
    print_text("    ... and ");
    print_number(drawing->rows - ROWS_MOST, 0);
    print_text(" more rows: small, ");
    print_number(drawing->rest_small_bytes, 0);
    print_text(" bytes: ");
    print_number(drawing->rest_live_slots, 0);
    print_text(" / ");
    print_number(drawing->rest_live_slots + drawing->rest_free_slots, 0);
    print_text(" slots; large and huge, ");
    print_number(drawing->rest_large_bytes, 0);
    print_text(" bytes; free, ");
    print_number(drawing->rest_free_bytes, 0);
    print_text(" bytes\n");
}

void picture(struct quarry_heap *heap)
{
    struct drawing drawing = {.measuring = true};
    quarry_walk(heap, visit, &drawing);
    stretch_end(&drawing);
    drawing.measuring = false;
    drawing.rows = 0;
    quarry_walk(heap, visit, &drawing);
    stretch_end(&drawing);
    draw_rest(&drawing);
}
