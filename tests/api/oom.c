/* SPDX-License-Identifier: MIT
 *
 * oom.c: the on_oom hook: when it is asked, what it is told, and what comes of its answers: it may free blocks, add a
 * region, or say yes in vain, and is asked again until the request is served or it says no.
 */
#include "fixture.h"

#define SOME_BYTES ((size_t)(sizeof(void *) > 4 ? 16384u : 4096u))

/* What on_oom was told, and what it shall do. */
struct oom {
    struct quarry_heap *heap;
    size_t bytes;
    unsigned calls;
    unsigned answers_true; /* so many times at most */
    void *to_free[4];
    void *region;
    size_t region_bytes;
};

static bool on_oom(void *context, struct quarry_heap *heap, size_t bytes)
{
    struct oom *const oom = context;

    oom->heap = heap;
    oom->bytes = bytes;
    if (oom->calls++ >= oom->answers_true)
        return false;
    if (oom->calls <= 4)
        quarry_free(heap, oom->to_free[oom->calls - 1]);
    if (oom->region != NULL)
        CHECK(quarry_add_region(heap, oom->region, oom->region_bytes));
    oom->region = NULL;
    return true;
}

static void run(void (*body)(struct quarry_heap *heap, struct oom *oom), int line)
{
    struct oom oom = {.calls = 0};
    struct quarry_options options = test_options();
    void *const region = test_memory(SOME_BYTES, 0);
    struct quarry_heap *heap;

    if (region == NULL)
        return;
    options.context = &oom;
    options.on_oom = on_oom;
    heap = quarry_create(region, SOME_BYTES, &options);
    REQUIRE(heap != NULL);
    body(heap, &oom);
    test_called_from(line);
    check_heap_(heap);
}

/* A test on a heap that asks oom. */
#define ON_OOM_HEAP(name) TEST_IN(name, run(name##_body, __LINE__), struct quarry_heap *heap, struct oom *oom)

ON_OOM_HEAP(test_on_oom_false_gives_null)
{
    CHECK_EQ(t_malloc(heap, SOME_BYTES), NULL);
    CHECK_EQ(oom->calls, 1);
    CHECK_EQ(oom->heap, heap);
    CHECK_EQ(oom->bytes, SOME_BYTES);
    CHECK_EQ(stats_of(heap).failures, QUARRY_STATS ? 1 : 0);
    CHECK(t_malloc(heap, 10) != NULL);
    CHECK_EQ(oom->calls, 1);
}

ON_OOM_HEAP(test_on_oom_is_asked_again_until_false)
{
    oom->answers_true = 7;
    CHECK_EQ(t_malloc(heap, SOME_BYTES), NULL);
    CHECK_EQ(oom->calls, 8);
    CHECK_EQ(stats_of(heap).failures, QUARRY_STATS ? 1 : 0);
}

ON_OOM_HEAP(test_on_oom_that_frees_serves_request)
{
    size_t quarter_bytes;
    unsigned i;

    quarter_bytes = largest_free_bytes(heap) / 4 / QUARRY_PAGE_BYTES * QUARRY_PAGE_BYTES - CANARY_BYTES;
    for (i = 0; i < 4; i++)
        oom->to_free[i] = t_malloc(heap, quarter_bytes);
    REQUIRE(oom->to_free[3] != NULL);
    oom->answers_true = 100;
    CHECK(t_malloc(heap, 3 * quarter_bytes) != NULL);
    CHECK(oom->calls >= 3 && oom->calls <= 4);
    CHECK_EQ(stats_of(heap).failures, 0);
}

ON_OOM_HEAP(test_on_oom_that_adds_region_serves_request)
{
    oom->region_bytes = SOME_BYTES + SOME_BYTES / 4;
    oom->region = test_memory(oom->region_bytes, 9);
    if (oom->region == NULL)
        return;
    oom->answers_true = 1;
    CHECK(t_malloc(heap, SOME_BYTES) != NULL);
    CHECK_EQ(oom->calls, 1);
}

ON_OOM_HEAP(test_on_oom_is_asked_for_realloc_calloc_and_aligned_too)
{
    void *block;

    block = t_malloc(heap, 10);
    test_fill(block, 10, 1);
    CHECK_EQ(t_realloc(heap, block, SOME_BYTES), NULL);
    CHECK_EQ(oom->calls, 1);
    CHECK_EQ(t_calloc(heap, SOME_BYTES / 4, 4), NULL);
    CHECK_EQ(oom->calls, 2);
    CHECK_EQ(t_aligned_alloc(heap, 64, SOME_BYTES), NULL);
    CHECK_EQ(oom->calls, 3);
    CHECK_EQ(t_aligned_realloc(heap, block, 16, SOME_BYTES), NULL);
    CHECK_EQ(oom->calls, 4);
    CHECK(!t_resize(heap, block, SOME_BYTES));
    CHECK_EQ(oom->calls, 4); /* false is an answer to resize, no failure */
    CHECK(test_is_filled(block, 10, 1));
}

ON_OOM_HEAP(test_on_oom_that_frees_serves_realloc)
{
    size_t quarter_bytes;
    void *block;
    unsigned i;

    quarter_bytes = largest_free_bytes(heap) / 4 / QUARRY_PAGE_BYTES * QUARRY_PAGE_BYTES - CANARY_BYTES;
    block = t_malloc(heap, 10);
    test_fill(block, 10, 1);
    for (i = 0; i < 3; i++)
        oom->to_free[i] = t_malloc(heap, quarter_bytes);
    REQUIRE(oom->to_free[2] != NULL);
    oom->answers_true = 100;
    block = t_realloc(heap, block, 2 * quarter_bytes);
    REQUIRE(block != NULL);
    CHECK(oom->calls >= 1 && oom->calls <= 3);
    CHECK(test_is_filled(block, 10, 1));
    CHECK_EQ(stats_of(heap).failures, 0);
}

/* The hook has broken its caller's word: the block is gone. */
ON_OOM_HEAP(test_on_oom_that_frees_the_block_itself_is_reported)
{
    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("check level 0 trusts its caller");
    oom->to_free[0] = t_malloc(heap, 10);
    oom->answers_true = 100;
    CHECK_EQ(quarry_realloc(heap, oom->to_free[0], SOME_BYTES), NULL);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(oom->calls, 1);
    CHECK_EQ(stats_of(heap).blocks, 0);
    check_heap(heap);
}
