/* SPDX-License-Identifier: MIT
 *
 * chunk_tree.c: the tree and the list of chunks against a plain array. Chunks here are no more than a struct at the
 * start of an interval: only chunk.bytes and the struct's own links matter to the tree, so an interval may even
 * reach beyond its memory.
 */
#include "../../src/chunk.h"

#include "test.h"

/* An interval of the model; they stand in address order and do not overlap. */
struct interval {
    struct added_chunk *chunk;
    size_t bytes;
    bool present;
};

struct model {
    struct chunk_set *set;
    struct interval *intervals;
    size_t count, present;
};

enum { CHUNK_STEP = (sizeof(struct added_chunk) + 15) & ~(size_t)15 };

/* Lengths and gaps are random up to so many steps. 1 and 0: all are as short as can be, side by side. */
static bool model_begin(struct model *model, size_t most, size_t length_steps, size_t gap_steps)
{
    const size_t left = test_memory_left() / 2;
    const size_t bytes = left < most * CHUNK_STEP ? left / CHUNK_STEP * CHUNK_STEP : most * CHUNK_STEP;
    model->set = test_memory(sizeof *model->set, 0);
    model->intervals = test_memory(bytes / CHUNK_STEP * sizeof *model->intervals, 0);
    uint8_t *arena = test_memory(bytes, 16);
    if (model->set == NULL || model->intervals == NULL || arena == NULL)
        return false;
    *model->set = (struct chunk_set){.chunk_count = 1, .source.hot.pages = &model->set->first.at};
    model->count = model->present = 0;
    size_t offset = 0;
    for (;;) {
        const size_t length = (1 + test_random_below(length_steps)) * CHUNK_STEP;
        offset += test_random_below(gap_steps + 1) * 16;
        if (offset + length > bytes)
            return CHECK(model->count > 8);
        struct interval *interval = &model->intervals[model->count++];
        interval->chunk = (struct added_chunk *)(void *)(arena + offset);
        interval->bytes = length - test_random_below(8) * (length_steps > 1);
        interval->present = false;
        offset += length;
    }
}

static void model_toggle(struct model *model, struct interval *interval)
{
    if (interval->present) {
        qi_chunk_remove(model->set, interval->chunk);
        test_fill(interval->chunk, sizeof *interval->chunk, test_random());
        model->present--;
    } else {
        interval->chunk->chunk.bytes = interval->bytes;
        chunk_seal(&interval->chunk->chunk);
        chunk_set_origin(interval->chunk, interval->chunk, true, 0);
        qi_chunk_insert(model->set, interval->chunk);
        model->present++;
    }
    interval->present = !interval->present;
}

/* What lies at an address at or beside interval number index. */
static const struct added_chunk *model_find(const struct model *model, size_t index, uintptr_t address)
{
    for (size_t i = index == 0 ? 0 : index - 1; i < model->count && i <= index + 1; i++) {
        const struct interval *interval = &model->intervals[i];
        if (interval->present && address - (uintptr_t)interval->chunk < interval->bytes)
            return interval->chunk;
    }
    return NULL;
}

/* The first one at an address or above it. */
static const struct added_chunk *model_next(const struct model *model, uintptr_t address)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->intervals[i].present && (uintptr_t)model->intervals[i].chunk >= address)
            return model->intervals[i].chunk;
    return NULL;
}

static void check_next(const struct model *model, uintptr_t address)
{
    struct added_chunk *next;
    CHECK(qi_chunk_next(model->set, (const void *)address, &next));
    CHECK_EQ(next, model_next(model, address));
}

/* Chunks looked at on the way to an address. */
static unsigned steps_to(const struct chunk_set *set, uintptr_t address)
{
    const struct added_chunk *node = chunk_link(&set->root);
    unsigned steps = 0;
    while (node != NULL && steps <= BITS_WORD) {
        steps++;
        if (address - (uintptr_t)node < node->chunk.bytes)
            break;
        node = chunk_is_high(node, address) ? chunk_link(&node->high) : chunk_link(&node->low);
    }
    return steps;
}

static void check_interval(const struct model *model, size_t index)
{
    const uintptr_t first = (uintptr_t)model->intervals[index].chunk;
    const uintptr_t end = first + model->intervals[index].bytes;
    const uintptr_t addresses[] = {first - 1, first, first + (end - first) / 2, end - 1, end};
    for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const void *address = (const void *)addresses[i];
        CHECK_EQ(qi_chunk_find_added(model->set, address), model_find(model, index, addresses[i]));
        CHECK_EQ(chunk_find(model->set, address), model_find(model, index, addresses[i]));
        CHECK(chunk_link(&model->set->root) == NULL ||
              steps_to(model->set, addresses[i]) <= chunk_link(&model->set->root)->bit + 1u);
        check_next(model, addresses[i]);
    }
}

static void check_model(const struct model *model)
{
    size_t listed = 0;
    struct added_chunk *const *link = &model->set->first.next;
    for (; chunk_link(link) != NULL && listed <= model->count; link = &chunk_link(link)->chunk.next, listed++)
        CHECK_EQ(chunk_link(link)->link, link);
    CHECK_EQ(listed, model->present);
    CHECK_EQ(model->set->chunk_count, model->present + 1);
    CHECK(chunk_link(&model->set->root) == NULL || chunk_link(&model->set->root)->bit < BITS_WORD);
    for (size_t i = 0; i < model->count && !test_is_over(); i++)
        check_interval(model, i);
    check_next(model, 0);
    check_next(model, UINTPTR_MAX);
    check_next(model, (uintptr_t)test_random() << (BITS_WORD - 32));
    if (model->present == 0)
        CHECK_EQ(chunk_link(&model->set->root), NULL);
}

/* Random insertions and removals, at first and at last more of one kind; all are gone at the end. */
static void exercise(struct model *model, unsigned rounds)
{
    for (unsigned round = 0; round < rounds && !test_is_over(); round++) {
        struct interval *interval = &model->intervals[test_random_below(model->count)];
        if (interval->present == (round >= rounds / 2) || test_random_below(4) == 0)
            model_toggle(model, interval);
        if (round % 16 == 0)
            check_model(model);
    }
    for (size_t i = 0; i < model->count && !test_is_over(); i++)
        if (model->intervals[i].present) {
            model_toggle(model, &model->intervals[i]);
            check_interval(model, i);
        }
    check_model(model);
}

TEST(test_chunk_tree_of_mixed_intervals_finds_what_an_array_finds)
{
    struct model model;
    for (unsigned round = 0; round < 4 + TEST_SCALE / 2 && !test_is_over(); round++) {
        if (model_begin(&model, 400, 6, 3))
            exercise(&model, 600);
        test_memory_release();
    }
}

TEST(test_chunk_tree_of_many_neighbours_finds_each)
{
    struct model model;
    if (!model_begin(&model, 500, 1, 0))
        return;
    exercise(&model, 500 + 100 * TEST_SCALE);
}

TEST(test_chunk_tree_of_far_apart_intervals_finds_each)
{
    const size_t left = test_memory_left() / 2;
    const size_t most = left / CHUNK_STEP < 40000 ? left / CHUNK_STEP : 40000;
    struct model model;
    if (model_begin(&model, most, 1 + most / 100, most * CHUNK_STEP / 16 / 40))
        exercise(&model, 200 + 100 * TEST_SCALE);
}

TEST(test_chunk_tree_filled_upwards_and_downwards_finds_each)
{
    struct model model;
    if (!model_begin(&model, 300, 3, 1))
        return;
    for (size_t i = 0; i < model.count; i++)
        model_toggle(&model, &model.intervals[i]);
    check_model(&model);
    for (size_t i = 0; i < model.count; i++)
        model_toggle(&model, &model.intervals[i]);
    check_model(&model);
    for (size_t i = model.count; i > 0; i--)
        model_toggle(&model, &model.intervals[i - 1]);
    check_model(&model);
}

/* The last interval reaches up to a bit of the address space that no memory of the test has. */
static void check_long_interval(struct model *model, size_t bytes, bool long_one_first)
{
    struct interval *last = &model->intervals[model->count - 1];
    const size_t short_bytes = last->bytes;
    if (bytes <= short_bytes || bytes >= 0 - (uintptr_t)last->chunk)
        return;
    last->bytes = bytes;
    if (long_one_first)
        model_toggle(model, last);
    for (size_t i = 0; i < model->count; i++)
        if (!model->intervals[i].present)
            model_toggle(model, &model->intervals[i]);
    check_model(model);
    exercise(model, 40);
    last->bytes = short_bytes;
}

TEST(test_chunk_tree_with_interval_across_each_high_bit_finds_each)
{
    struct model model;
    if (!model_begin(&model, 60, 3, 2))
        return;
    for (unsigned bit = 8; bit < BITS_WORD && !test_is_over(); bit += 1 + (TEST_SCALE == 1)) {
        check_long_interval(&model, (uintptr_t)1 << bit, true);
        check_long_interval(&model, (uintptr_t)1 << bit, false);
    }
    check_long_interval(&model, 0 - (uintptr_t)model.intervals[model.count - 1].chunk - 1, true);
    check_long_interval(&model, 0 - (uintptr_t)model.intervals[model.count - 1].chunk - 1, false);
}

/* --- overlaps --- */

static bool meet(uintptr_t one, size_t one_bytes, uintptr_t other, size_t other_bytes)
{
    return one < other + other_bytes && other < one + one_bytes;
}

TEST(test_chunk_set_overlaps_is_true_just_where_memory_is_shared)
{
    struct chunk_set *set = test_memory(sizeof *set + 400, 32);
    if (set == NULL)
        return;
    struct added_chunk *added = (struct added_chunk *)(void *)((uint8_t *)set + sizeof *set + 104);
    *set = (struct chunk_set){.chunk_count = 1, .first_padding = 3, .source.hot.pages = &set->first.at};
    set->first.bytes = sizeof *set + 20;
    added->chunk.bytes = 150;
    chunk_seal(&added->chunk);
    chunk_set_origin(added, added, false, 7);
    qi_chunk_insert(set, added);
    const uintptr_t start = (uintptr_t)set - 40;
    for (uintptr_t at = start; at < (uintptr_t)added + 200 && !test_is_over(); at++)
        for (size_t bytes = 1; bytes < 600; bytes += bytes < 8 ? 1 : bytes)
            CHECK_EQ(qi_chunk_set_overlaps(set, (const void *)at, bytes),
                     meet(at, bytes, (uintptr_t)set - 3, sizeof *set + 23) ||
                             meet(at, bytes, (uintptr_t)added - 7, 157));
}

/* Every range from one place in front of or in an interval to another, with few intervals in the tree, so that it is
 * deep in places, against the array. */
TEST(test_chunk_meets_is_true_just_where_some_interval_is_met)
{
    struct model model;
    if (!model_begin(&model, 48, 2, 6))
        return;
    for (unsigned round = 0; round < 100 * (1 + TEST_SCALE) && !test_is_over(); round++) {
        model_toggle(&model, &model.intervals[test_random_below(model.count)]);
        for (size_t from = 0; from < model.count; from++) {
            for (size_t to = from; to < model.count; to++) {
                const uintptr_t start =
                        (uintptr_t)model.intervals[from].chunk + model.intervals[from].bytes * (round & 1);
                const size_t bytes = (uintptr_t)model.intervals[to].chunk + 1 + model.intervals[to].bytes - start;
                bool expected = false;
                for (size_t i = 0; i < model.count; i++)
                    expected |= model.intervals[i].present &&
                                meet(start, bytes, (uintptr_t)model.intervals[i].chunk, model.intervals[i].bytes);
                CHECK_EQ(qi_chunk_meets(model.set, (const void *)start, bytes), expected);
            }
        }
    }
}
