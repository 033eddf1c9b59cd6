/* SPDX-License-Identifier: MIT
 *
 * cmsdk_uart.h: the serial port of ARM's Cortex-M System Design Kit, on all MPS2 boards. Output only, polled.
 *
 * Test bed only; board files call it with their base address. The port sends nothing before a divisor of at least 16
 * is set. It has a single byte of buffer: not full means that all has been sent.
 */
#ifndef QUARRY_QEMU_CMSDK_UART_H
#define QUARRY_QEMU_CMSDK_UART_H

#include <stddef.h>
#include <stdint.h>

#define CMSDK_UART_DATA              0x00
#define CMSDK_UART_STATE             0x04
#define CMSDK_UART_STATE_TX_FULL     1u
#define CMSDK_UART_CONTROL           0x08
#define CMSDK_UART_CONTROL_ENABLE_TX 1u
#define CMSDK_UART_DIVISOR           0x10

static inline volatile uint32_t *cmsdk_uart_register(uintptr_t base, uintptr_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

static inline void cmsdk_uart_init(uintptr_t base)
{
    *cmsdk_uart_register(base, CMSDK_UART_DIVISOR) = 16;
    *cmsdk_uart_register(base, CMSDK_UART_CONTROL) = CMSDK_UART_CONTROL_ENABLE_TX;
}

static inline void cmsdk_uart_flush(uintptr_t base)
{
    while (*cmsdk_uart_register(base, CMSDK_UART_STATE) & CMSDK_UART_STATE_TX_FULL) {
    }
}

static inline void cmsdk_uart_write(uintptr_t base, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        cmsdk_uart_flush(base);
        *cmsdk_uart_register(base, CMSDK_UART_DATA) = (unsigned char)text[i];
    }
}

#endif
