/* SPDX-License-Identifier: MIT
 *
 * programs.c MISUSE: a user's program, which does one thing wrong, or nothing. Built with AddressSanitizer and with
 * Valgrind in mind (QUARRY_MARK); tests/marks/run.sh looks at what the tool says of each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quarry.h"

static unsigned char region[1 << 20];
static struct quarry_heap *heap;
static volatile unsigned char seen;
static void *volatile libc_block;

static unsigned char *take(size_t bytes)
{
    unsigned char *const block = quarry_malloc(heap, bytes);

    if (block == NULL)
        exit(3);
    memset(block, 1, bytes);
    return block;
}

static void use_after_free(size_t bytes)
{
    unsigned char *const block = take(bytes);

    quarry_free(heap, block);
    seen = block[bytes / 2];
}

static void write_after_free(size_t bytes)
{
    unsigned char *const block = take(bytes);

    quarry_free(heap, block);
    block[bytes - 1] = 1;
}

static void overflow(size_t bytes)
{
    unsigned char *const block = take(bytes);

    take(bytes); /* a neighbour */
    block[bytes] = 1;
}

static void underflow(size_t bytes)
{
    unsigned char *block;

    take(bytes);
    block = take(bytes);
    block[-1] = 1;
}

static void after_shrink(size_t bytes)
{
    unsigned char *const block = quarry_realloc(heap, take(bytes), bytes / 2);

    seen = block[bytes / 2];
}

static void after_move(size_t bytes)
{
    unsigned char *const block = take(bytes);

    take(bytes);
    quarry_realloc(heap, block, 4 * bytes);
    seen = block[0];
}

static void after_reset(size_t bytes)
{
    unsigned char *const block = take(bytes);

    quarry_reset(heap);
    seen = block[0];
}

static void in_nested_heap(size_t bytes)
{
    const struct quarry_source source = quarry_source_from_heap(heap);
    const struct quarry_options options = {.chunk_bytes = 65536};
    struct quarry_heap *const inner = quarry_create_from_source(&source, &options);
    unsigned char *const block = quarry_malloc(inner, bytes);

    block[bytes] = 1;
}

static void leak(size_t bytes)
{
    take(bytes);
}

/* Nothing wrong: every byte asked for, and every usable one once that has been asked. */
static void nothing(size_t bytes)
{
    unsigned char *block = take(bytes);
    const struct quarry_source source = quarry_source_from_heap(heap);
    const struct quarry_options options = {.chunk_bytes = 65536};
    struct quarry_heap *const inner = quarry_create_from_source(&source, &options);
    unsigned i;

    memset(block, 2, quarry_usable_size(heap, block));
    for (i = 0; i < 50; i++) {
        void *const other = quarry_malloc(inner, i * bytes / 8);
        const size_t longer = bytes + i * 7;

        block = quarry_realloc(heap, block, longer);
        if (block[bytes - 1] == 3) /* what was written is known, wherever it moved */
            exit(4);
        memset(block, 2, longer);
        if (i % 2 == 0)
            quarry_free(inner, other);
    }
    quarry_destroy(inner);
    quarry_free(heap, block);
    if (!quarry_check(heap))
        exit(5);
    quarry_destroy(heap);
    memset(region, 0, sizeof region);
}

static const struct {
    const char *name;
    void (*run)(size_t bytes);
} misuses[] = {
        {"use_after_free", use_after_free},
        {"write_after_free", write_after_free},
        {"overflow", overflow},
        {"underflow", underflow},
        {"after_shrink", after_shrink},
        {"after_move", after_move},
        {"after_reset", after_reset},
        {"in_nested_heap", in_nested_heap},
        {"leak", leak},
        {"nothing", nothing},
};

int main(int count, char **arguments)
{
    const size_t bytes = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;
    size_t i;

    libc_block = malloc(1); /* Valgrind looks for leaks only where malloc() has been called */
    heap = quarry_create(region, sizeof region, NULL);
    for (i = 0; bytes != 0 && heap != NULL && i < sizeof misuses / sizeof misuses[0]; i++) {
        if (strcmp(misuses[i].name, arguments[1]) == 0) {
            misuses[i].run(bytes);
            return 0;
        }
    }
    return 2;
}
