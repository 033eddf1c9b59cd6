/* SPDX-License-Identifier: MIT
 *
 * memory_map.c: machine_free_ram() of QEMU q35, from the memory map that the loader passes. Test bed only.
 *
 * Starts from the map's ranges of RAM and cuts out what is in use: everything below 1 MB (firmware, and most of what
 * the loader leaves), the image, and the loader's structures and modules wherever they lie. Each cut can split a range
 * in two, so the list has room for more than the map holds; ranges beyond it are dropped. No map, no RAM: a fault.
 */
#include "../../qemu/board.h"
#include "q35.h"

#define START_INFO_MAGIC 0x336ec578u
#define MAP_RAM          1
#define LOW_MEMORY_END   0x100000u
#define MAPPED_END       ((uint64_t)64 << 30) /* start.S */
#define RANGES_MAX       32

struct map_entry {
    uint64_t start;
    uint64_t bytes;
    uint32_t type;
    uint32_t reserved;
};

struct module_entry {
    uint64_t start;
    uint64_t bytes;
    uint64_t command_line;
    uint64_t reserved;
};

struct range {
    uint64_t start;
    uint64_t end;
};

/* Addresses, not objects: linker/q35.ld. */
extern char __image_start[], __image_end[];

static struct range ranges[RANGES_MAX];
static unsigned range_count;

static void add(uint64_t start, uint64_t end)
{
    if (start < end && range_count < RANGES_MAX) {
        ranges[range_count++] = (struct range){start, end};
    }
}

/* Removes start to end from all ranges. Ranges that it adds lie outside of it, so looking at them again is harmless. */
static void cut(uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < range_count; i++) {
        struct range old = ranges[i];

        if (start >= old.end || end <= old.start) {
            continue;
        }
        ranges[i].end = start > old.start ? start : old.start;
        add(end, old.end);
    }
}

/* An empty cut would still split a range. */
static void cut_bytes(uint64_t start, uint64_t bytes)
{
    if (bytes != 0) {
        cut(start, start + bytes);
    }
}

static void cut_text(uint64_t start)
{
    uint64_t end = start;

    if (start != 0) {
        while (*(const volatile char *)(uintptr_t)end != '\0') {
            end++;
        }
        cut(start, end + 1);
    }
}

static void cut_modules(const struct hvm_start_info *info)
{
    const struct module_entry *modules = (const struct module_entry *)(uintptr_t)info->module_list;

    cut_bytes(info->module_list, info->modules * sizeof *modules);
    for (unsigned i = 0; i < info->modules; i++) {
        cut_bytes(modules[i].start, modules[i].bytes);
        cut_text(modules[i].command_line);
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

void q35_find_ram(const struct hvm_start_info *info)
{
    const struct map_entry *map = (const struct map_entry *)(uintptr_t)info->memory_map;

    if (info->magic != START_INFO_MAGIC || info->version < 1) {
        machine_fault("no memory map from the loader, magic", info->magic, (uintptr_t)info);
    }
    for (unsigned i = 0; i < info->memory_map_entries; i++) {
        if (map[i].type == MAP_RAM) {
            add(map[i].start, map[i].start + map[i].bytes);
        }
    }
    cut(0, LOW_MEMORY_END);
    cut(MAPPED_END, UINT64_MAX);
    cut((uintptr_t)__image_start, (uintptr_t)__image_end);
    cut_bytes((uintptr_t)info, sizeof *info);
    cut_bytes(info->memory_map, info->memory_map_entries * sizeof *map);
    cut_text(info->command_line);
    cut_modules(info);
    pack();
}

struct machine_ram machine_free_ram(unsigned index)
{
    struct machine_ram none = {NULL, 0};

    if (index >= range_count) {
        return none;
    }
    return (struct machine_ram){(void *)(uintptr_t)ranges[index].start, ranges[index].end - ranges[index].start};
}
