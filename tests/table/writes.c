/* SPDX-License-Identifier: MIT
 *
 * writes.c: scenes of the misuse table in which memory is written to that is nobody's, or another's, or read after it
 * was given back. Nothing is called after the write: that is the observer's.
 */
#include "table.h"

/* --- overflows: beyond a block's usable end, or before its start --- */

/* Enough neighbours on both sides for 64 bytes. */
enum { SMALL_AROUND = 4 };

static void over_small(struct scene *scene, size_t length)
{
    unsigned char *first = keep_neighbours(scene, SMALL_BYTES, SMALL_AROUND);
    REQUIRE(first != NULL);
    size_t usable = quarry_usable_size(scene->heap, first);
    REQUIRE(length <= (SMALL_AROUND - 1) * usable);
    scene->victim = first;
    scene->reuse_bytes = SMALL_BYTES;
    change_bytes(first + usable, length);
}

static void under_small(struct scene *scene, size_t length)
{
    unsigned char *first = keep_neighbours(scene, SMALL_BYTES, SMALL_AROUND);
    REQUIRE(first != NULL);
    size_t stride = stride_of(scene, first);
    scene->victim = first + (SMALL_AROUND - 2) * stride;
    scene->reuse_bytes = SMALL_BYTES;
    change_bytes(first + (SMALL_AROUND - 1) * stride - length, length);
}

static void over_large(struct scene *scene, size_t length)
{
    unsigned char *first = keep_neighbours(scene, LARGE_BYTES, 2);
    REQUIRE(first != NULL);
    scene->victim = first;
    scene->reuse_bytes = LARGE_BYTES;
    change_bytes(first + quarry_usable_size(scene->heap, first), length);
}

static void under_large(struct scene *scene, size_t length)
{
    unsigned char *first = keep_neighbours(scene, LARGE_BYTES, 2);
    REQUIRE(first != NULL);
    scene->victim = first;
    scene->reuse_bytes = LARGE_BYTES;
    change_bytes(first + stride_of(scene, first) - length, length);
}

#define FOUR_LENGTHS(ROW, kind) ROW(kind, 1) ROW(kind, 8) ROW(kind, 16) ROW(kind, 64)
#define LENGTH_SCENE(kind, length)                                                                                     \
    SCENE(kind##_##length)                                                                                             \
    {                                                                                                                  \
        kind(scene, length);                                                                                           \
    }
FOUR_LENGTHS(LENGTH_SCENE, over_small)
FOUR_LENGTHS(LENGTH_SCENE, under_small)
FOUR_LENGTHS(LENGTH_SCENE, over_large)
FOUR_LENGTHS(LENGTH_SCENE, under_large)

SCENE(over_huge)
{
    unsigned char *block = keep(scene, HUGE_BYTES);
    REQUIRE(block != NULL);
    scene->victim = block;
    scene->reuse_bytes = HUGE_BYTES;
    change_bytes(block + quarry_usable_size(scene->heap, block), 1);
}

/* Fills a run, and one slot of the next, so that a block of the first which is freed then gets its list's node. The
 * last but one of the full run, so that the one before it is its neighbour. NULL: the test has failed. */
static unsigned char *keep_full_run(struct scene *scene, size_t bytes)
{
    unsigned char *first = keep_neighbours(scene, bytes, 3);
    if (first == NULL)
        return NULL;
    size_t stride = stride_of(scene, first);
    for (unsigned char *last = first + 2 * stride, *block; (block = keep(scene, bytes)) != NULL; last = block)
        if (block != last + stride)
            return last - stride;
    return NULL;
}

SCENE(over_into_node)
{
    unsigned char *node = keep_full_run(scene, SMALL_BYTES);
    REQUIRE(node != NULL);
    scene->victim = node - stride_of(scene, node);
    scene->reuse_bytes = SMALL_BYTES;
    size_t usable = quarry_usable_size(scene->heap, scene->victim);
    quarry_free(scene->heap, lose(scene, node));
    settle(scene);
    change_bytes(scene->victim + usable, (size_t)(node - scene->victim) - usable + 16);
}

SCENE(over_into_free_run)
{
    unsigned char *block = keep(scene, LARGE_BYTES);
    REQUIRE(block != NULL);
    scene->victim = block;
    scene->reuse_bytes = LARGE_BYTES;
    size_t usable = quarry_usable_size(scene->heap, block);
    change_bytes(block + usable, stride_of(scene, block) - usable + 16);
}

/* --- writes after free --- */

/* Where in a block of so many bytes. */
enum where { FIRST_WORD, MIDDLE, LAST_BYTE };

static void write_at(unsigned char *dead, size_t usable, enum where where)
{
    if (where == FIRST_WORD)
        change_bytes(dead, sizeof(void *));
    else
        change_bytes(dead + (where == MIDDLE ? usable / 2 : usable - 1), 1);
}

static void write_dead(struct scene *scene, unsigned char *block, enum where where)
{
    REQUIRE(block != NULL);
    size_t usable = quarry_usable_size(scene->heap, block);
    scene->reuse_bytes = usable;
    quarry_free(scene->heap, lose(scene, block));
    settle(scene);
    write_at(block, usable, where);
}

/* Of the run from which is taken: no link is needed there. */
static void write_small(struct scene *scene, enum where where)
{
    write_dead(scene, keep_neighbours(scene, SMALL_BYTES, 2), where);
}

/* Of a full run: its list's node is two pointers long, and ends before the block's middle. */
static void write_node(struct scene *scene, enum where where)
{
    write_dead(scene, keep_full_run(scene, 2 * SMALL_BYTES), where);
}

/* Between two others: a free run of its own. */
static void write_large(struct scene *scene, enum where where)
{
    unsigned char *first = keep_neighbours(scene, LARGE_BYTES, 3);
    REQUIRE(first != NULL);
    write_dead(scene, first + stride_of(scene, first), where);
}

#define WHERE_SCENES(kind)                                                                                             \
    SCENE(kind##_first)                                                                                                \
    {                                                                                                                  \
        kind(scene, FIRST_WORD);                                                                                       \
    }                                                                                                                  \
    SCENE(kind##_middle)                                                                                               \
    {                                                                                                                  \
        kind(scene, MIDDLE);                                                                                           \
    }                                                                                                                  \
    SCENE(kind##_last)                                                                                                 \
    {                                                                                                                  \
        kind(scene, LAST_BYTE);                                                                                        \
    }
WHERE_SCENES(write_small)
WHERE_SCENES(write_node)
WHERE_SCENES(write_large)

/* --- reads after free --- */

static void read_dead(struct scene *scene, unsigned char *block)
{
    REQUIRE(block != NULL);
    size_t usable = quarry_usable_size(scene->heap, block), filled = 0;
    quarry_free(scene->heap, lose(scene, block));
    for (size_t i = 0; i < usable; i++)
        filled += block[i] == 0xDF;
    if (filled >= usable - 2 * sizeof(void *)) /* a large block has the free run's links in front */
        scene->said = FILL_READ;
}

SCENE(read_small)
{
    read_dead(scene, keep_neighbours(scene, SMALL_BYTES, 2));
}

SCENE(read_large)
{
    read_dead(scene, keep_neighbours(scene, LARGE_BYTES, 2));
}
