/* SPDX-License-Identifier: MIT
 *
 * q35.c: console, exit and C start of QEMU q35 in 64-bit mode. Test bed only.
 *
 * The console is COM1, polled. The exit is the device isa-debug-exit at port 0xf4, which ends QEMU with the status
 * (value << 1) | 1. QEMU itself exits with 1 when it cannot start, so the value written is the status plus one: a
 * success that nobody earned cannot happen. tests/qemu/run undoes both.
 */
#include "q35.h"
#include "../../qemu/board.h"

#define COM1                  0x3f8
#define COM1_INTERRUPTS       (COM1 + 1)
#define COM1_LINE_CONTROL     (COM1 + 3)
#define COM1_LINE_STATUS      (COM1 + 5)
#define LINE_8_BITS_NO_PARITY 3
#define LINE_CAN_TAKE_A_BYTE  0x20
#define LINE_IS_IDLE          0x40
#define PIC_MASKS_1           0x21
#define PIC_MASKS_2           0xa1
#define DEBUG_EXIT            0xf4

const char machine_name[] = "QEMU q35, x86_64";

/* The page table of the first 2 MB, in start.S. */
extern volatile uint64_t low_pages[];

_Noreturn void q35_start(const struct hvm_start_info *info);

/* The firmware left the timer's interrupt open: an image that sets the interrupt flag must not receive it. */
void board_init(void)
{
    q35_out8(PIC_MASKS_1, 0xff);
    q35_out8(PIC_MASKS_2, 0xff);
    q35_out8(COM1_INTERRUPTS, 0);
    q35_out8(COM1_LINE_CONTROL, LINE_8_BITS_NO_PARITY);
}

static void wait_for_line(unsigned status)
{
    while ((q35_in8(COM1_LINE_STATUS) & status) == 0) {
    }
}

void board_flush(void)
{
    wait_for_line(LINE_IS_IDLE);
}

void machine_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        wait_for_line(LINE_CAN_TAKE_A_BYTE);
        q35_out8(COM1, (uint8_t)text[i]);
    }
}

_Noreturn void machine_exit(int status)
{
    board_flush();
    for (;;) {
        q35_out32(DEBUG_EXIT, ((uint32_t)status & 127) + 1);
    }
}

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
