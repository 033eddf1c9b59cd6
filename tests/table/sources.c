/* SPDX-License-Identifier: MIT
 *
 * sources.c: scenes of the misuse table in which a heap's source lies, or calls back. The liar stands in front of the
 * harness's source, which keeps the ledger.
 */
#include "table.h"

enum lie { MISALIGNED, TWICE, OVERLAPS, EXTENDS_NOT, TRUNCATES_NOT, CALLS_BACK };

struct liar {
    struct scene *scene;
    enum lie lie;
    bool lies; /* from now on */
    void *last;
};

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct liar *liar = context;
    const struct quarry_source *honest = &liar->scene->source.source;
    if (liar->lies && liar->lie == TWICE)
        return liar->last;
    if (liar->lies && liar->lie == OVERLAPS)
        return (unsigned char *)liar->last + SMALLEST_CHUNK_BYTES / 2;
    if (liar->lies && liar->lie == MISALIGNED)
        liar->scene->source.misalign_bytes = sizeof(void *);
    void *memory = honest->acquire(honest->context, bytes, align_bytes);
    if (memory != NULL)
        liar->last = memory;
    return memory;
}

static void release(void *context, void *memory, size_t bytes)
{
    struct liar *liar = context;
    const struct quarry_source *honest = &liar->scene->source.source;
    if (liar->lies && liar->lie == CALLS_BACK)
        CHECK_EQ(quarry_malloc(liar->scene->heap, 10), NULL);
    honest->release(honest->context, memory, bytes);
}

static bool extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct liar *liar = context;
    const struct quarry_source *honest = &liar->scene->source.source;
    return liar->lie == EXTENDS_NOT || honest->extend(honest->context, memory, old_bytes, bytes);
}

static bool truncate(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct liar *liar = context;
    const struct quarry_source *honest = &liar->scene->source.source;
    return liar->lie == TRUNCATES_NOT || honest->truncate(honest->context, memory, old_bytes, bytes);
}

static struct liar liar;

/* false: the test has been skipped or has failed. */
static bool begin(struct scene *scene, enum lie lie)
{
    const struct quarry_source source = {&liar, acquire, release, extend, truncate, 0};
    const struct liar fresh = {.scene = scene, .lie = lie};
    liar = fresh;
    return test_source_init(&scene->source, 8 * SMALLEST_CHUNK_BYTES) && scene_begins_on(scene, &source);
}

SCENE(source_misaligned)
{
    if (!begin(scene, MISALIGNED))
        return;
    liar.lies = true;
    if (quarry_malloc(scene->heap, HUGE_BYTES) == NULL)
        scene->said = REFUSED;
    CHECK_EQ(scene->source.releases, 1); /* it went back as it was given */
    CHECK_EQ(scene->source.errors, 0);
}

/* More chunks are needed: the liar gives the last one once more, or from its middle on. */
static void need_more(struct scene *scene, enum lie lie)
{
    if (!begin(scene, lie))
        return;
    REQUIRE(keep(scene, SMALLEST_CHUNK_BYTES / 2) != NULL && keep(scene, SMALLEST_CHUNK_BYTES / 2) != NULL);
    liar.lies = true;
    if (quarry_malloc(scene->heap, SMALLEST_CHUNK_BYTES / 2) == NULL && take_reports() == CORRUPT)
        scene->said = REFUSED;
}

SCENE(source_twice)
{
    need_more(scene, TWICE);
}

SCENE(source_overlaps)
{
    need_more(scene, OVERLAPS);
}

/* The block is as long as was said; whose memory its end lies in, the heap cannot know. */
SCENE(source_extends_not)
{
    if (!begin(scene, EXTENDS_NOT))
        return;
    void *block = keep(scene, HUGE_BYTES);
    REQUIRE(block != NULL);
    CHECK(quarry_resize(scene->heap, block, 2 * HUGE_BYTES));
}

/* The tail is the source's, which does not know it. */
SCENE(source_truncates_not)
{
    if (!begin(scene, TRUNCATES_NOT))
        return;
    void *block = keep(scene, 2 * HUGE_BYTES);
    REQUIRE(block != NULL);
    CHECK(quarry_resize(scene->heap, block, HUGE_BYTES));
}

SCENE(source_calls_back)
{
    if (!begin(scene, CALLS_BACK))
        return;
    void *block = take(scene, HUGE_BYTES);
    REQUIRE(block != NULL);
    liar.lies = true;
    quarry_free(scene->heap, block);
    liar.lies = false;
}
