/* SPDX-License-Identifier: MIT
 *
 * reserve.c: idle memory against a plain array of frames: a request gets the first part that is long enough, in the
 * order in which pieces came, and idle neighbours of one piece are one part. Pieces come in another order than their
 * addresses.
 */
#include "../../src/reserve.h"

#include "test.h"

enum { PIECES = 6, MOST_FRAMES = 96, MOST_PARTS = 24, FRAME = (int)UNITS_SOURCE_BYTES };

struct model {
    struct chunk_set set;
    struct reserve reserve;
    uint8_t *piece[PIECES];
    size_t frames[PIECES];
    unsigned pieces;
    bool used[PIECES][MOST_FRAMES];
    struct added_chunk *parts[MOST_PARTS]; /* in use */
    unsigned count;
};

/* Pieces of one to so many frames; the memory of the last is the lowest. */
static bool begin(struct model *model)
{
    static const struct model none;
    *model = none;
    model->set.chunk_count = 1;
    model->set.source.hot.pages = &model->set.first.at;
    chunk_set_link(&model->set.root, NULL);
    chunk_set_link(&model->set.first.next, NULL);
    qi_reserve_format(&model->reserve);
    const size_t left = test_memory_left() / 2 / (size_t)FRAME, most = left / PIECES;
    if (most < 4) {
        test_skip("too little memory for some frames, bytes:", test_memory_left());
        return false;
    }
    const size_t longest = most < MOST_FRAMES ? most : MOST_FRAMES;
    uint8_t *memory = test_memory_aligned(PIECES * longest * (size_t)FRAME, (size_t)FRAME);
    if (memory == NULL)
        return false;
    for (unsigned i = 0; i < PIECES; i++) {
        model->frames[i] = 1 + test_random_below(longest);
        model->piece[i] = memory + (PIECES - 1 - i) * longest * (size_t)FRAME;
    }
    return true;
}

static void add_piece(struct model *model)
{
    const unsigned i = model->pieces++;
    struct added_chunk *part = (struct added_chunk *)(void *)model->piece[i];
    part->chunk.pages = NULL;
    part->chunk.page_count = 0;
    part->chunk.bytes = model->frames[i] * (size_t)FRAME;
    chunk_seal(&part->chunk);
    chunk_set_origin(part, part, true, 0);
    qi_reserve_add_piece(&model->reserve, part);
    qi_reserve_free(&model->set, &model->reserve, part);
}

/* The idle frames from one on. */
static size_t idle_frames(const struct model *model, unsigned piece, size_t frame)
{
    size_t count = 0;
    while (frame + count < model->frames[piece] && !model->used[piece][frame + count])
        count++;
    return count;
}

static void mark(struct model *model, const struct added_chunk *part, bool used)
{
    for (unsigned i = 0; i < model->pieces; i++) {
        const size_t offset = (uintptr_t)part->start - (uintptr_t)model->piece[i];
        for (size_t frame = 0; offset < model->frames[i] * (size_t)FRAME && frame < part->chunk.bytes / FRAME; frame++)
            model->used[i][offset / FRAME + frame] = used;
    }
}

/* The address of the first idle part of so many frames in the order of pieces; NULL: there is none. */
static uint8_t *expected_part(const struct model *model, size_t frames)
{
    for (unsigned i = 0; i < model->pieces; i++)
        for (size_t frame = 0, count; frame < model->frames[i]; frame += count == 0 ? 1 : count) {
            count = idle_frames(model, i, frame);
            if (count >= frames)
                return model->piece[i] + frame * (size_t)FRAME;
        }
    return NULL;
}

/* Every idle stretch of the model is just one part, found by address and by position, and nothing else is idle. */
static void check_model(const struct model *model)
{
    size_t free_bytes = 0, longest = 0;
    for (unsigned i = 0; i < model->pieces; i++)
        for (size_t frame = 0, count; frame < model->frames[i]; frame += count == 0 ? 1 : count) {
            count = idle_frames(model, i, frame);
            if (count == 0)
                continue;
            const uint8_t *start = model->piece[i] + frame * (size_t)FRAME;
            const struct added_chunk *part = qi_chunk_find_added(&model->set, start);
            REQUIRE(part != NULL && chunk_is_idle(&part->chunk));
            CHECK_EQ(part->start, start);
            CHECK_EQ(part->chunk.bytes, count * (size_t)FRAME);
            CHECK_EQ(qi_reserve_find(&model->reserve, part->chunk.bytes, part->position), part);
            free_bytes += part->chunk.bytes - RESERVE_HEADER_BYTES;
            longest = count > longest ? count : longest;
        }
    const struct added_chunk *part = qi_reserve_longest(&model->reserve);
    CHECK_EQ(part == NULL ? 0 : part->chunk.bytes / FRAME, longest);
    CHECK_EQ(model->reserve.free_bytes, free_bytes);
}

static void allocate(struct model *model, size_t frames)
{
    uint8_t *expected = expected_part(model, frames);
    struct added_chunk *part = qi_reserve_find(&model->reserve, frames * (size_t)FRAME, 0);
    CHECK_EQ(part == NULL ? NULL : part->start, expected);
    if (part == NULL || model->count == MOST_PARTS)
        return;
    CHECK(qi_reserve_allocate(&model->set, &model->reserve, part, frames * (size_t)FRAME));
    CHECK_EQ(part->chunk.bytes, frames * (size_t)FRAME);
    CHECK(!chunk_is_idle(&part->chunk));
    qi_chunk_insert(&model->set, part);
    mark(model, part, true);
    model->parts[model->count++] = part;
}

static void free_one(struct model *model, unsigned index)
{
    struct added_chunk *part = model->parts[index];
    model->parts[index] = model->parts[--model->count];
    mark(model, part, false);
    CHECK(qi_chunk_remove(&model->set, part));
    qi_reserve_free(&model->set, &model->reserve, part);
}

static void resize_one(struct model *model, unsigned index, size_t frames)
{
    struct added_chunk *part = model->parts[index];
    const size_t bytes = frames * (size_t)FRAME;
    CHECK(qi_chunk_remove(&model->set, part));
    mark(model, part, false);
    if (bytes < part->chunk.bytes)
        qi_reserve_truncate(&model->set, &model->reserve, part, bytes);
    else if (bytes > part->chunk.bytes && qi_reserve_extend(&model->set, &model->reserve, part, bytes))
        part->chunk.bytes = bytes;
    chunk_seal(&part->chunk);
    mark(model, part, true);
    qi_chunk_insert(&model->set, part);
}

TEST(test_reserve_finds_first_part_that_is_long_enough)
{
    struct model *model = test_memory(sizeof *model, 0);
    for (unsigned round = 0; model != NULL && round < 2 + TEST_SCALE / 4 && !test_is_over(); round++) {
        if (!begin(model))
            return;
        for (unsigned step = 0; step < 200 && !test_is_over(); step++) {
            if (model->pieces < PIECES && test_random_below(16) == 0)
                add_piece(model);
            if (model->count != 0 && test_random_below(2) == 0)
                free_one(model, (unsigned)test_random_below(model->count));
            else if (model->count != 0 && test_random_below(4) == 0)
                resize_one(model, (unsigned)test_random_below(model->count), 1 + test_random_below(12));
            else
                allocate(model, 1 + test_random_below(step % 3 == 0 ? 30 : 6));
            check_model(model);
        }
        while (model->count != 0)
            free_one(model, 0);
        check_model(model);
        for (unsigned i = 0; i < model->pieces; i++) /* each is whole again, and none has become one with another */
            CHECK_EQ(idle_frames(model, i, 0), model->frames[i]);
        test_memory_release();
        model = test_memory(sizeof *model, 0);
    }
}
