/* SPDX-License-Identifier: MIT
 *
 * pc32.c: C start of QEMU's pc in 32-bit mode, on its first core and on others. Test bed only.
 *
 * Console and exit: arch/qemu/pc.c; other cores: pc_cores.c; memory: memory_map.c; exceptions: traps.c.
 */
#include "pc32.h"
#include "../../qemu/board.h"
#include "../../qemu/pc_cores.h"

const char machine_name[] = "QEMU pc, i386";

/* The page table of the first 4 MB, in start.S. */
extern volatile uint32_t low_pages[];

_Noreturn void pc32_start(uintptr_t magic, const struct multiboot_info *info);
_Noreturn void pc32_core_start(unsigned core);

/* From here on an access through NULL is a page fault. */
static void unmap_page_0(void)
{
    low_pages[0] = 0;
    __asm__ volatile("invlpg (%0)" : : "r"((uintptr_t)0) : "memory");
}

/* Called by start.S on the stack, with .bss zeroed. */
_Noreturn void pc32_start(uintptr_t magic, const struct multiboot_info *info)
{
    board_init();
    pc32_make_vectors();
    pc32_load_vectors(0);
    pc32_find_ram(magic, info);
    unmap_page_0();
    __asm__ volatile("sti" : : : "memory");
    machine_exit(main());
}

/* The same on another core. */
_Noreturn void pc32_core_start(unsigned core)
{
    pc32_load_vectors(core);
    pc_core_enter(core);
}
