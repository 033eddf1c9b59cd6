/* SPDX-License-Identifier: MIT
 *
 * pc.h: what the files of the PC machines, q35 in 64-bit and pc in 32-bit mode, need of each other. Test bed only.
 */
#ifndef QUARRY_QEMU_PC_H
#define QUARRY_QEMU_PC_H

#include <stdint.h>

/* The list of free RAM, which machine_free_ram() hands out: ranges are added and then cut, from a loader's map. Cuts
 * may split a range in two; ranges for which there is no room in the list are dropped. */
void pc_ram_add(uint64_t start, uint64_t end);
void pc_ram_cut(uint64_t start, uint64_t end);
/* A cut of 0 bytes does nothing. */
void pc_ram_cut_bytes(uint64_t start, uint64_t bytes);
/* The text and its end; NULL does nothing. */
void pc_ram_cut_text(uint64_t start);
/* Cuts what no image may have: memory below 1 MB, which has firmware and what loaders leave, and the image itself.
 * Drops empty ranges; nothing may be added or cut afterwards. */
void pc_ram_finish(void);

static inline void pc_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void pc_out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t pc_in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* The local interrupt controller of the core that asks. */
#define PC_APIC_ID             0x020
#define PC_APIC_END            0x0b0
#define PC_APIC_SPURIOUS       0x0f0
#define PC_APIC_COMMAND        0x300
#define PC_APIC_COMMAND_TARGET 0x310
#define PC_APIC_TIMER          0x320
#define PC_APIC_TIMER_COUNT    0x380
#define PC_APIC_TIMER_DIVIDE   0x3e0

static inline volatile uint32_t *pc_apic(uintptr_t offset)
{
    const uintptr_t base = 0xfee00000u;

    return (volatile uint32_t *)(base + offset);
}

#endif
