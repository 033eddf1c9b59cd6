/* SPDX-License-Identifier: MIT
 *
 * pc_ram.c: the list of free RAM of the PC machines, and machine_free_ram(). Test bed only.
 *
 * Each cut can split a range in two, so the list has room for more than a loader's map holds.
 */
#include "board.h"
#include "pc.h"

#define LOW_MEMORY_END 0x100000u
#define RANGES_MAX     32

struct range {
    uint64_t start;
    uint64_t end;
};

/* Addresses, not objects: linker/pc-image.ld. */
extern char __image_start[], __image_end[];

static struct range ranges[RANGES_MAX];
static unsigned range_count;

void pc_ram_add(uint64_t start, uint64_t end)
{
    if (start < end && range_count < RANGES_MAX) {
        ranges[range_count++] = (struct range){start, end};
    }
}

/* Ranges that it adds lie outside of what is cut, so looking at them again is harmless. */
void pc_ram_cut(uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < range_count; i++) {
        struct range old = ranges[i];

        if (start >= old.end || end <= old.start) {
            continue;
        }
        ranges[i].end = start > old.start ? start : old.start;
        pc_ram_add(end, old.end);
    }
}

/* An empty cut would still split a range. */
void pc_ram_cut_bytes(uint64_t start, uint64_t bytes)
{
    if (bytes != 0) {
        pc_ram_cut(start, start + bytes);
    }
}

void pc_ram_cut_text(uint64_t start)
{
    uint64_t end = start;

    if (start != 0) {
        while (*(const volatile char *)(uintptr_t)end != '\0') {
            end++;
        }
        pc_ram_cut(start, end + 1);
    }
}

/* Drops what the cuts emptied, so that the first empty range is the end. */
static void pack(void)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < range_count; i++) {
        if (ranges[i].start < ranges[i].end) {
            ranges[kept++] = ranges[i];
        }
    }
    range_count = kept;
}

void pc_ram_finish(void)
{
    pc_ram_cut(0, LOW_MEMORY_END);
    pc_ram_cut((uintptr_t)__image_start, (uintptr_t)__image_end);
    pack();
}

struct machine_ram machine_free_ram(unsigned index)
{
    struct machine_ram none = {NULL, 0};

    if (index >= range_count) {
        return none;
    }
    return (struct machine_ram){(void *)(uintptr_t)ranges[index].start,
                                (size_t)(ranges[index].end - ranges[index].start)};
}
