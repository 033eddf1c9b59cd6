/* SPDX-License-Identifier: MIT
 *
 * later.c: quarry_free_later() used as it should be: when a block that was handed in is freed, how many in each call,
 * and from where blocks may be handed in. What is handed in wrongly is in wrong.c.
 */
#include "later.h"

void *hand_in(struct quarry_heap *heap, void *block)
{
    quarry_free_later(heap, block);
    return block;
}

size_t live_blocks(struct quarry_heap *heap)
{
    struct quarry_stats stats;

    quarry_get_stats(heap, &stats);
    return stats.blocks;
}

/* Any call that takes the lock, and changes nothing by itself. */
void call(struct quarry_heap *heap)
{
    quarry_owns(heap, NULL);
}

void let_all_be_freed(struct quarry_heap *heap, unsigned blocks)
{
    unsigned i;

    for (i = 0; i <= blocks; i += FREES)
        call(heap);
}

/* --- when, and how many --- */

ON_HEAP_EMPTIED(test_later_block_is_live_until_the_next_call_has_freed_it, SOME_BYTES, 3)
{
    void *const block = quarry_malloc(heap, 100);

    REQUIRE(block != NULL);
    test_fill(block, 100, 1);
    hand_in(heap, block);
    CHECK(test_is_filled(block, 100, 1)); /* nothing is written to it */
    CHECK(quarry_owns(heap, block));      /* that was the next call */
    CHECK(!quarry_owns(heap, block));
}

ON_HEAP_EMPTIED(test_later_null_does_nothing, SOME_BYTES, 3)
{
    quarry_free_later(heap, NULL);
    call(heap);
    CHECK_EQ(live_blocks(heap), 0);
}

/* The figures are read before the call frees at its end. */
ON_HEAP_EMPTIED(test_later_each_call_frees_at_most_two, SOME_BYTES, 3)
{
    void *blocks[BLOCKS];
    unsigned i;

    for (i = 0; i < BLOCKS; i++)
        REQUIRE((blocks[i] = quarry_malloc(heap, 20)) != NULL);
    for (i = 0; i < BLOCKS; i++)
        hand_in(heap, blocks[i]);
    for (i = 0; i < BLOCKS / FREES; i++)
        CHECK_EQ(live_blocks(heap), BLOCKS - i * FREES);
    CHECK_EQ(live_blocks(heap), 0);
}

/* Small, large, and of one byte, whose canary from check level 3 stands where the link comes to stand. */
ON_HEAP_EMPTIED(test_later_any_number_of_blocks_of_any_size_is_freed, SOME_BYTES, 3)
{
    static const size_t bytes[] = {0, 1, 7, 20, 24, 100, 2 * QUARRY_PAGE_BYTES};
    void *blocks[BLOCKS];
    unsigned i;

    for (i = 0; i < BLOCKS; i++)
        REQUIRE((blocks[i] = quarry_malloc(heap, bytes[i % (sizeof bytes / sizeof bytes[0])])) != NULL);
    for (i = 0; i < BLOCKS; i++)
        hand_in(heap, blocks[i]);
    let_all_be_freed(heap, BLOCKS);
    CHECK_EQ(live_blocks(heap), 0);
    check_heap(heap);
}

/* Each kind of call: also those that find nothing, or that take the hot path. */
ON_HEAP(test_later_every_call_frees, SOME_BYTES, 3)
{
    struct quarry_cursor cursor = {0, 0, 0};
    void *block, *other = quarry_malloc(heap, 50);
    unsigned kind;

    for (kind = 0; kind < 8; kind++) {
        REQUIRE((block = quarry_malloc(heap, 50)) != NULL);
        hand_in(heap, block);
        switch (kind) {
        case 0:
            quarry_free(heap, quarry_malloc(heap, 50));
            break;
        case 1:
            quarry_free(heap, NULL);
            break;
        case 2:
            other = quarry_realloc(heap, other, 60 + 10 * kind);
            break;
        case 3:
            quarry_resize(heap, other, 1);
            break;
        case 4:
            quarry_usable_size(heap, other);
            break;
        case 5:
            quarry_trim(heap);
            break;
        case 6:
            quarry_check(heap);
            break;
        default:
            quarry_check_some(heap, &cursor, 1);
            break;
        }
        CHECK(!quarry_owns(heap, block));
    }
}

/* --- before a request is refused --- */

static unsigned times_asked;

static bool count_oom(void *context, struct quarry_heap *heap, size_t bytes)
{
    (void)context, (void)heap, (void)bytes;
    times_asked++;
    return false;
}

TEST(test_later_all_is_freed_before_on_oom_is_asked)
{
    struct quarry_options options = test_options();
    void *const region = test_memory(SOME_BYTES, 0);
    void *blocks[BLOCKS];
    struct quarry_heap *heap = NULL;
    unsigned count = 0, i;

    options.on_oom = count_oom;
    times_asked = 0;
    if (region != NULL)
        heap = quarry_create(region, SOME_BYTES, &options);
    REQUIRE(heap != NULL);
    while (count < BLOCKS && (blocks[count] = quarry_malloc(heap, SOME_BYTES / BLOCKS)) != NULL)
        count++;
    CHECK_EQ(times_asked, 1); /* memory is short of the last one */
    for (i = 0; i < count; i++)
        hand_in(heap, blocks[i]);
    CHECK(quarry_malloc(heap, SOME_BYTES / 2) != NULL);
    CHECK_EQ(times_asked, 1);
    CHECK_EQ(live_blocks(heap), 1);
}

/* The heap is full of blocks that wait. */
ON_HEAP(test_later_request_as_large_as_the_heap_is_served, SOME_BYTES, 3)
{
    const size_t largest_bytes = largest_free_bytes(heap);
    void *blocks[BLOCKS], *block;
    unsigned count = 0, i;

    while (count < BLOCKS && (block = quarry_malloc(heap, largest_bytes / BLOCKS)) != NULL)
        blocks[count++] = block;
    for (i = 0; i < count; i++)
        hand_in(heap, blocks[i]);
    block = quarry_malloc(heap, largest_bytes);
    CHECK(block != NULL);
    CHECK_EQ(live_blocks(heap), 1);
    hand_in(heap, block);
    CHECK((block = quarry_realloc(heap, quarry_malloc(heap, 10), largest_bytes / 2 + QUARRY_PAGE_BYTES)) != NULL);
    CHECK_EQ(live_blocks(heap), 1);
}

/* --- from where --- */

ON_HEAP(test_later_reset_forgets_what_waits, SOME_BYTES, 3)
{
    unsigned i;

    for (i = 0; i < BLOCKS; i++)
        hand_in(heap, quarry_malloc(heap, 30));
    quarry_reset(heap);
    CHECK_EQ(live_blocks(heap), 0);
    REQUIRE(quarry_malloc(heap, 30) != NULL);
    let_all_be_freed(heap, BLOCKS);
    CHECK_EQ(live_blocks(heap), 1);
}

static void *handed_in_during;

static void hand_in_during(struct test_source *source)
{
    if (handed_in_during != NULL)
        hand_in(source->heap, handed_in_during);
    handed_in_during = NULL;
}

ON_SOURCE_HEAP(test_later_huge_block_and_from_a_callback_of_the_source, 8 * SMALLEST_CHUNK_BYTES)
{
    void *huge = quarry_malloc(heap, 2 * SMALLEST_CHUNK_BYTES);
    const unsigned releases = source->releases;

    handed_in_during = quarry_malloc(heap, 20);
    source->heap = heap;
    source->during = hand_in_during;
    REQUIRE(huge != NULL && handed_in_during != NULL);
    hand_in(heap, huge);
    CHECK_EQ(live_blocks(heap), 2); /* frees the huge block, and what is handed in while its memory goes back */
    CHECK_EQ(source->releases, releases + 1);
    let_all_be_freed(heap, 2);
    CHECK_EQ(live_blocks(heap), 0);
    source->during = NULL;
}

struct visited {
    struct quarry_heap *heap;
    const void *block;
};

static bool hand_in_visited(void *context, const struct quarry_block *block)
{
    struct visited *visited = context;

    if (!block->free && visited->block == NULL)
        visited->block = hand_in(visited->heap, (void *)(uintptr_t)block->pointer);
    return true;
}

ON_HEAP_EMPTIED(test_later_in_the_middle_of_a_call, SOME_BYTES, 3)
{
    void *const block = quarry_malloc(heap, 40);
    struct visited visited = {heap, NULL};

    REQUIRE(block != NULL);
    if (QUARRY_MARK == QUARRY_MARK_MTE)
        SKIP("a walk shows addresses, which are no owner's pointers");
    quarry_walk(heap, hand_in_visited, &visited);
    CHECK(visited.block == block && !quarry_owns(heap, block));
}

/* --- as a model has it --- */

ON_HEAP_EMPTIED(test_later_random_calls_agree_with_a_model, SOME_BYTES, 3)
{
    void *blocks[BLOCKS] = {NULL};
    unsigned i, place;

    for (i = 0; i < 500 * TEST_SCALE && !test_is_over(); i++) {
        place = (unsigned)test_random_below(BLOCKS);
        if (blocks[place] == NULL) {
            blocks[place] = quarry_malloc(heap, test_random_below(150));
        } else {
            CHECK(quarry_owns(heap, blocks[place]));
            if (test_random_below(4) == 0)
                quarry_free(heap, blocks[place]);
            else
                hand_in(heap, blocks[place]);
            blocks[place] = NULL;
        }
        if (test_random_below(100) == 0) /* many wait at a time */
            for (place = 0; place < BLOCKS; place++) {
                hand_in(heap, blocks[place]);
                blocks[place] = NULL;
            }
        if (test_random_below(50) == 0) {
            let_all_be_freed(heap, BLOCKS * FREES);
            check_heap(heap);
        }
    }
    for (place = 0; place < BLOCKS; place++)
        hand_in(heap, blocks[place]);
    let_all_be_freed(heap, BLOCKS * FREES);
}
