/* SPDX-License-Identifier: MIT
 *
 * add.c: quarry_caps_add(): which memories a set accepts, and in which order it has them.
 */
#include "caps_test.h"

enum { SMALL_BYTES = sizeof(void *) > 4 ? 8192 : 2048 };

/* The set refuses the memory, and is what it was. */
static void expect_refused(struct quarry_caps *caps, const struct quarry_caps_memory *memory)
{
    const unsigned count = caps->count;

    CHECK(!quarry_caps_add(caps, memory));
    CHECK_EQ(caps->count, count);
}

TEST(test_caps_add_refuses_what_is_no_memory)
{
    struct quarry_caps caps = {0};
    const struct quarry_caps_memory good = caps_memory(FAST, 0, SMALL_BYTES);
    struct quarry_caps_memory memory = good;

    REQUIRE(good.heap != NULL);
    expect_refused(&caps, NULL);
    CHECK(!quarry_caps_add(NULL, &good));
    memory.heap = NULL;
    expect_refused(&caps, &memory);
    memory = good, memory.bytes = 0;
    expect_refused(&caps, &memory);
    memory = good, memory.bytes = SIZE_MAX; /* wraps round */
    expect_refused(&caps, &memory);
    memory = good, memory.start = (char *)good.start + SMALL_BYTES; /* the heap lies before it */
    expect_refused(&caps, &memory);
    memory = good, memory.bits = 0x10000;
    expect_refused(&caps, &memory);
    memory = good, memory.align_bytes = 48;
    expect_refused(&caps, &memory);
    memory = good, memory.multiple_bytes = 24;
    expect_refused(&caps, &memory);
    CHECK(quarry_caps_add(&caps, &good));
}

TEST(test_caps_add_refuses_windows_that_overlap)
{
    struct quarry_caps caps = {0};
    struct quarry_caps_memory first = caps_memory(FAST, 0, SMALL_BYTES), second = caps_memory(DMA, 0, SMALL_BYTES);
    const struct quarry_caps_memory good = second;

    REQUIRE(first.heap != NULL && second.heap != NULL);
    CHECK(quarry_caps_add(&caps, &first));
    expect_refused(&caps, &first);
    if ((uintptr_t)second.start > (uintptr_t)first.start) {
        second.bytes += (size_t)((char *)second.start - (char *)first.start) - SMALL_BYTES + 1;
        second.start = (char *)first.start + SMALL_BYTES - 1;
    } else {
        second.bytes = (size_t)((char *)first.start - (char *)second.start) + 1;
    }
    expect_refused(&caps, &second);
    second.start = NULL, second.bytes = UINTPTR_MAX; /* all of the address space but its last byte */
    expect_refused(&caps, &second);
    CHECK(quarry_caps_add(&caps, &good));
}

TEST(test_caps_add_accepts_so_many_memories_and_finds_each)
{
    static struct quarry_caps_memory memories[QUARRY_CAPS_MEMORIES + 1];
    struct quarry_caps caps = {.on_misuse = test_on_misuse};
    unsigned count;

    for (count = 0; count <= QUARRY_CAPS_MEMORIES; count++) {
        unsigned number = (count * 7 + 3) % (QUARRY_CAPS_MEMORIES + 1); /* not in the order of their addresses */
        memories[number] = caps_memory(1u << (count & 15), (int)(count % 3), SMALL_BYTES);
        REQUIRE(memories[number].heap != NULL);
        CHECK_EQ(quarry_caps_add(&caps, &memories[number]), count < QUARRY_CAPS_MEMORIES);
    }
    for (unsigned i = 0; i <= QUARRY_CAPS_MEMORIES && !test_is_over(); i++) {
        void *block = quarry_malloc(memories[i].heap, 10);
        const bool is_in_set = i != (QUARRY_CAPS_MEMORIES * 7 + 3) % (QUARRY_CAPS_MEMORIES + 1);

        CHECK_EQ(quarry_caps_owner(&caps, block), is_in_set ? &memories[i] : NULL);
        CHECK_EQ(quarry_caps_owner(&caps, memories[i].heap), NULL);
        quarry_caps_free(&caps, block);
        if (is_in_set)
            CHECK_EQ(stats_of(memories[i].heap).blocks, 0);
        else
            expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
    }
}

TEST(test_caps_window_may_end_with_the_address_space)
{
    struct quarry_caps caps = {.on_misuse = test_on_misuse};
    struct quarry_caps_memory memory = caps_memory(FAST, 0, SMALL_BYTES);

    REQUIRE(memory.heap != NULL);
    memory.bytes = (size_t)(UINTPTR_MAX - TEST_ADDRESS(memory.start)) + 1;
    CHECK(quarry_caps_add(&caps, &memory));
    void *block = quarry_caps_malloc(&caps, FAST, 100);
    CHECK_EQ(quarry_caps_owner(&caps, block), &memory);
    CHECK_EQ(quarry_caps_owner(&caps, (void *)(UINTPTR_MAX >> (QUARRY_MARK == QUARRY_MARK_MTE ? 8 : 0))), NULL);
    quarry_caps_free(&caps, block);
    CHECK_EQ(stats_of(memory.heap).blocks, 0);
}

TEST(test_caps_of_an_empty_set_answers_null)
{
    struct quarry_caps caps = {.on_misuse = test_on_misuse};
    struct quarry_stats stats;
    int other;

    CHECK_EQ(quarry_caps_malloc(&caps, 0, 10), NULL);
    CHECK_EQ(quarry_caps_realloc(&caps, 0, NULL, 10), NULL);
    CHECK_EQ(quarry_caps_owner(&caps, &other), NULL);
    quarry_caps_free(&caps, NULL);
    quarry_caps_get_stats(&caps, 0, &stats);
    CHECK(test_is_zero(&stats, sizeof stats));
    quarry_caps_free(&caps, &other);
    expect_misuse(NULL, KIND(QUARRY_INVALID_POINTER));
}
