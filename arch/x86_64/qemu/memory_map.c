/* SPDX-License-Identifier: MIT
 *
 * memory_map.c: the free RAM of QEMU q35, from the memory map that the loader passes. Test bed only.
 *
 * Starts from the map's ranges of RAM and cuts out what is in use: the loader's structures and modules wherever they
 * lie, and what pc_ram_finish() cuts. No map, no RAM: a fault.
 */
#include "../../qemu/board.h"
#include "../../qemu/pc.h"
#include "q35.h"

#define START_INFO_MAGIC 0x336ec578u
#define MAP_RAM          1
#define MAPPED_END       ((uint64_t)64 << 30) /* start.S */

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

static void cut_modules(const struct hvm_start_info *info)
{
    const struct module_entry *modules = (const struct module_entry *)(uintptr_t)info->module_list;

    pc_ram_cut_bytes(info->module_list, info->modules * sizeof *modules);
    for (unsigned i = 0; i < info->modules; i++) {
        pc_ram_cut_bytes(modules[i].start, modules[i].bytes);
        pc_ram_cut_text(modules[i].command_line);
    }
}

void q35_find_ram(const struct hvm_start_info *info)
{
    const struct map_entry *map = (const struct map_entry *)(uintptr_t)info->memory_map;

    if (info->magic != START_INFO_MAGIC || info->version < 1) {
        machine_fault("no memory map from the loader, magic", info->magic, (uintptr_t)info);
    }
    for (unsigned i = 0; i < info->memory_map_entries; i++) {
        if (map[i].type == MAP_RAM) {
            pc_ram_add(map[i].start, map[i].start + map[i].bytes);
        }
    }
    pc_ram_cut(MAPPED_END, UINT64_MAX);
    pc_ram_cut_bytes((uintptr_t)info, sizeof *info);
    pc_ram_cut_bytes(info->memory_map, info->memory_map_entries * sizeof *map);
    pc_ram_cut_text(info->command_line);
    cut_modules(info);
    pc_ram_finish();
}
