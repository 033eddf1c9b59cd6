/* SPDX-License-Identifier: MIT
 *
 * write_after_free.c: writes to blocks that were given back. From check level 3 quarry_check() finds each one, and so
 * does whoever gets the memory next; a node of a list that was written to is found as damage of its links.
 */
#include "misuse.h"

#include "whole.h"

#define NEEDS_LEVEL_3()                                                                                                \
    do {                                                                                                               \
        if (QUARRY_CHECK_LEVEL < 3)                                                                                    \
            SKIP("free memory is filled from check level 3 on");                                                       \
    } while (0)

#define DAMAGE (KIND(QUARRY_WRITE_AFTER_FREE) | KIND(QUARRY_CORRUPT))

/* Takes blocks of so many bytes until something is reported; false: all memory was handed out without a word. */
static bool reuse_is_reported(struct quarry_heap *heap, size_t bytes)
{
    while (test_log.count == 0 && quarry_malloc(heap, bytes) != NULL)
        ;
    return test_log.count != 0;
}

static void write_and_look(size_t bytes, size_t place, bool by_check)
{
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    unsigned char *before = quarry_malloc(heap, bytes), *block = quarry_malloc(heap, bytes),
                  *behind = quarry_malloc(heap, bytes);
    REQUIRE(before != NULL && block != NULL && behind != NULL);
    quarry_free(heap, block);
    block[place] ^= 0x5A;
    if (!CHECK(by_check ? !quarry_check(heap) : reuse_is_reported(heap, bytes))) {
        test_print("  place ");
        test_print_unsigned(place);
        test_print(by_check ? ", check\n" : ", reuse\n");
    }
    CHECK((DAMAGE >> test_log.last.kind & 1) != 0);
    test_log.count = 0;
    test_memory_release();
}

static void write_everywhere(size_t bytes)
{
    const size_t places[] = {0, sizeof(void *), bytes / 2, bytes - 1};
    for (unsigned i = 0; i < 4 && !test_is_over(); i++) {
        write_and_look(bytes, places[i], true);
        write_and_look(bytes, places[i], false);
    }
}

TEST(test_write_to_freed_small_block_is_reported)
{
    NEEDS_LEVEL_3();
    for (size_t bytes = sizeof(void *) + 1; bytes <= 120 && !test_is_over(); bytes += 9)
        write_everywhere(bytes);
}

TEST(test_write_to_freed_large_block_is_reported)
{
    NEEDS_LEVEL_3();
    write_everywhere(LARGE_BYTES);
}

TEST(test_write_to_chunk_that_goes_back_to_its_source_is_reported)
{
    NEEDS_LEVEL_3();
    struct test_source source;
    unsigned char *block;
    if (!test_source_init(&source, 4 * SMALLEST_CHUNK_BYTES))
        return;
    struct quarry_heap *heap = test_source_heap(&source);
    REQUIRE(heap != NULL);
    do { /* until one lies in another chunk than the first */
        block = quarry_malloc(heap, SMALLEST_CHUNK_BYTES / 2 + 500);
        REQUIRE(block != NULL);
    } while (stats_of(heap).chunks == 1);
    quarry_free(heap, block);
    block[LARGE_BYTES / 2] ^= 0x5A;
    CHECK_EQ(test_log.count, 0);
    CHECK(quarry_trim(heap) != 0);
    CHECK_EQ(test_log.count, 1);
    CHECK_EQ(test_log.last.kind, QUARRY_WRITE_AFTER_FREE);
    test_log.count = 0;
    quarry_destroy(heap);
    CHECK_EQ(source.granted_bytes, 0);
}

TEST(test_freed_block_reads_as_filled)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    unsigned char *block = quarry_malloc(heap, 100);
    REQUIRE(block != NULL);
    size_t usable = quarry_usable_size(heap, block);
    test_fill(block, usable, 1);
    quarry_free(heap, block);
    for (size_t i = 0; i < usable; i++)
        REQUIRE(block[i] == 0xDF);
}

TEST(test_freed_slot_is_not_taken_at_once)
{
    NEEDS_LEVEL_3();
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    void *block = quarry_malloc(heap, 40);
    REQUIRE(block != NULL && quarry_malloc(heap, 40) != NULL);
    quarry_free(heap, block);
    for (unsigned i = 0; i < 10; i++)
        CHECK(quarry_malloc(heap, 40) != block);
    quarry_free(heap, block);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE));
}

enum { LIVE = 24 };

struct crowd {
    struct quarry_heap *heap;
    unsigned char *blocks[LIVE], *dead[LIVE];
    size_t dead_bytes[LIVE];
};

/* Replaces a block by another, and remembers where it was. */
static void replace(struct crowd *crowd, unsigned i)
{
    if (crowd->blocks[i] != NULL) {
        crowd->dead[i] = crowd->blocks[i];
        crowd->dead_bytes[i] = quarry_usable_size(crowd->heap, crowd->blocks[i]);
        quarry_free(crowd->heap, crowd->blocks[i]);
    }
    crowd->blocks[i] = quarry_malloc(crowd->heap, 1 + test_random_below(test_random_below(8) == 0 ? 600 : 100));
}

/* Is no live block there? */
static bool is_free(const struct crowd *crowd, const unsigned char *at)
{
    for (unsigned i = 0; i < LIVE; i++) {
        size_t bytes = crowd->blocks[i] == NULL ? 0 : quarry_usable_size(crowd->heap, crowd->blocks[i]);
        if ((uintptr_t)at - (uintptr_t)crowd->blocks[i] < whole_bytes(bytes, CANARY_BYTES))
            return false;
    }
    return true;
}

/* One stray byte: behind a live block, or in a dead one that is still free. NULL: neither is at hand. */
static unsigned char *stray(const struct crowd *crowd, unsigned i)
{
    if (crowd->blocks[i] != NULL && test_random_below(2) == 0)
        return crowd->blocks[i] + quarry_usable_size(crowd->heap, crowd->blocks[i]) + test_random_below(CANARY_BYTES);
    unsigned char *at = crowd->dead[i] == NULL ? NULL : crowd->dead[i] + test_random_below(crowd->dead_bytes[i]);
    return at != NULL && is_free(crowd, at) ? at : NULL;
}

TEST(test_10000_stray_writes_are_all_reported_by_check)
{
    NEEDS_LEVEL_3();
    struct crowd crowd = {.heap = test_heap(MISUSE_REGION_BYTES, 0)};
    REQUIRE(crowd.heap != NULL);
    for (unsigned written = 0; written < (TEST_SCALE > 1 ? 10000 : 300) && !test_is_over();) {
        unsigned i = (unsigned)test_random_below(LIVE);
        replace(&crowd, i);
        unsigned char *at = stray(&crowd, (unsigned)test_random_below(LIVE));
        if (at == NULL)
            continue;
        CHECK(quarry_check(crowd.heap)); /* which also lets waiting blocks go, so that nodes lie where they will */
        const unsigned char was = *at, change = (unsigned char)(1 + test_random_below(255));
        *at ^= change;
        CHECK(!quarry_check(crowd.heap));
        CHECK(test_log.count != 0);
        test_log.count = 0;
        *at = was;
        written++;
    }
}
