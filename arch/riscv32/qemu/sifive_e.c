/* SPDX-License-Identifier: MIT
 *
 * sifive_e.c: console of QEMU sifive_e, a SiFive FE310 (RV32IMAC without MMU, 16 KB of RAM). Test bed only.
 *
 * Its images are built without the extension A, as for CPUs without atomics. The rest is the CPU's:
 * arch/qemu/riscv_start.S and riscv.c; memory: linker/sifive_e.ld.
 */
#include "../../qemu/board.h"

#define UART_BASE         0x10013000u
#define UART_SEND         0x00
#define UART_SEND_IS_FULL 0x80000000u
#define UART_SEND_CONTROL 0x08
#define UART_SEND_ENABLE  1u

const char machine_name[] = "QEMU sifive_e, riscv32 without A";

static volatile uint32_t *uart_register(uintptr_t offset)
{
    return (volatile uint32_t *)(UART_BASE + offset);
}

void board_init(void)
{
    *uart_register(UART_SEND_CONTROL) = UART_SEND_ENABLE;
}

/* What QEMU's port has taken, it has sent. */
void board_flush(void)
{
}

void machine_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        while (*uart_register(UART_SEND) & UART_SEND_IS_FULL) {
        }
        *uart_register(UART_SEND) = (unsigned char)text[i];
    }
}
