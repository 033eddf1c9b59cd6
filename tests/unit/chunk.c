/* SPDX-License-Identifier: MIT
 *
 * chunk.c: the layout against a count by hand, granules of every address, run lengths in the maps, and the tree
 * of chunks against a plain array. Chunks of the tree tests are no more than a struct at the start of an
 * interval: only chunk.bytes and the struct's own links matter to the tree, so an interval may even reach
 * beyond its memory.
 */
#include "../../src/chunk.h"

#include "test.h"

/* --- layout --- */

/* The most pages that fit between control and the last page boundary before end. */
static size_t count_that_fit(uintptr_t control, uintptr_t end)
{
    const uintptr_t last = end & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1);
    size_t pages = 0;
    while (last > control && CHUNK_CONTROL_BYTES(pages + 1) + (pages + 1) * QUARRY_PAGE_BYTES <= last - control)
        pages++;
    return pages;
}

TEST(test_chunk_pages_that_fit_in_every_short_span_is_the_most)
{
    size_t best = 0;
    for (size_t span = 0; span < 64 * (size_t)QUARRY_PAGE_BYTES && !test_is_over(); span++) {
        if (CHUNK_CONTROL_BYTES(best + 1) + (best + 1) * QUARRY_PAGE_BYTES <= span)
            best++;
        CHECK_EQ(qi_chunk_pages_that_fit(span), best);
    }
}

TEST(test_chunk_pages_that_fit_in_long_spans_is_the_most)
{
    for (unsigned round = 0; round < 50 * TEST_SCALE && !test_is_over(); round++) {
        const size_t span = test_random_below(UNITS_CHUNK_MAX_BYTES) >> test_random_below(16);
        const size_t pages = qi_chunk_pages_that_fit(span);
        CHECK(pages == 0 || CHUNK_CONTROL_BYTES(pages) + pages * QUARRY_PAGE_BYTES <= span);
        CHECK(CHUNK_CONTROL_BYTES(pages + 1) + (pages + 1) * QUARRY_PAGE_BYTES > span);
    }
}

static void check_layout(const struct chunk *chunk, const uint8_t *control, const uint8_t *end, size_t expected)
{
    const pages_t pages = chunk_page_count(chunk);
    CHECK_EQ(pages, expected);
    CHECK_EQ(chunk->granules, expected * UNITS_PAGE_GRANULES);
    CHECK_EQ((uintptr_t)chunk->pages & (QUARRY_PAGE_BYTES - 1), 0);
    CHECK((size_t)(end - chunk_page_address(chunk, pages)) < QUARRY_PAGE_BYTES);
    CHECK_EQ(chunk->codes, control + 1);
    CHECK_EQ(chunk->codes[-1], PAGE_EDGE);
    CHECK_EQ(chunk->codes[pages], PAGE_EDGE);
    CHECK(test_is_zero(chunk->codes, pages));
    CHECK(chunk->maps > chunk->codes + pages);
    CHECK(chunk_map(chunk, pages) <= chunk->pages);
    CHECK(chunk_map(chunk, pages - 1) + sizeof(uintptr_t) <= chunk->pages);
}

TEST(test_chunk_format_at_every_start_and_length_wastes_no_page)
{
    const size_t room = 16 * (size_t)QUARRY_PAGE_BYTES + 200;
    uint8_t *memory = test_memory(room, 0);
    if (memory == NULL)
        return;
    for (size_t offset = 0; offset <= 200; offset++) {
        uint8_t *control = memory + offset;
        for (size_t bytes = 0; bytes <= room - offset; bytes += 1 + test_random_below(QUARRY_PAGE_BYTES / 4)) {
            struct chunk chunk = {.pages = NULL};
            const size_t expected = count_that_fit((uintptr_t)control, (uintptr_t)control + bytes);
            CHECK_EQ(qi_chunk_format(&chunk, control, control + bytes), expected != 0);
            if (expected != 0)
                check_layout(&chunk, control, control + bytes, expected);
            if (test_is_over())
                return;
        }
    }
}

TEST(test_chunk_format_writes_neither_pages_nor_what_is_behind_them)
{
    const size_t bytes = 8 * (size_t)QUARRY_PAGE_BYTES + 100;
    uint8_t *memory = test_memory(bytes, 8);
    struct chunk chunk = {.pages = NULL};
    if (memory == NULL)
        return;
    test_fill(memory, bytes, 0);
    REQUIRE(qi_chunk_format(&chunk, memory, memory + bytes));
    const size_t pages_offset = (size_t)(chunk.pages - memory);
    for (size_t i = pages_offset; i < bytes && !test_is_over(); i++)
        CHECK(test_is_filled(memory + i, 1, (uint32_t)(i + (i >> 7))));
}

TEST(test_chunk_clear_leaves_edges_and_nothing_between)
{
    const size_t bytes = 8 * (size_t)QUARRY_PAGE_BYTES;
    uint8_t *memory = test_memory(bytes, 0);
    struct chunk chunk = {.pages = NULL};
    if (memory == NULL)
        return;
    REQUIRE(qi_chunk_format(&chunk, memory, memory + bytes));
    for (pages_t page = 0; page < chunk_page_count(&chunk); page++)
        chunk.codes[page] = PAGE_LARGE;
    qi_chunk_clear(&chunk);
    check_layout(&chunk, memory, memory + bytes, chunk_page_count(&chunk));
}

/* --- granules --- */

TEST(test_chunk_granule_accepts_just_granules_of_its_pages)
{
    enum { PAGES = 3 };
    const uintptr_t first = 64 * (uintptr_t)QUARRY_PAGE_BYTES;
    const uintptr_t end = first + PAGES * (uintptr_t)QUARRY_PAGE_BYTES;
    const struct chunk chunk = {.pages = (uint8_t *)first, .granules = PAGES * UNITS_PAGE_GRANULES};
    for (uintptr_t address = first - 300; address < end + 300 && !test_is_over(); address++) {
        const size_t granule = chunk_granule(&chunk, (const void *)address);
        const bool inside = address >= first && address < end && address % UNITS_GRANULE_BYTES == 0;
        CHECK_EQ(granule < chunk.granules, inside);
        if (inside)
            CHECK_EQ(granule, (address - first) / UNITS_GRANULE_BYTES);
    }
    CHECK(chunk_granule(&chunk, NULL) >= chunk.granules);
    CHECK(chunk_granule(&chunk, (const void *)UINTPTR_MAX) >= chunk.granules);
}

/* --- run lengths --- */

/* Both lengths of a run of so many pages that starts at page 1: read back, and the maps beside it are as they were. */
static void check_length(const struct chunk *chunk, pages_t pages, size_t maps_bytes)
{
    const size_t end = (size_t)(pages + 1) * UNITS_MAP_BYTES;
    uint8_t beside[2];
    test_fill(chunk->maps, maps_bytes, 5);
    beside[0] = chunk->maps[UNITS_MAP_BYTES - 1];
    beside[1] = chunk->maps[end];
    chunk_set_length_at_start(chunk, 1, pages);
    CHECK_EQ(chunk_length_at_start(chunk, 1), pages);
    chunk_set_length_at_end(chunk, pages, pages);
    CHECK_EQ(chunk_length_at_end(chunk, pages), pages);
    CHECK_EQ(chunk_length_at_start(chunk, 1), pages);
    CHECK_EQ(chunk->maps[UNITS_MAP_BYTES - 1], beside[0]);
    CHECK_EQ(chunk->maps[end], beside[1]);
}

TEST(test_chunk_length_of_every_run_is_read_back_at_both_ends)
{
    const size_t maps_bytes = (600 + 2) * (size_t)UNITS_MAP_BYTES;
    uint8_t *maps = test_memory(maps_bytes, 0);
    const struct chunk chunk = {.maps = maps};
    if (maps == NULL)
        return;
    for (pages_t pages = 1; pages <= 600 && !test_is_over(); pages++)
        check_length(&chunk, pages, maps_bytes);
}

TEST(test_chunk_length_of_longest_runs_is_read_back)
{
    uint8_t maps[2 * UNITS_MAP_BYTES + 8];
    const struct chunk chunk = {.maps = maps + 4};
    for (unsigned bit = 8; bit < 32; bit++) {
        const pages_t pages = (pages_t)1 << bit | 1;
        chunk_set_length_at_start(&chunk, 0, pages);
        CHECK_EQ(chunk_length_at_start(&chunk, 0), pages);
        chunk_set_length_at_end(&chunk, 0, pages);
        CHECK_EQ(chunk_length_at_end(&chunk, 0), pages);
    }
}

/* --- the tree --- */

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
    *model->set = (struct chunk_set){.chunk_count = 1};
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

/* Chunks looked at on the way to an address. */
static unsigned steps_to(const struct chunk_set *set, uintptr_t address)
{
    const struct added_chunk *node = set->root;
    unsigned steps = 0;
    for (unsigned bit = set->top_bit; node != NULL && steps <= BITS_WORD; bit--) {
        steps++;
        if (address - (uintptr_t)node < node->chunk.bytes)
            break;
        node = (address >> bit & 1) != 0 ? node->high : node->low;
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
        CHECK(steps_to(model->set, addresses[i]) <= model->set->top_bit + 1u);
    }
}

static void check_model(const struct model *model)
{
    size_t listed = 0;
    struct added_chunk *const *link = &model->set->first.next;
    for (; *link != NULL && listed <= model->count; link = &(*link)->chunk.next, listed++)
        CHECK_EQ((*link)->link, link);
    CHECK_EQ(listed, model->present);
    CHECK_EQ(model->set->chunk_count, model->present + 1);
    CHECK(model->set->top_bit < BITS_WORD);
    for (size_t i = 0; i < model->count && !test_is_over(); i++)
        check_interval(model, i);
    if (model->present == 0)
        CHECK_EQ(model->set->root, NULL);
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

/* --- what is in a set --- */

TEST(test_chunk_set_holds_granules_of_pages_and_nothing_of_a_huge_block)
{
    uint8_t *memory = test_memory_aligned(8 * (size_t)QUARRY_PAGE_BYTES, QUARRY_PAGE_BYTES);
    struct chunk_set set = {.chunk_count = 1};
    struct added_chunk *added = (struct added_chunk *)(void *)memory;
    if (memory == NULL)
        return;
    added->chunk.bytes = 8 * (size_t)QUARRY_PAGE_BYTES;
    REQUIRE(qi_chunk_format(&added->chunk, (uint8_t *)(added + 1), memory + added->chunk.bytes));
    qi_chunk_insert(&set, added);
    CHECK(chunk_set_holds(&set, added->chunk.pages));
    CHECK(chunk_set_holds(&set, added->chunk.pages + UNITS_GRANULE_BYTES));
    CHECK(!chunk_set_holds(&set, added->chunk.pages + sizeof(void *)));
    CHECK(!chunk_set_holds(&set, memory));
    CHECK(!chunk_set_holds(&set, memory + added->chunk.bytes));
    CHECK(!chunk_set_holds(&set, NULL));
    added->chunk.granules = 0;
    CHECK(!chunk_set_holds(&set, added->chunk.pages));
}

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
    *set = (struct chunk_set){.chunk_count = 1, .first_lead = 3};
    set->first.bytes = sizeof *set + 20;
    added->chunk.bytes = 150;
    qi_chunk_insert(set, added);
    added->lead = 7;
    const uintptr_t start = (uintptr_t)set - 40;
    for (uintptr_t at = start; at < (uintptr_t)added + 200 && !test_is_over(); at++)
        for (size_t bytes = 1; bytes < 600; bytes += bytes < 8 ? 1 : bytes)
            CHECK_EQ(qi_chunk_set_overlaps(set, (const void *)at, bytes),
                     meet(at, bytes, (uintptr_t)set - 3, sizeof *set + 23) ||
                             meet(at, bytes, (uintptr_t)added - 7, 157));
}
