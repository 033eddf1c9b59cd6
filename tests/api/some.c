/* SPDX-License-Identifier: MIT
 *
 * some.c: quarry_check_some() and quarry_walk_some(): whatever is done to the heap between two parts, nothing is
 * reported, the end is reached, and a block that lives throughout is shown once.
 */
#include "fixture.h"

#define SOME_BYTES ((size_t)(sizeof(void *) > 4 ? 65536u : 16384u))

enum { BLOCKS = 64, MOST_PARTS = 100000 };

struct block {
    void *pointer;
    bool is_old;    /* lives since the walk began */
    unsigned shown; /* how often, in this walk */
};

/* Blocks, and the walk that is under way. */
struct scene {
    struct quarry_heap *heap;
    struct block blocks[BLOCKS];
    size_t most_bytes; /* of a request */
    unsigned visits, stop_after;
    unsigned strangers; /* blocks shown as live that are not */
};

static struct scene scene;

static void begin(struct quarry_heap *heap, size_t most_bytes)
{
    static const struct scene none;

    scene = none;
    scene.heap = heap;
    scene.most_bytes = most_bytes;
}

static bool visit(void *context, const struct quarry_block *shown)
{
    struct scene *const s = context;
    bool is_known = false;
    unsigned i;

    s->visits++;
    for (i = 0; i < BLOCKS && !shown->free; i++)
        if (s->blocks[i].pointer != NULL && TEST_ADDRESS(s->blocks[i].pointer) == TEST_ADDRESS(shown->pointer)) {
            s->blocks[i].shown++;
            is_known = true;
        }
    if (!shown->free && !is_known)
        s->strangers++;
    return s->visits != s->stop_after;
}

/* Taken, freed, grown, shrunk or moved. */
static void change_one(void)
{
    struct block *const block = &scene.blocks[test_random_below(BLOCKS)];
    const size_t most_bytes = test_random_below(4) == 0 ? scene.most_bytes : 200;
    const size_t bytes = test_random_below(most_bytes);
    void *changed;

    if (block->pointer == NULL) {
        block->pointer = t_malloc(scene.heap, bytes);
        block->is_old = false;
        block->shown = 0;
    } else if (test_random_below(3) == 0) {
        changed = t_realloc(scene.heap, block->pointer, bytes);
        if (changed != NULL && changed != block->pointer)
            block->is_old = false;
        if (changed != NULL)
            block->pointer = changed;
    } else if (test_random_below(2) == 0) {
        t_resize(scene.heap, block->pointer, bytes);
    } else {
        t_free(scene.heap, block->pointer);
        block->pointer = NULL;
    }
}

static void free_all(void)
{
    unsigned i;

    for (i = 0; i < BLOCKS; i++) {
        if (scene.blocks[i].pointer != NULL)
            t_free(scene.heap, scene.blocks[i].pointer);
        scene.blocks[i].pointer = NULL;
    }
}

static bool is_start(const struct quarry_cursor *cursor)
{
    return cursor->at == 0 && cursor->seen == 0 && cursor->phase == 0;
}

/* A walk and a check to their end, in parts of so many pages, with so many changes between two parts. */
static void walk_and_check(size_t pages, unsigned changes)
{
    struct quarry_cursor walk = {0, 0, 0};
    struct quarry_cursor check = {0, 0, 0};
    enum quarry_progress walked = QUARRY_MORE;
    enum quarry_progress checked = QUARRY_MORE;
    unsigned parts;
    unsigned i;

    for (i = 0; i < BLOCKS; i++) {
        scene.blocks[i].is_old = true;
        scene.blocks[i].shown = 0;
    }
    for (parts = 0; (walked == QUARRY_MORE || checked == QUARRY_MORE) && !test_is_over(); parts++) {
        REQUIRE(parts < MOST_PARTS);
        if (walked == QUARRY_MORE)
            walked = quarry_walk_some(scene.heap, &walk, pages, visit, &scene);
        if (checked == QUARRY_MORE)
            checked = quarry_check_some(scene.heap, &check, pages);
        for (i = 0; i < changes; i++)
            change_one();
    }
    CHECK_EQ(walked, QUARRY_DONE);
    CHECK_EQ(checked, QUARRY_DONE);
    CHECK(is_start(&walk) && is_start(&check));
    CHECK_EQ(scene.strangers, 0);
    for (i = 0; i < BLOCKS && !test_is_over(); i++)
        if (scene.blocks[i].pointer != NULL && scene.blocks[i].is_old)
            CHECK_EQ(scene.blocks[i].shown, 1);
}

static void walk_and_check_often(struct quarry_heap *heap, size_t most_bytes)
{
    static const size_t pages[] = {1, 2, 5, 40, SIZE_MAX};
    unsigned round;
    unsigned i;

    if (heap == NULL)
        return;
    begin(heap, most_bytes);
    for (round = 0; round < 3 + 2 * TEST_SCALE && !test_is_over(); round++) {
        for (i = 0; i < BLOCKS; i++)
            change_one();
        walk_and_check(pages[test_random_below(sizeof pages / sizeof pages[0])], (unsigned)test_random_below(4));
    }
    free_all();
}

TEST(test_some_on_region_that_changes_shows_each_lasting_block_once)
{
    walk_and_check_often(test_heap(SOME_BYTES, 0), SOME_BYTES / 8);
}

TEST(test_some_on_full_region_that_changes_shows_each_lasting_block_once)
{
    walk_and_check_often(test_heap(SOME_BYTES / 4, 0), SOME_BYTES / 16);
}

ON_HEAP(test_some_on_several_regions_shows_each_lasting_block_once, SOME_BYTES / 4, 0)
{
    unsigned i;

    for (i = 0; i < 3; i++) {
        void *const region = test_memory(SOME_BYTES / 4, i * 8);

        if (region == NULL)
            return;
        CHECK(quarry_add_region(heap, region, SOME_BYTES / 4));
    }
    walk_and_check_often(heap, SOME_BYTES / 16);
}

TEST(test_some_while_chunks_come_and_go_shows_each_lasting_block_once)
{
    struct test_source source;
    struct quarry_heap *heap;

    if (!test_source_init(&source, 40 * SMALLEST_CHUNK_BYTES))
        return;
    heap = test_source_heap(&source);
    walk_and_check_often(heap, 3 * SMALLEST_CHUNK_BYTES);
    if (heap == NULL)
        return;
    check_source(&source, heap);
    quarry_destroy(heap);
}

/* What quarry_walk() shows, in any order of chunks. */
struct sum {
    size_t count, bytes, free_count;
    uintptr_t addresses;
};

static bool add_up(void *context, const struct quarry_block *block)
{
    struct sum *const sum = context;

    sum->count++;
    sum->bytes += block->bytes * (block->kind + 1u);
    sum->free_count += block->free ? 1 : 0;
    sum->addresses += TEST_ADDRESS(block->pointer) * 31 + block->bytes;
    return true;
}

ON_SOURCE_HEAP(test_walk_some_shows_what_walk_shows, 40 * SMALLEST_CHUNK_BYTES)
{
    size_t pages;
    unsigned i;

    begin(heap, 2 * SMALLEST_CHUNK_BYTES);
    for (i = 0; i < 4 * BLOCKS && !test_is_over(); i++)
        change_one();
    for (pages = 1; pages < 2000 && !test_is_over(); pages = pages * 3 + 1) {
        struct sum all = {0, 0, 0, 0};
        struct sum some = {0, 0, 0, 0};
        struct quarry_cursor cursor = {0, 0, 0};

        quarry_walk(heap, add_up, &all);
        while (quarry_walk_some(heap, &cursor, pages, add_up, &some) == QUARRY_MORE)
            ;
        CHECK_EQ(some.count, all.count);
        CHECK_EQ(some.bytes, all.bytes);
        CHECK_EQ(some.free_count, all.free_count);
        CHECK_EQ(some.addresses, all.addresses);
    }
    free_all();
}

ON_HEAP(test_walk_some_ends_when_visitor_has_seen_enough, SOME_BYTES, 0)
{
    struct quarry_cursor cursor = {0, 0, 0};
    unsigned i;

    begin(heap, 0);
    for (i = 0; i < 20; i++)
        scene.blocks[i].pointer = t_malloc(heap, 40);
    scene.stop_after = 7;
    CHECK_EQ(quarry_walk_some(heap, &cursor, SIZE_MAX, visit, &scene), QUARRY_DONE);
    CHECK_EQ(scene.visits, 7);
    CHECK(is_start(&cursor));
    scene.stop_after = 0;
    CHECK_EQ(quarry_walk_some(heap, &cursor, SIZE_MAX, visit, &scene), QUARRY_DONE);
    CHECK(scene.visits > 7 + 20);
}

/* A part looks at few pages, however large the heap and whatever it holds. */
ON_HEAP(test_some_look_at_no_more_than_their_part, SOME_BYTES, 0)
{
    struct quarry_cursor cursor = {0, 0, 0};
    const size_t all_pages = SOME_BYTES / QUARRY_PAGE_BYTES;
    unsigned parts = 0;
    unsigned i;

    begin(heap, 0);
    for (i = 0; i < BLOCKS; i++)
        scene.blocks[i].pointer = t_malloc(heap, 24);
    CHECK(t_malloc(heap, SOME_BYTES / 2) != NULL);
    do {
        const unsigned before = scene.visits;

        if (quarry_walk_some(heap, &cursor, 1, visit, &scene) != QUARRY_MORE)
            break;
        CHECK(scene.visits - before <= 8 * sizeof(void *));
    } while (!test_is_over());
    while (quarry_check_some(heap, &cursor, 4) == QUARRY_MORE)
        parts++;
    CHECK(parts >= all_pages / 8); /* inner pages of the large block too */
    CHECK(parts <= all_pages);
}

/* No cursor that the library made, but what a user may hand in by mistake. */
ON_HEAP(test_some_with_any_cursor_ends_without_report, SOME_BYTES, 0)
{
    unsigned round;
    unsigned i;

    begin(heap, SOME_BYTES / 8);
    for (i = 0; i < BLOCKS; i++)
        change_one();
    for (round = 0; round < 200 && !test_is_over(); round++) {
        struct quarry_cursor walk;
        struct quarry_cursor check;

        walk.at = (uintptr_t)heap + test_random_below(2 * SOME_BYTES);
        walk.seen = (uintptr_t)heap + test_random_below(2 * SOME_BYTES);
        walk.phase = (unsigned)test_random_below(5);
        check = walk;
        for (i = 0; i < MOST_PARTS && quarry_walk_some(heap, &walk, 10, visit, &scene) == QUARRY_MORE; i++)
            ;
        CHECK(i < MOST_PARTS);
        for (i = 0; i < MOST_PARTS && quarry_check_some(heap, &check, 10) == QUARRY_MORE; i++)
            ;
        CHECK(i < MOST_PARTS);
    }
    free_all();
}
