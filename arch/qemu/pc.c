/* SPDX-License-Identifier: MIT
 *
 * pc.c: console and exit of the PC machines, in 32-bit and 64-bit mode. Test bed only.
 *
 * The console is COM1, polled. The exit is the device isa-debug-exit at port 0xf4, which ends QEMU with the status
 * (value << 1) | 1. QEMU itself exits with 1 when it cannot start, so the value written is the status plus one: a
 * success that nobody earned cannot happen. tests/qemu/run undoes both.
 */
#include "pc.h"
#include "board.h"

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

/* The firmware left the timer's interrupt open: an image that sets the interrupt flag must not receive it. */
void board_init(void)
{
    pc_out8(PIC_MASKS_1, 0xff);
    pc_out8(PIC_MASKS_2, 0xff);
    pc_out8(COM1_INTERRUPTS, 0);
    pc_out8(COM1_LINE_CONTROL, LINE_8_BITS_NO_PARITY);
}

static void wait_for_line(unsigned status)
{
    while ((pc_in8(COM1_LINE_STATUS) & status) == 0) {
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
        pc_out8(COM1, (uint8_t)text[i]);
    }
}

_Noreturn void machine_exit(int status)
{
    board_flush();
    for (;;) {
        pc_out32(DEBUG_EXIT, ((uint32_t)status & 127) + 1);
    }
}
