/* SPDX-License-Identifier: MIT
 *
 * main.c: a whole firmware with a heap of 16 KB. To start your own, copy this folder and write your board's addresses
 * into link.ld. It speaks through the debugger (semihosting), as QEMU understands it.
 */
#include "quarry.h"

extern volatile unsigned char stack_end[], data_load[], data[], bss[], bss_end[]; /* link.ld */
static unsigned char region[16 * 1024];

static void semihosting(unsigned operation, const void *parameter)
{
    register unsigned r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void reset(void)
{
    for (volatile unsigned char *to = data, *from = data_load; to < bss; to++)
        *to = *from++;
    for (volatile unsigned char *byte = bss; byte < bss_end; byte++)
        *byte = 0;
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    char *text = quarry_malloc(heap, 100);
    bool good = text != NULL && quarry_owns(heap, text);
    quarry_free(heap, text);
    semihosting(4, good && quarry_check(heap) ? "a block came and went\n" : "no memory\n");
    semihosting(0x18, (void *)(good ? 0x20026 : 0x20023)); /* ends QEMU: with status 0, or 1 */
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {(void (*)(void))stack_end, reset};
