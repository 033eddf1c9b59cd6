/* SPDX-License-Identifier: MIT
 *
 * pointers.c: scenes of the misuse table in which a pointer is given that is no live block's, or a size that is not
 * the block's. tests/misuse/ gives such pointers to every function; here it is what the table calls it by.
 */
#include "table.h"

/* A block, and some before and behind it; NULL: the test has failed. */
static void *take_among(struct scene *scene, size_t bytes)
{
    if (keep(scene, bytes) == NULL)
        return NULL;
    void *block = take(scene, bytes);
    return keep(scene, bytes) != NULL ? block : NULL;
}

static void free_twice(struct scene *scene, size_t bytes)
{
    void *block = take_among(scene, bytes);
    REQUIRE(block != NULL);
    quarry_free(scene->heap, block);
    quarry_free(scene->heap, block);
}

static void free_twice_later(struct scene *scene, size_t bytes)
{
    void *block = take_among(scene, bytes), *other = take(scene, bytes);
    REQUIRE(block != NULL && other != NULL);
    quarry_free(scene->heap, block);
    quarry_free(scene->heap, other);
    quarry_free(scene->heap, block);
}

SCENE(double_free_small)
{
    free_twice(scene, SMALL_BYTES);
}

SCENE(double_free_small_later)
{
    free_twice_later(scene, SMALL_BYTES);
}

SCENE(double_free_small_slot_reused)
{
    void *block = take_among(scene, SMALL_BYTES);
    REQUIRE(block != NULL);
    quarry_free(scene->heap, block);
    void *other = take(scene, SMALL_BYTES);
    quarry_free(scene->heap, block);
    if (quarry_owns(scene->heap, other))
        quarry_free(scene->heap, other);
    else
        scene->said = OTHER_FREED;
}

/* Small blocks, all freed; then one large block over the whole of their memory. */
SCENE(double_free_small_run_reused)
{
    void *blocks[6], *dead = NULL;
    for (unsigned i = 0; i < 6; i++)
        REQUIRE((blocks[i] = take(scene, SMALL_BYTES)) != NULL);
    for (unsigned i = 0; i < 6; i++)
        quarry_free(scene->heap, blocks[i]);
    REQUIRE(keep(scene, largest_free_bytes(scene->heap)) != NULL);
    for (unsigned i = 0; i < 6; i++)
        if (!quarry_owns(scene->heap, blocks[i]))
            dead = blocks[i];
    REQUIRE(dead != NULL);
    quarry_free(scene->heap, dead);
}

SCENE(double_free_large)
{
    free_twice(scene, LARGE_BYTES);
}

SCENE(double_free_large_later)
{
    void *block = take(scene, LARGE_BYTES), *other = take(scene, LARGE_BYTES);
    REQUIRE(block != NULL && other != NULL && keep(scene, LARGE_BYTES) != NULL);
    quarry_free(scene->heap, other);
    quarry_free(scene->heap, block);
    quarry_free(scene->heap, other); /* merged with the one before */
}

SCENE(double_free_large_reused)
{
    void *first = take(scene, LARGE_BYTES), *second = take(scene, LARGE_BYTES);
    REQUIRE(first != NULL && second != NULL);
    quarry_free(scene->heap, first);
    quarry_free(scene->heap, second);
    REQUIRE(keep(scene, 2 * LARGE_BYTES) == first);
    quarry_free(scene->heap, second);
}

SCENE(double_free_huge)
{
    free_twice(scene, HUGE_BYTES);
}

SCENE(double_free_huge_reused)
{
    void *first = take(scene, HUGE_BYTES), *second = take(scene, HUGE_BYTES);
    REQUIRE(first != NULL && second != NULL);
    quarry_free(scene->heap, first);
    quarry_free(scene->heap, second);
    void *longer = keep(scene, 2 * HUGE_BYTES);
    REQUIRE(longer != NULL);
    quarry_free(scene->heap, longer != second ? second : first);
}

static void free_inside(struct scene *scene, size_t bytes)
{
    unsigned char *block = keep(scene, bytes);
    REQUIRE(block != NULL);
    quarry_free(scene->heap, block + QUARRY_ALIGN_BYTES);
}

SCENE(inner_small)
{
    free_inside(scene, SMALL_BYTES);
}

SCENE(inner_large)
{
    free_inside(scene, LARGE_BYTES);
}

SCENE(inner_huge)
{
    free_inside(scene, HUGE_BYTES);
}

SCENE(foreign_stack)
{
    struct quarry_block variable;
    quarry_free(scene->heap, &variable);
}

SCENE(foreign_control)
{
    quarry_free(scene->heap, (unsigned char *)(void *)scene->heap + 64);
}

SCENE(foreign_free_memory)
{
    unsigned char *block = keep(scene, LARGE_BYTES);
    REQUIRE(block != NULL);
    quarry_free(scene->heap, block + stride_of(scene, block) + 4 * QUARRY_PAGE_BYTES);
}

static void free_of_other_heap(struct scene *scene, size_t bytes)
{
    void *region = test_memory(SCENE_BYTES / 2, 0);
    REQUIRE(region != NULL);
    struct quarry_heap *other = quarry_create(region, SCENE_BYTES / 2, NULL);
    REQUIRE(other != NULL);
    quarry_free(scene->heap, quarry_malloc(other, bytes));
    CHECK(quarry_check(other));
    CHECK_EQ(stats_of(other).blocks, 1);
}

SCENE(other_heap_small)
{
    free_of_other_heap(scene, SMALL_BYTES);
}

SCENE(other_heap_large)
{
    free_of_other_heap(scene, LARGE_BYTES);
}

static void realloc_dead(struct scene *scene, size_t bytes)
{
    void *block = take_among(scene, bytes);
    REQUIRE(block != NULL);
    quarry_free(scene->heap, block);
    CHECK_EQ(quarry_realloc(scene->heap, block, 2 * bytes), NULL);
}

SCENE(realloc_dead_small)
{
    realloc_dead(scene, SMALL_BYTES);
}

SCENE(realloc_dead_large)
{
    realloc_dead(scene, LARGE_BYTES);
}

SCENE(free_after_reset)
{
    void *block = take_among(scene, SMALL_BYTES);
    REQUIRE(block != NULL);
    quarry_reset(scene->heap);
    scene->kept_count = 0;
    quarry_free(scene->heap, block);
}

/* The block is gone if nothing was said, and lives if something was. */
static void free_with_size(struct scene *scene, size_t bytes, size_t said_bytes)
{
    void *block = keep(scene, bytes);
    REQUIRE(block != NULL);
    quarry_free_sized(scene->heap, block, said_bytes);
    if (!quarry_owns(scene->heap, block))
        lose(scene, block);
}

SCENE(wrong_size_small)
{
    free_with_size(scene, SMALL_BYTES, SMALL_BYTES + 2 * sizeof(void *) + 1);
}

SCENE(wrong_size_large)
{
    free_with_size(scene, LARGE_BYTES, LARGE_BYTES + QUARRY_PAGE_BYTES);
}

SCENE(wrong_size_huge)
{
    free_with_size(scene, 2 * HUGE_BYTES, HUGE_BYTES);
}
