/* SPDX-License-Identifier: MIT
 *
 * microbit.c: console of QEMU microbit, a BBC micro:bit with an nRF51822 (Cortex-M0, 256 KB flash, 16 KB RAM).
 *
 * Test bed only. The UART has no FIFO: each byte raises the event TXDRDY when it has been sent, and waiting for it
 * after every byte means that there is never anything to flush. Start code, faults and exit are shared: arch/qemu/;
 * memory: linker/microbit.ld.
 */
#include "../../qemu/board.h"

#define UART_BASE           0x40002000u
#define UART_START_TX       0x008
#define UART_EVENT_TX_READY 0x11c
#define UART_ENABLE         0x500
#define UART_ENABLE_ON      4u
#define UART_TX_PIN         0x50c
#define UART_TX_PIN_USB     24u
#define UART_TX_DATA        0x51c

const char machine_name[] = "QEMU microbit, Cortex-M0";

static volatile uint32_t *uart_register(uintptr_t offset)
{
    return (volatile uint32_t *)(UART_BASE + offset);
}

void board_init(void)
{
    *uart_register(UART_TX_PIN) = UART_TX_PIN_USB;
    *uart_register(UART_ENABLE) = UART_ENABLE_ON;
    *uart_register(UART_START_TX) = 1;
}

void board_flush(void)
{
}

void machine_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        *uart_register(UART_EVENT_TX_READY) = 0;
        *uart_register(UART_TX_DATA) = (unsigned char)text[i];
        while (*uart_register(UART_EVENT_TX_READY) == 0) {
        }
    }
}
