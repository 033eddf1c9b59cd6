/* SPDX-License-Identifier: MIT
 *
 * main.c: a kernel that GRUB loads. It takes the RAM of the loader's memory map, serves kmalloc() and an object cache
 * from it, and looks whether every frame came back. It speaks through QEMU's debug console. To start your own, copy
 * this folder.
 */
#include "frames.h"
#include "frames_source.h"
#include "quarry/kmalloc.h"

/* What GRUB tells: the Multiboot specification, version 0.6.96, sections 3.1 and 3.3. */
enum { MULTIBOOT_MAGIC = 0x1badb002, MULTIBOOT_LOADED = 0x2badb002, MULTIBOOT_HAS_MAP = 1 << 6, MULTIBOOT_RAM = 1 };
struct multiboot_info {
    uint32_t flags, other[10], map_bytes, map;
};
struct multiboot_range {
    uint32_t bytes; /* of what follows */
    uint64_t start, length;
    uint32_t kind;
} __attribute__((packed));

__attribute__((section(".multiboot"), used)) static const uint32_t header[] = {MULTIBOOT_MAGIC, 2,
                                                                               0u - MULTIBOOT_MAGIC - 2};
__asm__(".globl start; start: movl $stack_end, %esp; pushl %ebx; pushl %eax; call kernel; 1: hlt; jmp 1b");

extern unsigned char image_end[];
struct quarry_heap *quarry_kernel_heap;

struct task {
    struct task *next;
    unsigned number;
    unsigned char registers[200];
};

static void print(const char *text)
{
    for (; *text != 0; text++)
        __asm__ volatile("outb %b0, $0xe9" : : "a"(*text));
}

static void end(bool good)
{
    __asm__ volatile("outl %0, $0xf4" : : "a"(good ? 16 : 0)); /* ends QEMU: with status 33, or 1 */
}

/* The loader's structs, and its modules, lie where the map says RAM: this kernel has read them by the time it uses that
 * memory, and has no modules. */
static void find_ram(const struct multiboot_info *info)
{
    const size_t image = (size_t)image_end;
    for (uint32_t at = info->map; at < info->map + info->map_bytes;) {
        const struct multiboot_range *range = (const struct multiboot_range *)at;
        const uint64_t range_end = range->start + range->length;
        const size_t last = range_end < 0xffffffff ? (size_t)range_end : 0xffffffff;
        if (range->kind == MULTIBOOT_RAM && range->start < last && last > image)
            frames_add(range->start > image ? (size_t)range->start : image, last);
        at += range->bytes + sizeof range->bytes;
    }
}

static struct task *add_task(struct kmem_cache *cache, struct task *tasks, unsigned number)
{
    struct task *task = kmem_cache_zalloc(cache);
    if (task != NULL) {
        task->next = tasks;
        task->number = number;
    }
    return task;
}

/* 1,000 tasks in a cache, beside blocks of kmalloc(). */
static bool run_tasks(void)
{
    struct kmem_cache *cache = kmem_cache_create("tasks", sizeof(struct task), 64, NULL);
    struct task *tasks = NULL;
    unsigned count = 0;
    while (cache != NULL && count < 1000) {
        tasks = add_task(cache, tasks, count);
        if (tasks == NULL || tasks->number != count || (size_t)tasks % 64 != 0)
            return false;
        count++;
    }
    while (tasks != NULL) {
        struct task *next = tasks->next;
        kmem_cache_free(cache, tasks);
        tasks = next;
    }
    return cache != NULL && kmem_cache_destroy(cache);
}

static bool run_blocks(void)
{
    char *small = kmalloc(24), *large = krealloc(kmalloc(100), 8 * 1024 * 1024);
    const bool good = small != NULL && large != NULL && ksize(large) >= 8 * 1024 * 1024 && run_tasks();
    kfree(small);
    kfree(large);
    return good && quarry_check(quarry_kernel_heap);
}

/* A heap on frames of the kernel's: runs of them, or single ones only. Every frame must come back. */
static bool run_heap(size_t frames_max, size_t chunk_bytes, bool (*run)(void))
{
    const struct frames_allocator allocator = {frames_allocate, frames_free, NULL, 12, frames_max};
    const struct quarry_source source = quarry_frames_source(&allocator);
    const struct quarry_options options = {.chunk_bytes = chunk_bytes};
    const size_t before = frames_left();
    quarry_kernel_heap = quarry_create_from_source(&source, &options);
    const bool good = quarry_kernel_heap != NULL && run();
    quarry_destroy(quarry_kernel_heap);
    return good && frames_left() == before;
}

/* 10,000 blocks in chunks of one frame; none may be longer than a chunk. */
static bool run_small_blocks(void)
{
    void **blocks = NULL;
    for (unsigned i = 0; i < 10000; i++) {
        void **block = kmalloc(8 + i % 1000);
        if (block == NULL)
            return false;
        *block = blocks;
        blocks = block;
    }
    while (blocks != NULL) {
        void **next = *blocks;
        kfree(blocks);
        blocks = next;
    }
    return kmalloc(5000) == NULL && quarry_check(quarry_kernel_heap);
}

__attribute__((used)) static void kernel(uint32_t loaded, const struct multiboot_info *info)
{
    if (loaded != MULTIBOOT_LOADED || (info->flags & MULTIBOOT_HAS_MAP) == 0) {
        print("no memory map\n");
        end(false);
    }
    find_ram(info);
    const bool runs = run_heap(0, 64 * 1024, run_blocks), singles = run_heap(1, FRAME_BYTES, run_small_blocks);
    print(runs ? "blocks and tasks came and went, on runs of frames\n" : "runs of frames: FAILED\n");
    print(singles ? "blocks came and went, on single frames\n" : "single frames: FAILED\n");
    end(runs && singles);
}
