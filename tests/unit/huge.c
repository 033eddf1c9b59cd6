/* SPDX-License-Identifier: MIT
 *
 * huge.c: blocks straight from a source: where they lie, how they grow and shrink, and what becomes of them
 * when the source takes nothing back. The source is the harness's, whose ledger notices a wrong call. Needs
 * room for a chunk and some frames of 4,096 bytes, so the smallest machines skip these tests.
 */
#include "../../src/huge.h"

#include "test_source.h"
#include "unit.h"

enum { FRAMES = 12 };

static struct quarry_heap *begin(struct test_source *source)
{
    if (!unit_source_fits() || !test_source_init(source, SMALLEST_CHUNK_BYTES + FRAMES * (size_t)GRANULE_BYTES))
        return NULL;
    return test_source_heap(source);
}

/* As the heap sees its source. */
static struct huge_memory memory_of(struct quarry_heap *heap)
{
    struct heap_sourced *sourced = heap_sourced(heap);
    const size_t align_bytes = sourced->provider.align_max_bytes;
    return (struct huge_memory){heap_chunks(heap), sourced->provider.release == NULL ? &sourced->reserve : NULL,
                                align_bytes < QUARRY_PAGE_BYTES ? QUARRY_PAGE_BYTES : align_bytes};
}

/* NULL: there is none. */
static uint8_t *take(struct quarry_heap *heap, size_t bytes, size_t align_bytes)
{
    const struct huge_memory memory = memory_of(heap);
    struct added_chunk *huge = memory.reserve == NULL ? NULL : qi_huge_allocate_idle(&memory, bytes, align_bytes);
    if (huge == NULL)
        huge = qi_huge_allocate(&memory, bytes, align_bytes);
    return huge != NULL ? huge->chunk.pages : NULL;
}

static void give(struct quarry_heap *heap, struct added_chunk *huge)
{
    const struct huge_memory memory = memory_of(heap);
    CHECK_EQ(qi_huge_free(&memory, huge), RUN_FREED);
}

static bool resize(struct quarry_heap *heap, struct added_chunk *huge, size_t bytes)
{
    const struct huge_memory memory = memory_of(heap);
    return qi_huge_resize(&memory, &huge, bytes);
}

static struct added_chunk *huge_at(struct quarry_heap *heap, const void *block)
{
    return qi_chunk_find_added(heap_chunks(heap), block);
}

/* The block is found from its first to its last byte, and at no place besides. */
static void check_block(struct test_source *source, void *block, size_t bytes, size_t align_bytes)
{
    struct added_chunk *huge = huge_at(source->heap, block);
    REQUIRE(huge != NULL);
    const size_t usable_bytes = huge_usable_bytes(&huge->chunk);
    CHECK(usable_bytes >= bytes);
    CHECK_EQ((uintptr_t)block & (align_bytes - 1), 0);
    CHECK_EQ((uintptr_t)block & (QUARRY_ALIGN_BYTES - 1), 0);
    CHECK_EQ(unit_find(source->heap, block).kind, QUARRY_HUGE);
    CHECK_EQ(huge_at(source->heap, (uint8_t *)block + usable_bytes - 1), huge);
    CHECK(huge->start != (uint8_t *)huge || huge_at(source->heap, (uint8_t *)block + usable_bytes) != huge);
    CHECK(unit_settle(source->heap));
    check_source(source, source->heap);
}

TEST(test_huge_take_and_give_at_every_alignment_pass_through_source)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source);
    if (heap == NULL)
        return;
    const size_t granted_bytes = source.granted_bytes;
    for (size_t align_bytes = 1; align_bytes <= 8192 && !test_is_over(); align_bytes *= 2) {
        void *block = take(heap, 9000, align_bytes);
        if (!CHECK(block != NULL))
            break;
        CHECK_EQ(heap_chunks(heap)->chunk_count, 2);
        check_block(&source, block, 9000, align_bytes);
        test_fill(block, 9000, 1);
        give(heap, huge_at(heap, block));
        CHECK_EQ(source.granted_bytes, granted_bytes);
        CHECK_EQ(heap_chunks(heap)->chunk_count, 1);
        CHECK_EQ(huge_at(heap, block), NULL);
        CHECK(unit_settle(heap));
    }
    check_source(&source, heap);
}

TEST(test_huge_take_asks_for_whole_frames_and_no_more_than_needed)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source);
    if (heap == NULL)
        return;
    const size_t granted_bytes = source.granted_bytes;
    const size_t lead = bits_round_up(sizeof(struct added_chunk), QUARRY_ALIGN_BYTES);
    void *block = take(heap, 2 * GRANULE_BYTES - lead, 1);
    REQUIRE(block != NULL);
    CHECK_EQ(source.granted_bytes - granted_bytes, 2 * GRANULE_BYTES);
    void *other = take(heap, 2 * GRANULE_BYTES - lead + 1, 1);
    REQUIRE(other != NULL);
    CHECK_EQ(source.granted_bytes - granted_bytes, 5 * GRANULE_BYTES);
    check_block(&source, block, 2 * GRANULE_BYTES - lead, 1);
    check_block(&source, other, 2 * GRANULE_BYTES - lead + 1, 1);
}

TEST(test_huge_take_without_memory_changes_nothing)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source);
    if (heap == NULL)
        return;
    const size_t granted_bytes = source.granted_bytes;
    CHECK_EQ(take(heap, (FRAMES + 1) * GRANULE_BYTES, 1), NULL);
    source.fail_at = 1;
    CHECK_EQ(take(heap, GRANULE_BYTES, 1), NULL);
    heap_source(heap)->limit_bytes = granted_bytes + GRANULE_BYTES;
    qi_source_seal(heap_source(heap));
    CHECK_EQ(take(heap, GRANULE_BYTES, 1), NULL);
    CHECK_EQ(source.granted_bytes, granted_bytes);
    CHECK_EQ(heap_chunks(heap)->chunk_count, 1);
    CHECK(unit_settle(heap));
}

TEST(test_huge_resize_extends_and_truncates_in_place)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source);
    if (heap == NULL)
        return;
    uint8_t *block = take(heap, 5000, 1);
    REQUIRE(block != NULL);
    test_fill(block, 5000, 9);
    for (size_t bytes = 5000; bytes < 30000; bytes += 6000) {
        CHECK(resize(heap, huge_at(heap, block), bytes));
        check_block(&source, block, bytes, 1);
    }
    CHECK_EQ(source.extends, 4);
    CHECK(resize(heap, huge_at(heap, block), 7000));
    CHECK_EQ(source.truncates, 1);
    check_block(&source, block, 7000, 1);
    CHECK(huge_usable_bytes(&huge_at(heap, block)->chunk) < 7000 + GRANULE_BYTES);
    CHECK(test_is_filled(block, 5000, 9));
    CHECK(resize(heap, huge_at(heap, block), 7001));
    CHECK_EQ(source.extends + source.truncates, 5);
}

TEST(test_huge_resize_that_source_refuses_leaves_block_as_it_was)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source);
    if (heap == NULL)
        return;
    uint8_t *block = take(heap, 9000, 1);
    REQUIRE(block != NULL);
    const size_t usable_bytes = huge_usable_bytes(&huge_at(heap, block)->chunk);
    source.fail_at = 1;
    CHECK(!resize(heap, huge_at(heap, block), 20000));
    CHECK(!resize(heap, huge_at(heap, block), (FRAMES + 1) * GRANULE_BYTES));
    source.fail_at = 1; /* shrinking never fails: the block is just longer than need be */
    CHECK(resize(heap, huge_at(heap, block), 100));
    CHECK_EQ(huge_usable_bytes(&huge_at(heap, block)->chunk), usable_bytes);
    check_block(&source, block, usable_bytes, 1);
}

TEST(test_huge_resize_without_callbacks_stays_in_its_frames)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source);
    if (heap == NULL)
        return;
    uint8_t *block = take(heap, 9000, 1);
    REQUIRE(block != NULL);
    const size_t usable_bytes = huge_usable_bytes(&huge_at(heap, block)->chunk);
    heap_sourced(heap)->provider.extend = heap_sourced(heap)->provider.truncate = NULL;
    qi_source_seal(heap_source(heap));
    CHECK(resize(heap, huge_at(heap, block), usable_bytes));
    CHECK(!resize(heap, huge_at(heap, block), usable_bytes + 1));
    CHECK(resize(heap, huge_at(heap, block), 1));
    CHECK_EQ(huge_usable_bytes(&huge_at(heap, block)->chunk), usable_bytes);
    check_block(&source, block, usable_bytes, 1);
}

TEST(test_huge_give_to_source_that_takes_nothing_back_makes_memory_idle)
{
    struct test_source source;
    if (!unit_source_fits() || !test_source_init(&source, SMALLEST_CHUNK_BYTES + FRAMES * (size_t)GRANULE_BYTES))
        return;
    source.source.release = NULL;
    struct quarry_heap *heap = test_source_heap(&source);
    if (heap == NULL)
        return;
    const size_t free_pages = heap->bins.runs.free_pages;
    uint8_t *block = take(heap, 5 * GRANULE_BYTES, 1);
    REQUIRE(block != NULL);
    for (unsigned round = 0; round < 20; round++) {
        struct added_chunk *huge = huge_at(heap, block);
        give(heap, huge);
        CHECK_EQ(source.releases, 0);
        CHECK_EQ(heap_chunks(heap)->chunk_count, 2);
        CHECK_EQ(heap->bins.runs.free_pages, free_pages);
        CHECK(chunk_is_idle(&huge->chunk));
        CHECK_EQ(heap_sourced(heap)->reserve.free_bytes, 6 * GRANULE_BYTES - RESERVE_HEADER_BYTES);
        CHECK_EQ(qi_heap_locate(heap, block, 1, &(struct heap_block){.slot = 0}), QUARRY_DOUBLE_FREE);
        CHECK(unit_settle(heap));
        CHECK_EQ(take(heap, 5 * GRANULE_BYTES, 1), block);
        CHECK_EQ(heap_sourced(heap)->reserve.free_bytes, 0);
        check_block(&source, block, 5 * GRANULE_BYTES, 1);
    }
    CHECK_EQ(source.acquires, 2);
}

TEST(test_huge_aligned_of_source_that_can_align_takes_one_frame_more)
{
    struct test_source source;
    struct quarry_heap *heap = begin(&source);
    if (heap == NULL)
        return;
    const size_t granted_bytes = source.granted_bytes;
    uint8_t *block = take(heap, GRANULE_BYTES, 4 * QUARRY_PAGE_BYTES);
    REQUIRE(block != NULL);
    const size_t unaligned_bytes = source.granted_bytes - granted_bytes;
    CHECK_EQ(unaligned_bytes,
             bits_round_up(GRANULE_BYTES + 3 * QUARRY_PAGE_BYTES + sizeof(struct added_chunk), GRANULE_BYTES));
    check_block(&source, block, GRANULE_BYTES, 4 * QUARRY_PAGE_BYTES);
    CHECK(resize(heap, huge_at(heap, block), 3 * GRANULE_BYTES));
    check_block(&source, block, 3 * GRANULE_BYTES, 4 * QUARRY_PAGE_BYTES);
    test_fill(block, 3 * GRANULE_BYTES, 5);
    CHECK(resize(heap, huge_at(heap, block), 2 * GRANULE_BYTES));
    check_block(&source, block, 2 * GRANULE_BYTES, 4 * QUARRY_PAGE_BYTES);
    source.fail_at = 1;
    CHECK(resize(heap, huge_at(heap, block), GRANULE_BYTES)); /* refused: it stays as long as it is */
    check_block(&source, block, 2 * GRANULE_BYTES, 4 * QUARRY_PAGE_BYTES);
    CHECK(test_is_filled(block, GRANULE_BYTES, 5));
    give(heap, huge_at(heap, block));
    CHECK_EQ(source.granted_bytes, granted_bytes);
    check_source(&source, heap);
}
