/* SPDX-License-Identifier: MIT
 *
 * q35.c: C start of QEMU q35 in 64-bit mode. Test bed only.
 *
 * Console and exit: arch/qemu/pc.c; memory: memory_map.c; exceptions: traps.c.
 */
#include "q35.h"
#include "../../qemu/board.h"

const char machine_name[] = "QEMU q35, x86_64";

/* The page table of the first 2 MB, in start.S. */
extern volatile uint64_t low_pages[];

_Noreturn void q35_start(const struct hvm_start_info *info);

/* From here on an access through NULL is a page fault. */
static void unmap_page_0(void)
{
    low_pages[0] = 0;
    __asm__ volatile("invlpg (%0)" : : "r"((uintptr_t)0) : "memory");
}

/* Called by start.S on the stack, with .bss zeroed. */
_Noreturn void q35_start(const struct hvm_start_info *info)
{
    board_init();
    q35_catch_traps();
    q35_find_ram(info);
    unmap_page_0();
    machine_exit(main());
}
