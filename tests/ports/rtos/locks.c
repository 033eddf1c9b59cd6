/* SPDX-License-Identifier: MIT
 *
 * locks.c: an RTOS port's lock hooks: held during each call on a heap and on a heap inside of another, free again after
 * it, whatever state the caller was in. Linked with the RTOS's file. Ends with "N passed, N failed".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtos.h"

static unsigned passed;

static unsigned char memory[1 << 20] __attribute__((aligned(4096)));
static size_t used_bytes;
static bool is_made;

void rtos_check(bool holds, const char *file, int line, const char *text)
{
    if (!holds) {
        printf("FAIL %s:%d: %s\n%u passed, 1 failed\n", file, line, text, passed);
        exit(1);
    }
    passed++;
}

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes;
    CHECK(rtos_is_locked() || !is_made); /* a heap that is being made is nobody else's yet */
    if (bytes > sizeof memory - used_bytes)
        return NULL;
    used_bytes += bytes;
    return memory + used_bytes - bytes;
}

static void use(struct quarry_heap *heap)
{
    unsigned char *blocks[50];

    for (unsigned i = 0; i < 50; i++) {
        const unsigned before = rtos_locks;
        blocks[i] = quarry_malloc(heap, i * 41);
        CHECK(blocks[i] != NULL && rtos_locks > before && !rtos_is_locked());
        if (blocks[i] != NULL)
            memset(blocks[i], (int)i, i * 41);
    }
    for (unsigned i = 0; i < 50; i++) {
        blocks[i] = quarry_realloc(heap, blocks[i], 100 + i * 60);
        CHECK(blocks[i] != NULL && !rtos_is_locked());
    }
    CHECK(quarry_calloc(heap, SIZE_MAX / 2, 3) == NULL && !rtos_is_locked());
    for (unsigned i = 0; i < 50; i++) {
        quarry_free(heap, blocks[i]);
        CHECK(!rtos_is_locked());
    }
    CHECK(quarry_check(heap) && !rtos_is_locked());
}

int main(void)
{
    const struct quarry_source source = {.acquire = acquire};
    const struct quarry_options options = {.chunk_bytes = 16384};
    struct quarry_heap *heap = quarry_create_from_source(&source, &options);

    CHECK(heap != NULL);
    is_made = true;
    use(heap);
    if (rtos_nests) {
        const struct quarry_source parent = quarry_source_from_heap(heap);
        const struct quarry_options small = {.chunk_bytes = 4096};
        struct quarry_heap *nested = quarry_create_from_source(&parent, &small);
        CHECK(nested != NULL);
        use(nested);
        quarry_destroy(nested);
    }
    rtos_own_tests();
    CHECK(!rtos_is_locked());
    printf("%u passed, 0 failed\n", passed);
    return 0;
}
