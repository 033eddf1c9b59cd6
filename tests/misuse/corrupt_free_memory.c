/* SPDX-License-Identifier: MIT
 *
 * corrupt_free_memory.c: a freed block is written to, and then the heap is used until its free memory has gone
 * through its hands. Links found there must be validated before use: so the heap may report QUARRY_CORRUPT and
 * answer NULL, or not notice, but it must not crash, and must not hand out memory that is not its own or that is
 * in use. Each of several kinds of garbage is written over the start, the end or all of freed small and large
 * blocks, alone and between live neighbours.
 */
#include "misuse.h"

enum { BLOCKS = 40, WATCHED = 6 };
enum where { AT_START, AT_END, ALL_OF_IT, PLACES };

struct scene {
    struct quarry_heap *heap;
    unsigned char *region;
    size_t region_bytes;
    void *watched[WATCHED]; /* live through it all */
    size_t watched_bytes;
    void **blocks; /* handed out after the damage */
    size_t *bytes;
    unsigned count;
};

/* What a stray write leaves behind: constants, text, addresses in and out of the heap, small numbers. */
static uintptr_t garbage(const struct scene *scene, unsigned kind)
{
    switch (kind) {
    case 0:
        return 0;
    case 1:
        return UINTPTR_MAX;
    case 2:
        return UINTPTR_MAX / 255 * 0x41;
    case 3:
        return (uintptr_t)scene;
    case 4:
        return (uintptr_t)scene->heap;
    case 5:
        return (uintptr_t)scene->watched[1];
    case 6:
        return 1;
    case 7:
        return (uintptr_t)scene->region + scene->region_bytes - 8;
    case 8:
        return (uintptr_t)scene->region + scene->region_bytes + 64;
    case 9:
        return UINTPTR_MAX / 255;
    case 10:
        return (uintptr_t)scene->watched[2] + 1;
    case 11:
        return 0x00010001u;
    default:
        return (uintptr_t)test_random() * 0x10001u;
    }
}

enum { GARBAGE_KINDS = 24 };

static void damage(const struct scene *scene, void *block, size_t bytes, enum where where, unsigned kind)
{
    unsigned char *const place = block;
    const size_t edge_bytes = bytes < 4 * sizeof(uintptr_t) ? bytes : 4 * sizeof(uintptr_t);
    const size_t first = where == AT_END ? bytes - edge_bytes : 0;
    const size_t last = where == AT_START ? edge_bytes : bytes;
    const uintptr_t value = garbage(scene, kind);
    size_t i;

    for (i = first; i < last; i++)
        place[i] = (unsigned char)(value >> ((i - first) % sizeof value * 8));
}

static bool overlaps(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    return (uintptr_t)a < (uintptr_t)b + b_bytes && (uintptr_t)b < (uintptr_t)a + a_bytes;
}

/* A block handed out after the damage: inside the region, beside everything that is live. */
static bool is_harmless(const struct scene *scene, const void *block, size_t bytes)
{
    unsigned i;
    bool harmless = (uintptr_t)block >= (uintptr_t)scene->region &&
                    (uintptr_t)block - (uintptr_t)scene->region <= scene->region_bytes - bytes;

    for (i = 0; i < WATCHED; i++)
        harmless = harmless && !overlaps(block, bytes, scene->watched[i], scene->watched_bytes);
    for (i = 0; i < scene->count; i++)
        harmless = harmless && !overlaps(block, bytes, scene->blocks[i], scene->bytes[i]);
    return harmless;
}

static void use_up(struct scene *scene, size_t damaged_bytes)
{
    unsigned tries;
    unsigned i;

    for (tries = 0; tries < 3 * BLOCKS && scene->count < BLOCKS; tries++) {
        const size_t bytes = tries % 3 == 0 ? damaged_bytes : tries % 3 == 1 ? LARGE_BYTES / 2 : 8;
        void *const block = quarry_malloc(scene->heap, bytes);

        if (block == NULL)
            continue;
        if (!CHECK(is_harmless(scene, block, bytes)))
            return;
        test_fill(block, bytes, tries);
        scene->blocks[scene->count] = block;
        scene->bytes[scene->count++] = bytes;
    }
    for (i = 0; i < WATCHED; i++)
        CHECK(test_is_filled(scene->watched[i], scene->watched_bytes, i));
    while (scene->count > 0) /* whatever is reported now: no crash */
        quarry_free(scene->heap, scene->blocks[--scene->count]);
    quarry_check(scene->heap);
}

/* Six live blocks of bytes; between them, one or three dead ones, which are damaged. */
static bool set_scene(struct scene *scene, size_t bytes, void **dead)
{
    unsigned i;

    scene->region_bytes = MISUSE_REGION_BYTES;
    scene->blocks = test_memory(BLOCKS * sizeof *scene->blocks, 0);
    scene->bytes = test_memory(BLOCKS * sizeof *scene->bytes, 0);
    scene->region = test_memory(scene->region_bytes, 0);
    scene->heap = NULL;
    scene->count = 0;
    scene->watched_bytes = bytes > SMALL_BYTES ? LARGE_BYTES / 5 : bytes;
    if (scene->region != NULL && scene->blocks != NULL && scene->bytes != NULL) {
        const struct quarry_options options = test_options();

        scene->heap = quarry_create(scene->region, scene->region_bytes, &options);
    }
    if (scene->heap == NULL)
        return false;
    for (i = 0; i < WATCHED; i++) {
        scene->watched[i] = quarry_malloc(scene->heap, scene->watched_bytes);
        if (!CHECK(scene->watched[i] != NULL))
            return false;
        test_fill(scene->watched[i], scene->watched_bytes, i);
        if (i % 2 == 0)
            dead[i / 2] = quarry_malloc(scene->heap, bytes);
    }
    return true;
}

static void run_one(size_t bytes, enum where where, unsigned kind, bool damage_before_last_free)
{
    struct scene scene;
    void *dead[WATCHED / 2];
    unsigned i;

    if (!set_scene(&scene, bytes, dead))
        return;
    for (i = 0; i < WATCHED / 2; i++)
        if (dead[i] != NULL && !(damage_before_last_free && i == 2))
            quarry_free(scene.heap, dead[i]);
    for (i = 0; i < WATCHED / 2; i++)
        if (dead[i] != NULL && !(damage_before_last_free && i == 2))
            damage(&scene, dead[i], bytes, where, kind);
    if (damage_before_last_free && dead[2] != NULL)
        quarry_free(scene.heap, dead[2]);
    use_up(&scene, bytes);
    if (test_is_over()) {
        test_print("  garbage kind ");
        test_print_unsigned(kind);
        test_print(", place ");
        test_print_unsigned((uintptr_t)where);
        test_print("\n");
    }
    if (test_log.count != 0) /* any number of reports, and once damage is known a free may be refused as well */
        CHECK(test_log.last.kind == QUARRY_CORRUPT || test_log.last.kind == QUARRY_INVALID_POINTER ||
              test_log.last.kind == QUARRY_DOUBLE_FREE || test_log.last.kind == QUARRY_WRITE_AFTER_FREE);
    test_log.count = 0;
    test_memory_release(); /* looks at the guards around the region */
}

static void run_all(size_t bytes)
{
    unsigned kind;
    unsigned where;

    for (kind = 0; kind < GARBAGE_KINDS && !test_is_over(); kind++)
        for (where = 0; where < PLACES && !test_is_over(); where++) {
            run_one(bytes, (enum where)where, kind, false);
            run_one(bytes, (enum where)where, kind, true);
        }
}

TEST(test_corrupt_freed_smallest_is_reported_or_harmless)
{
    run_all(sizeof(void *));
}

TEST(test_corrupt_freed_small_is_reported_or_harmless)
{
    run_all(SMALL_BYTES);
}

TEST(test_corrupt_freed_one_page_is_reported_or_harmless)
{
    run_all(QUARRY_PAGE_BYTES);
}

TEST(test_corrupt_freed_large_is_reported_or_harmless)
{
    run_all(LARGE_BYTES);
}

/* Words that are nonsense wherever they are read, over all of a free run: nobody can overlook that. */
TEST(test_corrupt_free_run_is_found_by_check)
{
    unsigned kind;

    for (kind = 1; kind <= 2 && !test_is_over(); kind++) {
        struct scene scene;
        void *dead[WATCHED / 2];
        size_t bytes;

        if (!set_scene(&scene, LARGE_BYTES, dead))
            return;
        REQUIRE(dead[0] != NULL);
        bytes = quarry_usable_size(scene.heap, dead[0]);
        quarry_free(scene.heap, dead[0]);
        damage(&scene, dead[0], bytes, ALL_OF_IT, kind);
        CHECK(!quarry_check(scene.heap));
        CHECK(test_log.count != 0);
        CHECK_EQ(test_log.last.kind, QUARRY_CORRUPT);
        CHECK_EQ(test_log.last.heap, scene.heap);
        test_log.count = 0;
        test_memory_release();
    }
}

/* A request that can only be served from the damaged run: reported, and NULL. */
TEST(test_corrupt_only_free_run_gives_report_and_null)
{
    unsigned kind;

    for (kind = 1; kind <= 2 && !test_is_over(); kind++) {
        struct scene scene;
        void *block;
        size_t bytes;

        scene.region_bytes = MISUSE_REGION_BYTES;
        scene.heap = test_heap(scene.region_bytes, 0);
        if (scene.heap == NULL)
            return;
        bytes = largest_free_bytes(scene.heap);
        block = quarry_malloc(scene.heap, bytes);
        REQUIRE(block != NULL);
        quarry_free(scene.heap, block);
        damage(&scene, block, bytes, ALL_OF_IT, kind);
        CHECK_EQ(quarry_malloc(scene.heap, bytes), NULL);
        CHECK(test_log.count != 0);
        CHECK_EQ(test_log.last.kind, QUARRY_CORRUPT);
        test_log.count = 0;
        test_memory_release();
    }
}

/* The pages that it would leave cannot join the free run behind them, so it keeps them. */
TEST(test_corrupt_free_run_leaves_block_before_it_as_long_as_it_is)
{
    struct misuse_case m;
    unsigned char *block;
    uintptr_t *freed;
    uintptr_t kept;

    if (QUARRY_CHECK_LEVEL == 0)
        SKIP("links are not checked");
    if (!misuse_begin(&m, false))
        return;
    block = keep(&m, 2 * LARGE_BYTES);
    freed = take(&m, LARGE_BYTES);
    if (freed == NULL || keep(&m, LARGE_BYTES) == NULL)
        return;
    quarry_free(m.heap, freed);
    kept = *freed;
    *freed = 1;
    CHECK(!quarry_resize(m.heap, block, LARGE_BYTES));
    expect_misuse(m.heap, KIND(QUARRY_CORRUPT));
    CHECK(quarry_usable_size(m.heap, block) >= 2 * LARGE_BYTES);
    if (QUARRY_CHECK_LEVEL >= 4)
        test_log.count = 0; /* each call finds the damage */
    *freed = kept;
    misuse_end(&m);
}
