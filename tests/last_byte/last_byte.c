/* SPDX-License-Identifier: MIT
 *
 * last_byte.c: heaps whose memory ends with the last byte of the address space, so that its end, as a pointer, is NULL.
 * A region, a region that is added, chunks and huge blocks of a provider that hands out from the top down. Runs on
 * QEMU's riscv32 machine "virt", whose memory ends there; 32 KB at the low end are the program's.
 */
#include "quarry.h"

/* --- the machine --- */

__asm__(".section .start, \"ax\"\n.globl _start\n_start: la sp, stack_end\ncall main\n1: j 1b\n"
        ".section .bss\n.balign 16\n.space 16384\nstack_end:\n.text\n");

static void put(const char *text)
{
    while (*text != '\0')
        *(volatile char *)0x10000000 = *text++;
}

static void put_number(unsigned number)
{
    char text[12], *at = text + sizeof text - 1;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    put(at);
}

/* Ends QEMU; its status is 0 or 1. */
static void end(unsigned failed)
{
    *(volatile unsigned *)0x100000 = failed == 0 ? 0x5555u : 1u << 16 | 0x3333u;
    for (;;)
        ;
}

/* --- checks --- */

static unsigned checks, failed, misuses;

static void check(int line, const char *what, bool condition)
{
    checks++;
    if (condition)
        return;
    failed++;
    put("line "), put_number((unsigned)line), put(": not so: "), put(what), put("\n");
}
#define CHECK(condition) check(__LINE__, #condition, condition)

void quarry_panic(const struct quarry_misuse *misuse)
{
    put("panic: kind "), put_number((unsigned)misuse->kind), put("\n");
    end(1);
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context, (void)misuse;
    misuses++;
}

static const struct quarry_options options = {.on_misuse = on_misuse, .chunk_bytes = 65536};

/* --- what every heap up there must do --- */

static uintptr_t highest_end; /* of what quarry_walk() shows, less one */

static bool note_end(void *context, const struct quarry_block *block)
{
    const uintptr_t last = (uintptr_t)block->pointer + block->bytes - 1;
    (void)context;
    if (last > highest_end)
        highest_end = last;
    return true;
}

static void fill(uint8_t *block, size_t bytes, uint8_t with)
{
    for (size_t i = 0; i < bytes; i++)
        block[i] = with;
}

static bool is_filled(const uint8_t *block, size_t bytes, uint8_t with)
{
    for (size_t i = 0; i < bytes; i++)
        if (block[i] != with)
            return false;
    return true;
}

/* Does the last page lie in a free run or in a block? */
static void check_used_to_the_end(struct quarry_heap *heap)
{
    highest_end = 0;
    quarry_walk(heap, note_end, NULL);
    CHECK(highest_end > UINTPTR_MAX - QUARRY_PAGE_BYTES); /* a canary, or what a run's slots leave, is not shown */
}

/* Blocks of one size until there is no more memory, written from end to end, then freed. */
static void exercise(struct quarry_heap *heap, size_t bytes)
{
    enum { MOST = 400 };
    static uint8_t *blocks[MOST];
    unsigned count = 0;
    for (; count < MOST && (blocks[count] = quarry_calloc(heap, 1, bytes)) != NULL; count++) {
        CHECK(is_filled(blocks[count], bytes, 0));
        fill(blocks[count], bytes, (uint8_t)count);
    }
    CHECK(count > 0);
    CHECK(quarry_check(heap));
    check_used_to_the_end(heap);
    for (unsigned i = 0; i < count; i++) {
        CHECK(quarry_owns(heap, blocks[i]) && quarry_usable_size(heap, blocks[i]) >= bytes);
        CHECK(is_filled(blocks[i], bytes, (uint8_t)i));
    }
    for (unsigned i = 0; i < count; i += 2)
        quarry_free(heap, blocks[i]);
    CHECK(quarry_check(heap));
    for (unsigned i = 1; i < count; i += 2) {
        blocks[i] = quarry_realloc(heap, blocks[i], bytes + bytes / 2);
        CHECK(blocks[i] == NULL || is_filled(blocks[i], bytes, (uint8_t)i));
    }
    CHECK(quarry_check(heap));
    quarry_reset(heap);
    CHECK(quarry_check(heap));
}

static size_t largest_bytes(struct quarry_heap *heap)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    return stats.largest_free_bytes;
}

/* All of a heap's free memory as one block, grown and shrunk where its end is the address space's. */
static void exercise_largest(struct quarry_heap *heap)
{
    const size_t most = largest_bytes(heap);
    uint8_t *block = quarry_malloc(heap, most / 2);
    CHECK(block != NULL && quarry_resize(heap, block, most) && !quarry_resize(heap, block, most + 64));
    fill(block, most, 7);
    CHECK(quarry_check(heap));
    CHECK(quarry_realloc(heap, block, most / 4) == block && quarry_realloc(heap, block, most) == block);
    CHECK(is_filled(block, most / 4, 7));
    check_used_to_the_end(heap);
    quarry_free(heap, block);
    CHECK(largest_bytes(heap) == most && quarry_check(heap));
    check_used_to_the_end(heap);
}

/* --- regions --- */

static unsigned char low[32768];

/* Small blocks, and large ones where there is room for one. */
static void exercise_both(struct quarry_heap *heap)
{
    exercise(heap, 40);
    if (largest_bytes(heap) >= 4000)
        exercise(heap, 4000);
}

static void test_region(size_t bytes)
{
    struct quarry_heap *heap = quarry_create((void *)(0 - (uintptr_t)bytes), bytes, &options);
    CHECK(heap != NULL);
    if (heap == NULL)
        return;
    exercise_largest(heap);
    exercise_both(heap);
    CHECK(!quarry_add_region(heap, (void *)(UINTPTR_MAX - 4095), 4096)); /* it has that */
    CHECK(!quarry_add_region(heap, (void *)UINTPTR_MAX, 1));
    quarry_destroy(heap);
}

static void test_added_region(size_t bytes)
{
    struct quarry_heap *heap = quarry_create(low, sizeof low, &options);
    CHECK(quarry_add_region(heap, (void *)(0 - (uintptr_t)bytes), bytes));
    CHECK(!quarry_add_region(heap, (void *)(0 - (uintptr_t)bytes), bytes));
    exercise_largest(heap);
    exercise_both(heap);
}

static void test_region_that_wraps(void)
{
    CHECK(quarry_create((void *)0xFFF00000, 0x100001, &options) == NULL);
    CHECK(quarry_create((void *)0xFFF00000, UINTPTR_MAX, &options) == NULL);
    struct quarry_heap *heap = quarry_create(low, sizeof low, &options);
    CHECK(!quarry_add_region(heap, (void *)0xFFF00000, 0x100001));
}

/* --- a provider that hands out from the top down --- */

static uintptr_t lowest; /* of what it has handed out */
static unsigned acquired, released;
static bool extends;

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes;
    acquired++;
    return (void *)(lowest -= bytes);
}

static void release(void *context, void *memory, size_t bytes)
{
    (void)context;
    released++;
    if ((uintptr_t)memory == lowest)
        lowest += bytes;
}

static bool extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context, (void)memory, (void)old_bytes, (void)bytes;
    return extends; /* which is a lie at the end of the address space */
}

static void test_provider(const struct quarry_source *source)
{
    lowest = 0;
    acquired = released = 0;
    struct quarry_heap *heap = quarry_create_from_source(source, &options);
    CHECK(heap != NULL && acquired == 1 && released == 0);
    if (heap == NULL)
        return;
    exercise_largest(heap);
    exercise_both(heap);
    quarry_destroy(heap);
}

/* The heap lies lower, and a huge block ends with the address space. */
static void test_huge_block(const struct quarry_source *source)
{
    lowest = 0xF0000000;
    struct quarry_heap *heap = quarry_create_from_source(source, &options);
    lowest = 0;
    for (unsigned round = 0; round < 3; round++) {
        uint8_t *huge = quarry_malloc(heap, 200000);
        CHECK(huge != NULL && (uintptr_t)huge > 0xFFF00000);
        const size_t bytes = quarry_usable_size(heap, huge);
        fill(huge, bytes, 3);
        /* From level 3 on what is behind the last byte that was asked for is not to be used. */
        CHECK(QUARRY_CHECK_LEVEL >= 3 || (uintptr_t)huge + bytes - 1 > UINTPTR_MAX - QUARRY_PAGE_BYTES);
        CHECK(quarry_check(heap) && quarry_owns(heap, huge));
        extends = true;
        CHECK(!quarry_resize(heap, huge, 300000));
        extends = false;
        CHECK(is_filled(huge, bytes, 3) && quarry_check(heap));
        quarry_free(heap, huge);
        CHECK(quarry_check(heap));
    }
    quarry_destroy(heap);
}

int main(void)
{
    const struct quarry_source source = {.acquire = acquire, .release = release, .extend = extend};
    const struct quarry_source takes_nothing_back = {.acquire = acquire, .extend = extend};
    static const size_t lengths[] = {4096, 4097, 65536, 0x100000 - 1, 0x100000};
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        if (lengths[i] > 2 * quarry_min_region_bytes())
            test_region(lengths[i]);
        test_added_region(lengths[i]);
    }
    test_region_that_wraps();
    test_provider(&source);
    test_provider(&takes_nothing_back);
    test_huge_block(&source);
    test_huge_block(&takes_nothing_back);
    CHECK(misuses == 0);
    put_number(checks), put(" checks, "), put_number(failed), put(" failed\n");
    end(failed);
    return 0;
}
