/* SPDX-License-Identifier: MIT
 *
 * caps_test.c: see caps_test.h.
 */
#include "caps_test.h"

struct quarry_caps_memory caps_memory(uint32_t bits, int preference, size_t bytes)
{
    struct quarry_options options = test_options();
    struct quarry_caps_memory memory = {NULL, test_memory(bytes, 0), bytes, bits, preference, 0, 0};

    if (memory.start != NULL) {
        memory.heap = quarry_create(memory.start, bytes, &options);
        CHECK(memory.heap != NULL);
    }
    return memory;
}

void check_set_(struct scene *s)
{
    for (unsigned i = 0; i < MEMORIES; i++)
        check_heap(s->memory[i].heap);
}

void fill_memory(const struct quarry_caps_memory *memory, size_t bytes)
{
    while (quarry_malloc(memory->heap, bytes) != NULL)
        continue;
}

void scene_run(scene_body body)
{
    static struct scene scene;
    struct scene *s = &scene;

    *s = (struct scene){.caps = {.on_misuse = test_on_misuse}};
    s->memory[0] = caps_memory(FAST, 2, MEMORY_BYTES);
    s->memory[1] = caps_memory(DMA | INTERNAL, 1, MEMORY_BYTES);
    s->memory[1].align_bytes = s->memory[1].multiple_bytes = LINE_BYTES;
    s->memory[2] = caps_memory(EXTERNAL, 0, 2 * MEMORY_BYTES);
    for (unsigned i = 0; i < MEMORIES; i++) {
        REQUIRE(s->memory[i].heap != NULL);
        s->largest_bytes[i] = largest_free_bytes(s->memory[i].heap);
        REQUIRE(quarry_caps_add(&s->caps, &s->memory[i]));
    }
    body(s);
    for (unsigned i = 0; i < MEMORIES && !s->leaves_blocks && !test_is_over(); i++)
        expect_all_free(s->memory[i].heap, s->largest_bytes[i]);
}
