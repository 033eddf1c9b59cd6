/* SPDX-License-Identifier: MIT
 *
 * main.c: a firmware with two memories behind one call: one is fast, the other is for DMA, whose blocks own whole cache
 * lines. To start your own, copy this folder. It speaks through the debugger (semihosting).
 */
#include "quarry/caps.h"

enum { FAST = 1, DMA = 2 };                                                       /* capabilities */
extern volatile unsigned char stack_end[], data_load[], data[], bss[], bss_end[]; /* link.ld */
static unsigned char tightly_coupled[8 * 1024], sram[16 * 1024];
static struct quarry_caps caps;
static struct quarry_caps_memory fast = {.start = tightly_coupled, .bytes = sizeof tightly_coupled, .bits = FAST};
static struct quarry_caps_memory dma = {
        .start = sram, .bytes = sizeof sram, .bits = DMA, .preference = 1, .align_bytes = 32, .multiple_bytes = 32};

static void semihosting(unsigned operation, const void *parameter)
{
    __asm__ volatile("mov r0, %0; mov r1, %1; bkpt 0xab" : : "r"(operation), "r"(parameter) : "r0", "r1", "memory");
}

static void reset(void)
{
    for (volatile unsigned char *to = data, *from = data_load; to < bss; to++)
        *to = *from++;
    for (volatile unsigned char *byte = bss; byte < bss_end; byte++)
        *byte = 0;
    fast.heap = quarry_create(fast.start, fast.bytes, NULL);
    dma.heap = quarry_create(dma.start, dma.bytes, NULL);
    bool good = quarry_caps_add(&caps, &fast) && quarry_caps_add(&caps, &dma);
    void *packet = quarry_caps_malloc(&caps, DMA, 1500);
    void *stack = quarry_caps_malloc(&caps, QUARRY_CAPS_PREFER(FAST), 9000); /* more than the fast one has */
    good = good && packet != NULL && quarry_caps_owner(&caps, stack) == &dma;
    quarry_caps_free(&caps, packet);
    semihosting(4, good ? "a packet for DMA, and a stack that fell back\n" : "no memory\n");
    semihosting(0x18, (void *)(good ? 0x20026 : 0x20023)); /* ends QEMU: with status 0, or 1 */
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {(void (*)(void))stack_end, reset};
