/* SPDX-License-Identifier: MIT
 *
 * table.c: runs each row's scene once for each observer, and compares what is seen with the cell of this check level.
 * A test for each row. A cell that differs is shown as rows.h would have it.
 */
#include "table.h"

/* The first report since the log was emptied; the harness's own log keeps only the last. */
static unsigned first_kind;
static unsigned reports;

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    if (reports++ == 0)
        first_kind = KIND(misuse->kind);
}

unsigned take_reports(void)
{
    unsigned kinds = reports != 0 ? first_kind : 0;
    reports = 0;
    return kinds;
}

/* --- scenes --- */

struct quarry_options table_options(void)
{
    const struct quarry_options options = {
            .on_misuse = on_misuse, .chunk_bytes = SMALLEST_CHUNK_BYTES, .entropy = (uintptr_t)0x9E3779B97F4A7C15u};
    return options;
}

void *take(struct scene *scene, size_t bytes)
{
    void *block = quarry_malloc(scene->heap, bytes);
    CHECK(block != NULL);
    return block;
}

void *keep(struct scene *scene, size_t bytes)
{
    void *block = take(scene, bytes);
    if (block == NULL || !CHECK(scene->kept_count < sizeof scene->kept / sizeof *scene->kept))
        return NULL;
    test_fill(block, quarry_usable_size(scene->heap, block), scene->kept_count);
    scene->kept[scene->kept_count++] = block;
    return block;
}

void *lose(struct scene *scene, void *block)
{
    for (unsigned i = 0; i < scene->kept_count; i++)
        if (scene->kept[i] == block)
            scene->kept[i] = NULL;
    return block;
}

size_t stride_of(const struct scene *scene, const void *block)
{
    return whole_bytes(quarry_usable_size(scene->heap, block), CANARY_BYTES);
}

unsigned char *keep_neighbours(struct scene *scene, size_t bytes, unsigned count)
{
    unsigned char *first = NULL, *last = NULL;
    for (unsigned found = 0; found < count;) {
        unsigned char *block = keep(scene, bytes);
        if (block == NULL)
            return NULL;
        bool follows = last != NULL && block == last + stride_of(scene, last);
        found = follows ? found + 1 : 1;
        first = follows ? first : block;
        last = block;
    }
    return first;
}

void change_bytes(unsigned char *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] ^= 0x5A;
}

void settle(struct scene *scene)
{
    quarry_trim(scene->heap);
}

/* A live block that no scene touches, of a size of its own, for the next call. */
static bool add_bystander(struct scene *scene)
{
    scene->largest_bytes = largest_free_bytes(scene->heap);
    return keep(scene, 100) != NULL;
}

static bool begin(struct scene *scene, enum place place)
{
    static const struct scene none;
    const struct quarry_options options = table_options();
    *scene = none;
    reports = 0;
    if (place == NOWHERE)
        return true;
    if (place == ON_SOURCE) {
        if (test_source_init(&scene->source, 8 * SMALLEST_CHUNK_BYTES))
            scene->heap = quarry_create_from_source(&scene->source.source, &options);
    } else {
        void *region = test_memory(SCENE_BYTES, 0);
        scene->heap = region == NULL ? NULL : quarry_create(region, SCENE_BYTES, &options);
    }
    return CHECK(scene->heap != NULL) && add_bystander(scene);
}

bool scene_begins_on(struct scene *scene, const struct quarry_source *source)
{
    const struct quarry_options options = table_options();
    scene->heap = quarry_create_from_source(source, &options);
    return CHECK(scene->heap != NULL) && add_bystander(scene);
}

/* --- observers --- */

/* Blocks of the size until there are no more, or something is reported; they are chained by their first words. */
static void **take_all(struct scene *scene)
{
    void **last = NULL, **block;
    while (reports == 0 && (block = quarry_malloc(scene->heap, scene->reuse_bytes)) != NULL) {
        *block = last;
        last = block;
    }
    return last;
}

static void free_chain(struct scene *scene, void **block)
{
    while (block != NULL && reports == 0) {
        void **next = *block;
        quarry_free(scene->heap, block);
        block = next;
    }
}

static bool see_all(void *context, const struct quarry_block *block)
{
    (void)context, (void)block;
    return true;
}

/* What one observer sees, as a set of kinds. */
static unsigned observe(struct scene *scene, enum observer observer)
{
    void **chain = NULL;
    switch (observer) {
    case BY_NEXT:
        if (scene->kept_count != 0 && scene->kept[0] != NULL)
            quarry_usable_size(scene->heap, scene->kept[0]);
        break;
    case BY_FREE:
        if (scene->victim != NULL)
            quarry_free(scene->heap, lose(scene, scene->victim));
        break;
    case BY_CHECK:
        CHECK(quarry_check(scene->heap) == (reports == 0));
        break;
    case BY_WALK:
        quarry_walk(scene->heap, see_all, NULL);
        break;
    default:
        if (scene->reuse_bytes != 0)
            chain = take_all(scene);
        break;
    }
    unsigned kinds = take_reports();
    if (kinds == 0)
        free_chain(scene, chain);
    return kinds;
}

/* Nobody has seen anything, or the call that went wrong was refused: then the heap is as it should be. */
static void expect_sound(struct scene *scene)
{
    CHECK(quarry_check(scene->heap));
    for (unsigned i = 0; i < scene->kept_count; i++)
        if (scene->kept[i] != NULL)
            quarry_free(scene->heap, scene->kept[i]);
    quarry_trim(scene->heap);
    CHECK_EQ(take_reports(), 0);
    CHECK(quarry_check(scene->heap));
    CHECK_EQ(stats_of(scene->heap).blocks, 0);
    CHECK_EQ(largest_free_bytes(scene->heap), scene->largest_bytes);
}

static void expect_contents(const struct scene *scene)
{
    for (unsigned i = 0; i < scene->kept_count; i++)
        if (scene->kept[i] != NULL)
            CHECK(test_is_filled(scene->kept[i], quarry_usable_size(scene->heap, scene->kept[i]), i));
}

/* --- rows --- */

struct row {
    const char *name;
    void (*scene)(struct scene *scene);
    enum place place;
    table_cell_t expected;
};

static const char *const observer_names[OBSERVERS] = {"CALL", "NEXT", "FREE", "CHECK_", "WALK", "REUSE"};
static const char *const kind_names[] = {"(other words)", "DOUBLE_FREE",      "INVALID_POINTER", "WRONG_SIZE",
                                         "OVERRUN",       "WRITE_AFTER_FREE", "CORRUPT",         "REENTRY"};

static void print_cell(table_cell_t cell)
{
    for (unsigned observer = 0; observer < OBSERVERS; observer++)
        for (unsigned kind = 0; kind < 8; kind++)
            if ((cell >> (8 * observer + kind) & 1) != 0) {
                test_print(" ");
                test_print(observer_names[observer]);
                test_print("(");
                test_print(kind_names[kind]);
                test_print(")");
            }
    test_print(cell == 0 ? " NOT_SEEN\n" : "\n");
}

/* One scene and one observer more. *is_all: there is nothing left to observe. */
static table_cell_t look(const struct row *row, enum observer observer, bool *is_all)
{
    struct scene scene;
    table_cell_t seen = 0;
    if (!begin(&scene, row->place))
        return 0;
    row->scene(&scene);
    if (test_is_over())
        return 0;
    CHECK(reports <= 1);
    unsigned kinds = take_reports();
    *is_all = kinds != 0 || scene.said != 0;
    if (*is_all) {
        seen = CALL(kinds) | scene.said;
        if (kinds != 0)
            expect_contents(&scene);
    } else {
        seen = CELL(observer, observe(&scene, observer));
    }
    if ((row->expected == NOT_SEEN || *is_all) && scene.heap != NULL)
        expect_sound(&scene);
    test_memory_release();
    reports = 0;
    return seen;
}

/* Each observer sees something where it should, and one of the kinds that it may. */
static bool is_as_expected(table_cell_t seen, table_cell_t expected)
{
    bool as_expected = (seen & ~expected) == 0;
    for (unsigned observer = 0; observer < OBSERVERS; observer++)
        as_expected &= ((seen >> 8 * observer & 255) != 0) == ((expected >> 8 * observer & 255) != 0);
    return as_expected;
}

static void run_row(const struct row *row)
{
    table_cell_t seen = 0;
    bool is_all = false;
    if (row->expected == NOT_RUN)
        return;
    for (unsigned observer = BY_NEXT; observer < OBSERVERS && !is_all && !test_is_over(); observer++)
        seen |= look(row, (enum observer)observer, &is_all);
    if (!CHECK(is_as_expected(seen, row->expected))) {
        test_print("  seen:    ");
        print_cell(seen);
        test_print("  expected:");
        print_cell(row->expected);
    }
}

#define AT_0(at0, at1, at2, at3, at4) at0
#define AT_1(at0, at1, at2, at3, at4) at1
#define AT_2(at0, at1, at2, at3, at4) at2
#define AT_3(at0, at1, at2, at3, at4) at3
#define AT_4(at0, at1, at2, at3, at4) at4
#if QUARRY_CHECK_LEVEL == 0
#define AT_LEVEL AT_0
#elif QUARRY_CHECK_LEVEL == 1
#define AT_LEVEL AT_1
#elif QUARRY_CHECK_LEVEL == 2
#define AT_LEVEL AT_2
#elif QUARRY_CHECK_LEVEL == 3
#define AT_LEVEL AT_3
#else
#define AT_LEVEL AT_4
#endif

#define TABLE_TEST(name, place, text, at0, at1, at2, at3, at4)                                                         \
    TEST(test_table_##name##_is_as_documented)                                                                         \
    {                                                                                                                  \
        static const struct row row = {text, scene_##name, place, AT_LEVEL(at0, at1, at2, at3, at4)};                  \
        run_row(&row);                                                                                                 \
    }
TABLE_ROWS(TABLE_TEST)
