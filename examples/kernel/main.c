/* SPDX-License-Identifier: MIT
 *
 * main.c: a kernel for a Multiboot loader (GRUB, or QEMU's -kernel) with kmalloc() and a cache of tasks, on the frames
 * behind its image. To start your own, copy this folder. It speaks through QEMU's debug console.
 */
#include "frames_source.h"
#include "quarry/kmalloc.h"

extern unsigned char image_end[]; /* link.ld: a multiple of 4,096 */
static unsigned char *next_frame, *memory_end;
struct quarry_heap *quarry_kernel_heap;
__attribute__((section(".multiboot"), used)) static const uint32_t header[] = {0x1badb002, 2, 0u - 0x1badb002 - 2};
__asm__(".globl start; start: movl $stack_end, %esp; pushl %ebx; call kernel; 1: hlt; jmp 1b");

static void *allocate_frames(void *context, size_t frames)
{
    (void)context;
    if (frames > (size_t)(memory_end - next_frame) / 4096)
        return NULL;
    next_frame += frames * 4096;
    return next_frame - frames * 4096;
}

__attribute__((used)) static void kernel(const uint32_t *loader)
{
    static const struct frames_allocator allocator = {.allocate = allocate_frames};
    next_frame = image_end;
    memory_end = (unsigned char *)0x100000 + loader[2] * 1024; /* it counts KB from the first MB on */
    quarry_kernel_heap = quarry_create_from_frames(&allocator, NULL);
    struct kmem_cache *tasks = kmem_cache_create("tasks", 200, 64, NULL);
    const bool good = tasks != NULL && kmem_cache_alloc(tasks) != NULL && kzalloc(8 * 1024 * 1024) != NULL;
    for (const char *text = good ? "a task and 8 MB\n" : "no memory\n"; *text != 0; text++)
        __asm__ volatile("outb %b0, $0xe9" : : "a"(*text));
    __asm__ volatile("outl %0, $0xf4" : : "a"(good ? 16 : 0)); /* ends QEMU: with status 33, or 1 */
}
