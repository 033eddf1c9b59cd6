/* SPDX-License-Identifier: MIT
 *
 * stale.c: accesses to memory that is no longer, or never was, its user's, and pointers with a wrong tag.
 */
#include "tags.h"

/* The same address with another tag. */
static void *with_tag(const void *pointer, uintptr_t tag)
{
    return (void *)(((uintptr_t)pointer & ~((uintptr_t)15 << 56)) | tag << 56);
}

TEST(test_tags_use_after_free_faults_at_the_access)
{
    struct quarry_heap *const heap = tags_heap_on_source();
    unsigned kind;

    REQUIRE(heap != NULL);
    for (kind = 0; kind < TAGS_KINDS; kind++) {
        const size_t bytes = tags_bytes_of_kind(kind);
        unsigned char *const block = quarry_malloc(heap, bytes);

        CHECK(!is_refused(block) && !is_refused(block + bytes - 1));
        quarry_free(heap, block);
        CHECK(is_refused(block));
        CHECK(is_refused(block + bytes / 2));
        CHECK(is_refused(block + bytes - 1));
    }
    CHECK(quarry_check(heap));
}

TEST(test_tags_one_byte_past_the_end_or_before_the_start_faults)
{
    struct quarry_heap *const heap = test_heap(TAGS_REGION_BYTES, 0);
    unsigned char *blocks[3];
    unsigned i;

    REQUIRE(heap != NULL);
    for (i = 0; i < 3; i++) {
        blocks[i] = quarry_malloc(heap, 32);
        REQUIRE(blocks[i] != NULL);
    }
    CHECK(!is_refused(blocks[1]) && !is_refused(blocks[1] + 31));
    CHECK(is_refused(blocks[1] + 32)); /* a neighbour's, whether live */
    CHECK(is_refused(blocks[1] - 1));
    quarry_free(heap, blocks[0]);
    quarry_free(heap, blocks[2]);
    CHECK(is_refused(blocks[1] + 32)); /* or dead */
    CHECK(is_refused(blocks[1] - 1));
    CHECK(!is_refused(blocks[1]) && !is_refused(blocks[1] + 31));
}

/* A block's new tag may happen to be its old one: 13 to 15 tags are left to choose from. */
TEST(test_tags_stale_pointer_after_reuse_mostly_faults)
{
    struct quarry_heap *const heap = test_heap(TAGS_REGION_BYTES, 0);
    unsigned refused = 0, reused = 0, i;

    REQUIRE(heap != NULL);
    for (i = 0; i < 500; i++) {
        unsigned char *const stale = quarry_malloc(heap, i % 2 == 0 ? 48 : 3000);
        unsigned char *block;

        quarry_free(heap, stale);
        block = quarry_malloc(heap, i % 2 == 0 ? 48 : 3000);
        if (with_tag(block, 0) == with_tag(stale, 0)) {
            reused++;
            CHECK_EQ(is_refused(stale), tag_of(stale) != tag_of(block));
            refused += tag_of(stale) != tag_of(block);
        }
        quarry_free(heap, block);
    }
    CHECK(QUARRY_CHECK_LEVEL >= 3 || reused >= 400);
    CHECK(refused * 10 >= reused * 8);
}

/* Each call that takes a block; all must refuse. */
static void check_reported(struct quarry_heap *heap, void *pointer, unsigned kinds)
{
    quarry_free(heap, pointer);
    CHECK_EQ(test_log.last.pointer, pointer);
    expect_misuse(heap, kinds);
    quarry_free_sized(heap, pointer, 48);
    expect_misuse(heap, kinds);
    CHECK_EQ(quarry_realloc(heap, pointer, 100), NULL);
    expect_misuse(heap, kinds);
    CHECK(!quarry_resize(heap, pointer, 1));
    expect_misuse(heap, kinds);
    CHECK_EQ(quarry_usable_size(heap, pointer), 0);
    expect_misuse(heap, kinds);
    CHECK(!quarry_owns(heap, pointer));
}

TEST(test_tags_pointer_with_wrong_tag_is_reported_by_each_call)
{
    struct quarry_heap *const heap = tags_heap_on_source();
    unsigned kind;

    REQUIRE(heap != NULL);
    for (kind = 0; kind < TAGS_KINDS; kind++) {
        unsigned char *const block = quarry_malloc(heap, tags_bytes_of_kind(kind));
        uintptr_t tag;

        for (tag = 1; tag < 16; tag++)
            if (tag != tag_of(block)) /* such a block lay there once */
                check_reported(heap, with_tag(block, tag), KIND(QUARRY_DOUBLE_FREE));
        check_reported(heap, with_tag(block, 0), KIND(QUARRY_INVALID_POINTER));
        check_reported(heap, block + 1, KIND(QUARRY_INVALID_POINTER));
        CHECK(quarry_owns(heap, block));
        test_fill(block, tags_bytes_of_kind(kind), 1);
        quarry_free(heap, block);
        quarry_free(heap, block);
        expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    }
    CHECK(quarry_check(heap));
}

TEST(test_tags_reset_makes_every_block_dead)
{
    struct quarry_heap *const heap = tags_heap_on_source();
    unsigned char *blocks[TAGS_KINDS];
    unsigned kind;

    REQUIRE(heap != NULL);
    for (kind = 0; kind < TAGS_KINDS; kind++)
        blocks[kind] = quarry_malloc(heap, tags_bytes_of_kind(kind));
    quarry_reset(heap);
    for (kind = 0; kind < TAGS_KINDS; kind++)
        CHECK(is_refused(blocks[kind]));
    CHECK(quarry_check(heap));
    CHECK(quarry_malloc(heap, 48) != NULL);
}

TEST(test_tags_destroy_leaves_untagged_memory)
{
    unsigned char *const region = test_memory(TAGS_REGION_BYTES, 5);
    const struct quarry_options options = test_options();
    struct quarry_heap *heap;
    unsigned char *block;

    REQUIRE(region != NULL);
    heap = quarry_create(region, TAGS_REGION_BYTES, &options);
    REQUIRE(heap != NULL);
    block = quarry_malloc(heap, 5000);
    REQUIRE(block != NULL && quarry_malloc(heap, 30) != NULL);
    CHECK(is_refused(with_tag(block, 0)));
    quarry_destroy(heap);
    CHECK(is_refused(block));
    test_fill(region, TAGS_REGION_BYTES, 9);
    CHECK(test_is_filled(region, TAGS_REGION_BYTES, 9));
}
