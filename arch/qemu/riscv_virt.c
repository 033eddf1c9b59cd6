/* SPDX-License-Identifier: MIT
 *
 * riscv_virt.c: console of QEMU's virt machine with a RISC-V, 32 or 64 bits. Test bed only.
 *
 * The serial port is a 16550A, polled. The rest is the CPU's: riscv_start.S and riscv.c; memory: linker/virt-riscv.ld.
 */
#include "../arch.h"
#include "board.h"

#define UART_BASE             0x10000000u
#define UART_DATA             0
#define UART_LINE_CONTROL     3
#define UART_8_BITS_NO_PARITY 3
#define UART_LINE_STATUS      5
#define UART_CAN_TAKE_A_BYTE  0x20
#define UART_IS_IDLE          0x40

#if ARCH_RISCV_SUPERVISOR
#define MODE "supervisor mode"
#else
#define MODE "machine mode"
#endif

const char machine_name[] = "QEMU virt, " ARCH_NAME " " MODE;

static volatile uint8_t *uart_register(uintptr_t offset)
{
    return (volatile uint8_t *)(UART_BASE + offset);
}

static void wait_for_line(unsigned status)
{
    while ((*uart_register(UART_LINE_STATUS) & status) == 0) {
    }
}

void board_init(void)
{
    *uart_register(UART_LINE_CONTROL) = UART_8_BITS_NO_PARITY;
}

void board_flush(void)
{
    wait_for_line(UART_IS_IDLE);
}

void machine_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        wait_for_line(UART_CAN_TAKE_A_BYTE);
        *uart_register(UART_DATA) = (unsigned char)text[i];
    }
}
