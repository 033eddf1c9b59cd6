/* SPDX-License-Identifier: MIT
 *
 * pl011.h: ARM's PL011 serial port, output only, polled. Test bed only; board files call it with their base address.
 *
 * QEMU ignores the baud rate, so none is set. pl011_flush returns when the last bit has left the port.
 */
#ifndef QUARRY_QEMU_PL011_H
#define QUARRY_QEMU_PL011_H

#include <stddef.h>
#include <stdint.h>

#define PL011_DATA              0x00
#define PL011_FLAGS             0x18
#define PL011_FLAGS_BUSY        (1u << 3)
#define PL011_FLAGS_TX_FULL     (1u << 5)
#define PL011_CONTROL           0x30
#define PL011_CONTROL_ENABLE_TX 0x101u

static inline volatile uint32_t *pl011_register(uintptr_t base, uintptr_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

static inline void pl011_init(uintptr_t base)
{
    *pl011_register(base, PL011_CONTROL) = PL011_CONTROL_ENABLE_TX;
}

static inline void pl011_write(uintptr_t base, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        while (*pl011_register(base, PL011_FLAGS) & PL011_FLAGS_TX_FULL) {
        }
        *pl011_register(base, PL011_DATA) = (unsigned char)text[i];
    }
}

static inline void pl011_flush(uintptr_t base)
{
    while (*pl011_register(base, PL011_FLAGS) & PL011_FLAGS_BUSY) {
    }
}

#endif
