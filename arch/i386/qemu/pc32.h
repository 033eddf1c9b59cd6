/* SPDX-License-Identifier: MIT
 *
 * pc32.h: what the files of the machine pc need of each other, start.S included. Test bed only.
 */
#ifndef QUARRY_PC32_H
#define QUARRY_PC32_H

/* The table of segments: none, code, data, the task of a double fault, and a task for each core. */
#define GDT_TASKS       3
#define GDT_TASK_FAULT  3
#define GDT_TASK_CORE_0 4
#define GDT_ENTRIES     (GDT_TASK_CORE_0 + 8)

#ifndef __ASSEMBLER__
#include <stdint.h>

/* Sends the exceptions of all cores to machine_fault(), and the timer's interrupt to machine_timer_interrupt(). */
void pc32_make_vectors(void);
/* The same on the core that calls. */
void pc32_load_vectors(unsigned core);

/* Reads the loader's memory map into the list of pc.h. */
struct multiboot_info;
void pc32_find_ram(uintptr_t magic, const struct multiboot_info *info);
#endif

#endif
