/* SPDX-License-Identifier: MIT
 *
 * main.c: a kernel for a Multiboot loader (GRUB, or QEMU's -kernel), with a heap on all memory behind its image. To
 * start your own, copy this folder. It speaks through QEMU's debug console.
 */
#include "quarry.h"

extern unsigned char image_end[]; /* link.ld: a multiple of 4,096 */
static unsigned char *next_frame, *memory_end;
__attribute__((section(".multiboot"), used)) static const uint32_t header[] = {0x1badb002, 2, 0u - 0x1badb002 - 2};
__asm__(".globl start; start: movl $stack_end, %esp; pushl %ebx; call kernel; 1: hlt; jmp 1b");

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes; /* never above 4,096 */
    if (bytes > (size_t)(memory_end - next_frame))
        return NULL;
    next_frame += bytes;
    return next_frame - bytes;
}

__attribute__((used)) static void kernel(const uint32_t *loader)
{
    next_frame = image_end;
    memory_end = (unsigned char *)0x100000 + loader[2] * 1024; /* it counts KB from the first MB on */
    const struct quarry_source source = {.acquire = acquire};
    struct quarry_heap *heap = quarry_create_from_source(&source, NULL);
    const bool good = heap != NULL && quarry_malloc(heap, 24) != NULL && quarry_malloc(heap, 8 * 1024 * 1024) != NULL;
    for (const char *text = good ? "24 bytes and 8 MB\n" : "no memory\n"; *text != 0; text++)
        __asm__ volatile("outb %b0, $0xe9" : : "a"(*text));
    __asm__ volatile("outl %0, $0xf4" : : "a"(good ? 16 : 0)); /* ends QEMU: with status 33, or 1 */
}
