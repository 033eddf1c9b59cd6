/* SPDX-License-Identifier: MIT
 *
 * memory_map.c: the free RAM of the machine pc, from the memory map of a multiboot loader. Test bed only.
 *
 * Starts from the map's ranges of RAM that 32 bits reach and cuts out what is in use: the loader's structures and
 * modules wherever they lie, and what pc_ram_finish() cuts. No map, no RAM: a fault.
 */
#include "../../qemu/board.h"
#include "../../qemu/pc.h"
#include "pc32.h"

#define MULTIBOOT_BOOTED  0x2badb002u
#define FLAG_COMMAND_LINE (1u << 2)
#define FLAG_MODULES      (1u << 3)
#define FLAG_MEMORY_MAP   (1u << 6)
#define MAP_RAM           1
#define REACHED_END       UINT32_MAX /* the last page is nobody's */

/* "Multiboot Specification", version 0.6.96. Addresses are physical, which is what we map. */
struct multiboot_info {
    uint32_t flags;
    uint32_t lower_kb, upper_kb, boot_device;
    uint32_t command_line;
    uint32_t modules, module_list;
    uint32_t symbols[4];
    uint32_t map_bytes, map;
};

/* entry_bytes does not count itself. */
struct map_entry {
    uint32_t entry_bytes;
    uint64_t start;
    uint64_t bytes;
    uint32_t type;
} __attribute__((packed));

struct module_entry {
    uint32_t start, end, text, reserved;
};

static void add_ram(const struct multiboot_info *info)
{
    for (uintptr_t at = info->map; at < info->map + info->map_bytes;) {
        const struct map_entry *entry = (const struct map_entry *)at;
        const uint64_t end = entry->start + entry->bytes;

        if (entry->type == MAP_RAM) {
            pc_ram_add(entry->start, end < REACHED_END ? end : REACHED_END);
        }
        at += sizeof entry->entry_bytes + entry->entry_bytes;
    }
}

static void cut_modules(const struct multiboot_info *info)
{
    const struct module_entry *modules = (const struct module_entry *)(uintptr_t)info->module_list;

    pc_ram_cut_bytes(info->module_list, info->modules * sizeof *modules);
    for (unsigned i = 0; i < info->modules; i++) {
        pc_ram_cut_bytes(modules[i].start, modules[i].end - modules[i].start);
        pc_ram_cut_text(modules[i].text);
    }
}

void pc32_find_ram(uintptr_t magic, const struct multiboot_info *info)
{
    if (magic != MULTIBOOT_BOOTED || (info->flags & FLAG_MEMORY_MAP) == 0) {
        machine_fault("no memory map from the loader, magic", magic, (uintptr_t)info);
    }
    add_ram(info);
    pc_ram_cut_bytes((uintptr_t)info, sizeof *info);
    pc_ram_cut_bytes(info->map, info->map_bytes);
    if (info->flags & FLAG_COMMAND_LINE) {
        pc_ram_cut_text(info->command_line);
    }
    if (info->flags & FLAG_MODULES) {
        cut_modules(info);
    }
    pc_ram_finish();
}
