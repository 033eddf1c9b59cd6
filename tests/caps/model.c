/* SPDX-License-Identifier: MIT
 *
 * model.c: random calls on a set, beside a model that knows each block, what is in it and which bits it needs.
 *
 * After each call: the block lies in a memory with the needed bits, is aligned as that memory says, has its contents,
 * and shares no line with another block of the dma memory, nor with what the heap writes there (the model fills whole
 * lines, and looks at them later). A request that is refused was refused by each memory that has its bits.
 */
#include "caps_test.h"

enum { SLOTS = 48 };
enum { ROUNDS = 400 * TEST_SCALE };

struct slot {
    unsigned char *block;
    size_t bytes; /* that are filled: whole lines in the dma memory */
    uint32_t seed;
};

static uint32_t random_request(void)
{
    static const uint32_t requests[] = {0,        FAST, DMA,        EXTERNAL, INTERNAL, DMA | INTERNAL,
                                        EXTERNAL, 0,    DMA | FAST, RETAINED};
    const uint32_t preferred = (uint32_t)test_random_below(16);

    return requests[test_random_below(10)] | QUARRY_CAPS_PREFER(test_random_below(2) ? preferred : 0);
}

static size_t random_bytes(void)
{
    switch (test_random_below(8)) {
    case 0:
        return test_random_below(MEMORY_BYTES / 2);
    case 1:
        return SIZE_MAX - test_random_below(2 * LINE_BYTES);
    default:
        return test_random_below(300);
    }
}

/* Notes a block that a call answered, and fills it. */
static void note(struct scene *s, struct slot *slot, unsigned char *block, uint32_t request, size_t bytes)
{
    const struct quarry_caps_memory *memory = quarry_caps_owner(&s->caps, block);
    const bool has_lines = memory == &s->memory[1];

    REQUIRE(memory != NULL);
    CHECK_EQ(memory->bits & request & 0xFFFF, request & 0xFFFF);
    slot->block = block;
    slot->bytes = has_lines ? (bytes + LINE_BYTES - (bytes != 0)) / LINE_BYTES * LINE_BYTES : bytes;
    slot->seed = test_random();
    CHECK(!has_lines || (uintptr_t)block % LINE_BYTES == 0);
    CHECK(quarry_usable_size(memory->heap, block) >= slot->bytes);
    test_fill(block, slot->bytes, slot->seed);
}

/* No memory with the bits has room for so much in one piece. */
static void check_refusal(struct scene *s, uint32_t request, size_t bytes)
{
    struct quarry_stats stats;

    quarry_caps_get_stats(&s->caps, request & 0xFFFF, &stats);
    CHECK(stats.largest_free_bytes < bytes || stats.largest_free_bytes == 0);
}

static void allocate_one(struct scene *s, struct slot *slot)
{
    const uint32_t request = random_request();
    const size_t bytes = random_bytes(), align_bytes = (size_t)1 << test_random_below(8);
    const size_t kind = test_random_below(4);
    unsigned char *block = kind == 0   ? quarry_caps_calloc(&s->caps, request, 1, bytes)
                           : kind == 1 ? quarry_caps_aligned_alloc(&s->caps, request, align_bytes, bytes)
                                       : quarry_caps_malloc(&s->caps, request, bytes);

    if (block == NULL) {
        if (kind != 1)
            check_refusal(s, request, bytes);
        return;
    }
    CHECK(kind != 0 || test_is_zero(block, bytes));
    CHECK(kind != 1 || (uintptr_t)block % align_bytes == 0);
    note(s, slot, block, request, bytes);
}

static void change_one(struct scene *s, struct slot *slot)
{
    const uint32_t request = random_request();
    const size_t bytes = random_bytes(), old_bytes = slot->bytes;
    const struct quarry_caps_memory *memory = quarry_caps_owner(&s->caps, slot->block);
    unsigned char *block = quarry_caps_realloc(&s->caps, request, slot->block, bytes);

    if (block == NULL) {
        CHECK(bytes > old_bytes || (memory->bits & request & 0xFFFF) != (request & 0xFFFF));
        CHECK(test_is_filled(slot->block, old_bytes, slot->seed));
        return;
    }
    CHECK(test_is_filled(block, bytes < old_bytes ? bytes : old_bytes, slot->seed));
    note(s, slot, block, request, bytes);
}

static void free_one(struct scene *s, struct slot *slot)
{
    CHECK(test_is_filled(slot->block, slot->bytes, slot->seed));
    quarry_caps_free(&s->caps, slot->block);
    slot->block = NULL;
}

ON_SET(test_caps_random_calls_agree_with_a_model)
{
    static struct slot slots[SLOTS];

    for (unsigned i = 0; i < SLOTS; i++)
        slots[i].block = NULL;
    for (unsigned round = 0; round < ROUNDS && !test_is_over(); round++) {
        struct slot *slot = &slots[test_random_below(SLOTS)];

        if (slot->block == NULL)
            allocate_one(s, slot);
        else if (test_random_below(3) == 0)
            change_one(s, slot);
        else
            free_one(s, slot);
        if (round % 16 == 0)
            check_set(s);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].block != NULL)
            free_one(s, &slots[i]);
    }
}
