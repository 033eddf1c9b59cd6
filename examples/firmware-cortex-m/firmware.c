/* SPDX-License-Identifier: MIT
 *
 * firmware.c: a firmware whose heap is a region that the linker script sets aside.
 *
 * It serves what one recorded program asked of its allocator. Which one is the build's choice
 * (-DFIRMWARE_TRACE=luafw), as is the region's size (-Wl,--defsym=HEAP_BYTES=32768). The recording lies in flash;
 * the table of its live blocks is a static array, so that the region holds nothing but the heap.
 */
#include "quarry.h"

#include "../common/print.h"
#include "../common/replay.h"
#include "machine.h"

#ifndef FIRMWARE_TRACE
#define FIRMWARE_TRACE cjsonmini
#endif

/* Most blocks that live at once; luafw needs 362, but cjsonmini's machine has 16 KB of RAM in all. */
#ifndef FIRMWARE_BLOCKS
#define FIRMWARE_BLOCKS 96
#endif

/* TRACE and TRACE_SYMBOLS paste their argument; this has FIRMWARE_TRACE replaced first. */
#define EXPAND(macro, name) macro(name)

/* From linker/heap-region.ld. */
extern char __heap_start[], __heap_end[];

EXPAND(TRACE_SYMBOLS, FIRMWARE_TRACE);

static struct replay_block blocks[FIRMWARE_BLOCKS];

int main(void)
{
    struct trace trace = EXPAND(TRACE, FIRMWARE_TRACE);
    size_t region_bytes = (size_t)(__heap_end - __heap_start);
    print_text("Quarry firmware on ");
    print_text(machine_name);
    print_text("\n");
    print_text(trace.name);
    print_text(", in a region of ");
    print_number(region_bytes, 0);
    print_text(" bytes:\n");
    struct quarry_heap *heap = quarry_create(__heap_start, region_bytes, NULL);
    if (heap == NULL || trace.blocks > FIRMWARE_BLOCKS) {
        print_text("the region or the table of blocks is too small\n");
        return 1;
    }
    return replay(heap, &trace, blocks) ? 0 : 1;
}
