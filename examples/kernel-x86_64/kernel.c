/* SPDX-License-Identifier: MIT
 *
 * kernel.c: a kernel that serves what PHP and SQLite once asked of their allocator.
 *
 * It takes the RAM that the loader's memory map shows, hands it out in frames (frames.c), makes a Quarry heap on
 * that page provider for each recorded program, and looks whether every frame came back when the heap is gone.
 */
#include "quarry.h"

#include "../common/print.h"
#include "../common/replay.h"
#include "frames.h"
#include "machine.h"

TRACE_SYMBOLS(php64);
TRACE_SYMBOLS(sqlite64);

static void find_ram(void)
{
    frames_init();
    print_text("memory map, free RAM:\n");
    for (unsigned i = 0;; i++) {
        struct machine_ram ram = machine_free_ram(i);
        if (ram.bytes == 0) {
            break;
        }
        print_text("  ");
        print_address((uintptr_t)ram.start);
        print_text("-");
        print_address((uintptr_t)ram.start + ram.bytes - 1);
        print_number(ram.bytes, 14);
        print_text(" bytes\n");
        frames_add(ram.start, ram.bytes);
    }
    print_number(frames_free(), 0);
    print_text(" frames of 4,096 bytes\n");
}

static bool run_on_heap(struct quarry_heap *heap, const struct trace *trace)
{
    size_t table_frames = (trace->blocks * sizeof(struct replay_block) + FRAME_BYTES - 1) / FRAME_BYTES;
    struct replay_block *blocks = frames_take(table_frames, FRAME_BYTES);
    if (blocks == NULL) {
        print_text("no memory for the table of blocks\n");
        return false;
    }
    bool good = replay(heap, trace, blocks);
    frames_give(blocks, table_frames);
    return good;
}

static bool run(struct trace trace)
{
    size_t before = frames_free();
    struct quarry_source source = frames_source();
    struct quarry_heap *heap = quarry_create_from_source(&source, NULL);
    print_text("\n");
    print_text(trace.name);
    print_text(", on a heap of frames:\n");
    if (heap == NULL) {
        print_text("no memory for the heap\n");
        return false;
    }
    bool good = run_on_heap(heap, &trace);
    quarry_destroy(heap);
    print_text(frames_free() == before ? "  every frame came back\n" : "  frames were LOST\n");
    return good && frames_free() == before;
}

int main(void)
{
    print_text("Quarry kernel on ");
    print_text(machine_name);
    print_text("\n");
    find_ram();
    bool good = run(TRACE(php64));
    good = run(TRACE(sqlite64)) && good;
    return good ? 0 : 1;
}
