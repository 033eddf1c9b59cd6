/* SPDX-License-Identifier: MIT
 *
 * q35.h: what the files of the q35 machine need of each other. Test bed only.
 *
 * start.S enters q35_start(); it calls the other two, then main().
 */
#ifndef QUARRY_Q35_H
#define QUARRY_Q35_H

#include <stdint.h>

/* What QEMU passes: "x86/HVM direct boot ABI" of Xen. Addresses are physical, which is what we map. */
struct hvm_start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t modules;
    uint64_t module_list;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map; /* from version 1 */
    uint32_t memory_map_entries;
    uint32_t reserved;
};

/* Reads the map and lists what machine_free_ram() hands out. */
void q35_find_ram(const struct hvm_start_info *info);

/* Sends every CPU exception to machine_fault(), each on a stack that is sound. */
void q35_catch_traps(void);

#endif
