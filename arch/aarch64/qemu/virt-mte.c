/* SPDX-License-Identifier: MIT
 *
 * virt-mte.c: name and faults of QEMU virt with memory tags: -M virt,mte=on -cpu max. Test bed only.
 *
 * Console and C start: arch/qemu/pl011_board.c; entry and vectors: start.S; tags: tags.S; memory:
 * linker/virt-aarch64.ld.
 */
#include "mte.h"

#include "../../qemu/board.h"

const char machine_name[] = "QEMU virt, memory tags";
const uintptr_t board_pl011 = 0x09000000;

_Noreturn void virt_fault(uintptr_t syndrome, uintptr_t address);

enum {
    SYNDROME_CLASS_SHIFT = 26,
    SYNDROME_DATA_ABORT = 0x25, /* at the same exception level */
    SYNDROME_STATUS_MASK = 0x3F,
    SYNDROME_TAG_CHECK = 0x11,
};

static struct {
    void *volatile state[5];
    volatile bool is_expected;
    volatile uintptr_t address;
} watch;

bool mte_refuses(void (*access)(void *argument), void *argument, uintptr_t *address)
{
    if (__builtin_setjmp((void **)(uintptr_t)watch.state) != 0) {
        *address = watch.address;
        return true;
    }
    watch.is_expected = true;
    access(argument);
    watch.is_expected = false;
    return false;
}

/* Called by the vectors in start.S, on a stack of its own. An exception switches the comparison of tags off. */
_Noreturn void virt_fault(uintptr_t syndrome, uintptr_t address)
{
    if (watch.is_expected && syndrome >> SYNDROME_CLASS_SHIFT == SYNDROME_DATA_ABORT &&
        (syndrome & SYNDROME_STATUS_MASK) == SYNDROME_TAG_CHECK) {
        uintptr_t at;
        __asm__ volatile("mrs %0, far_el1" : "=r"(at));
        watch.address = at;
        watch.is_expected = false;
        __asm__ volatile(".arch armv8.5-a+memtag\n\tmsr tco, #0");
        __builtin_longjmp((void **)(uintptr_t)watch.state, 1);
    }
    machine_fault("syndrome", syndrome, address);
}
