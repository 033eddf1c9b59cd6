/* SPDX-License-Identifier: MIT
 *
 * places.c: the side table of blocks and places against a plain array, with addresses that collide, while it grows and
 * while its source refuses; and that its memory comes back. Addresses are numbers here: nothing at them is read. The
 * report's text is in tests/emalloc.
 */
#include "../../src/emalloc/places.h"

#include "test_source.h"

#include "../../src/units.h"

/* On the smallest machine a first table fits, and no longer one. */
enum { FEW_BLOCKS = 40, SOURCE_BYTES = 4096 };

static struct places none;

static const void *address(uintptr_t number)
{
    return (const void *)(number << UNITS_GRANULE_SHIFT);
}

static struct place place_of(uintptr_t number)
{
    const struct place place = {"file", NULL, (uint32_t)number, 0};
    return place;
}

static void release(const struct places *places, const struct quarry_source *source)
{
    if (places->memory_bytes != 0 && source->release != NULL)
        source->release(source->context, places->entries, places->memory_bytes);
}

/* Adds a block as a request heap does: to a longer table if the table wants to be moved. */
static bool add_at(struct places *places, const struct quarry_source *source, const void *block, size_t bytes,
                   const struct place *place)
{
    const size_t wanted = qi_places_wanted_bytes(places);
    if (wanted != 0 && wanted != SIZE_MAX) {
        void *memory = source->acquire(source->context, wanted, QUARRY_PAGE_BYTES);
        struct places old;
        if (memory != NULL) {
            qi_places_move(places, memory, wanted, &old);
            release(&old, source);
        }
    }
    return qi_places_add(places, block, bytes, place);
}

static bool add(struct places *places, const struct test_source *source, uintptr_t number)
{
    const struct place place = place_of(number);
    return add_at(places, &source->source, address(number), 10 * number, &place);
}

/* The entry is as add() made it. */
static bool is_there(const struct places *places, uintptr_t number)
{
    const struct place_entry *entry = qi_places_find(places, address(number));
    return entry != NULL && entry->block == address(number) && entry->bytes == 10 * number &&
           entry->place.line == (uint32_t)number && entry->place.orig_file == NULL;
}

/* P1 and P3; P2 is asked by finding every block. */
static void check_table(const struct places *places)
{
    size_t count = 0;
    for (size_t i = 0; i < places->capacity; i++) {
        count += places->entries[i].block != NULL;
        if (places->entries[i].block == NULL)
            CHECK(test_is_zero(&places->entries[i], sizeof places->entries[i]));
    }
    CHECK_EQ(count, places->count);
    CHECK_EQ(places->capacity & (places->capacity - 1), 0);
    CHECK(places->count < places->capacity || places->capacity == 0);
}

static void end(struct places *places, const struct test_source *source)
{
    release(places, &source->source);
    *places = none;
    CHECK_EQ(source->granted_bytes, 0);
    CHECK_EQ(source->errors, 0);
}

TEST(test_places_empty_finds_nothing)
{
    struct places places = none;
    CHECK_EQ(qi_places_find(&places, address(1)), NULL);
    qi_places_remove(&places, address(1));
    qi_places_clear(&places);
    CHECK_EQ(places.count, 0);
    CHECK_EQ(places.unknown, 0);
}

TEST(test_places_added_are_found_until_removed)
{
    struct places places = none;
    struct test_source source;
    if (!test_source_init(&source, SOURCE_BYTES))
        return;
    for (uintptr_t number = 1; number <= FEW_BLOCKS; number++)
        CHECK(add(&places, &source, number));
    check_table(&places);
    for (uintptr_t number = 1; number <= FEW_BLOCKS; number++)
        CHECK(is_there(&places, number));
    CHECK_EQ(qi_places_find(&places, address(FEW_BLOCKS + 1)), NULL);
    for (uintptr_t number = 1; number <= FEW_BLOCKS; number++) {
        qi_places_remove(&places, address(number));
        CHECK_EQ(qi_places_find(&places, address(number)), NULL);
        CHECK_EQ(places.count, FEW_BLOCKS - number);
        check_table(&places);
    }
    end(&places, &source);
}

TEST(test_places_of_unknown_place_have_no_file)
{
    struct places places = none;
    struct test_source source;
    if (!test_source_init(&source, SOURCE_BYTES))
        return;
    CHECK(add_at(&places, &source.source, address(7), 30, NULL));
    REQUIRE(qi_places_find(&places, address(7)) != NULL);
    CHECK_EQ(qi_places_find(&places, address(7))->place.file, NULL);
    CHECK_EQ(qi_places_find(&places, address(7))->bytes, 30);
    end(&places, &source);
}

TEST(test_places_added_twice_are_one_with_the_later_place)
{
    struct places places = none;
    struct test_source source;
    const struct place later = place_of(99);
    if (!test_source_init(&source, SOURCE_BYTES))
        return;
    for (uintptr_t number = 1; number <= 20; number++)
        CHECK(add(&places, &source, number));
    CHECK(add_at(&places, &source.source, address(5), 3, &later));
    CHECK_EQ(places.count, 20);
    CHECK_EQ(qi_places_find(&places, address(5))->bytes, 3);
    CHECK_EQ(qi_places_find(&places, address(5))->place.line, 99);
    qi_places_remove(&places, address(5));
    CHECK_EQ(qi_places_find(&places, address(5)), NULL);
    check_table(&places);
    end(&places, &source);
}

TEST(test_places_cleared_are_gone_and_table_stays)
{
    struct places places = none;
    struct test_source source;
    if (!test_source_init(&source, SOURCE_BYTES))
        return;
    for (uintptr_t number = 1; number <= FEW_BLOCKS; number++)
        CHECK(add(&places, &source, number));
    qi_places_clear(&places);
    CHECK_EQ(places.count, 0);
    check_table(&places);
    CHECK(add(&places, &source, 3));
    CHECK(is_there(&places, 3));
    CHECK_EQ(source.acquires, 1);
    end(&places, &source);
}

/* Numbers whose search begins at the same entry as that of number, in a table of this size; the multiplication by 2^32
 * over the golden ratio makes them rare, so they are looked for by asking a table with a single block where it lies. */
static size_t entry_of(struct places *places, const struct test_source *source, uintptr_t number)
{
    size_t index;
    CHECK(add(places, source, number));
    index = (size_t)(qi_places_find(places, address(number)) - places->entries);
    qi_places_remove(places, address(number));
    return index;
}

enum { COLLIDING = 12 };

/* Removes the blocks in an order that order decides, and looks after each for those that are left. */
static void remove_all(struct places *places, const uintptr_t *numbers, uint32_t order)
{
    unsigned left = (1u << COLLIDING) - 1;
    test_seed(order);
    while (left != 0 && !test_is_over()) {
        const unsigned gone = (unsigned)test_random_below(COLLIDING);
        if ((left >> gone & 1) == 0)
            continue;
        qi_places_remove(places, address(numbers[gone]));
        left &= ~(1u << gone);
        for (unsigned i = 0; i < COLLIDING; i++)
            CHECK_EQ(is_there(places, numbers[i]), (left >> i & 1) != 0);
        check_table(places);
    }
}

static void check_collisions(bool at_the_end)
{
    struct places places = none;
    struct test_source source;
    uintptr_t numbers[COLLIDING];
    if (!test_source_init(&source, SOURCE_BYTES))
        return;
    const size_t some = entry_of(&places, &source, 1), first = at_the_end ? places.capacity - 3 : some;
    unsigned found = 0;
    for (uintptr_t number = 1; found < COLLIDING && number < 10000; number++) {
        const size_t index = entry_of(&places, &source, number);
        if (index == first || index == first + 1) /* two groups, one in the way of the other */
            numbers[found++] = number;
    }
    REQUIRE(found == COLLIDING);
    for (uint32_t order = 1; order <= 50 && !test_is_over(); order++) {
        for (unsigned i = 0; i < COLLIDING; i++)
            CHECK(add(&places, &source, numbers[(i + order) % COLLIDING]));
        remove_all(&places, numbers, order);
    }
    end(&places, &source);
}

TEST(test_places_that_collide_are_found_while_others_go)
{
    check_collisions(false);
}

TEST(test_places_that_collide_across_the_tables_end_are_found_while_others_go)
{
    check_collisions(true);
}

TEST(test_places_grow_and_keep_all)
{
    enum { MANY = 3000 };
    struct places places = none;
    struct test_source source;
    if (!test_source_init(&source, 120 * SOURCE_BYTES))
        return;
    for (uintptr_t number = 1; number <= MANY; number++)
        CHECK(add(&places, &source, number * 3));
    CHECK_EQ(places.count, MANY);
    CHECK_EQ(places.unknown, 0);
    check_table(&places);
    for (uintptr_t number = 1; number <= MANY; number++)
        CHECK(is_there(&places, number * 3));
    CHECK_EQ(qi_places_find(&places, address(1)), NULL);
    CHECK_EQ(source.releases + 1, source.acquires); /* each shorter table went back */
    end(&places, &source);
}

TEST(test_places_without_table_are_counted)
{
    struct places places = none;
    struct test_source source;
    if (!test_source_init(&source, SOURCE_BYTES))
        return;
    source.fail_odds = 256;
    CHECK(!add(&places, &source, 1));
    CHECK(!add(&places, &source, 2));
    CHECK_EQ(places.unknown, 2);
    CHECK_EQ(places.capacity, 0);
    qi_places_remove(&places, address(1));
    CHECK_EQ(places.unknown, 1);
    source.fail_odds = 0;
    CHECK(add(&places, &source, 3));
    CHECK(is_there(&places, 3));
    CHECK_EQ(places.unknown, 1);
    qi_places_clear(&places);
    CHECK_EQ(places.unknown, 0);
    end(&places, &source);
}

TEST(test_places_beyond_a_table_that_cannot_grow_are_counted)
{
    struct places places = none;
    struct test_source source;
    size_t added = 0;
    if (!test_source_init(&source, SOURCE_BYTES)) /* a second table has no room */
        return;
    for (uintptr_t number = 1; number <= 200; number++)
        added += add(&places, &source, number);
    CHECK_EQ(added, places.count);
    CHECK_EQ(added + places.unknown, 200);
    CHECK_EQ(added + 1, places.capacity); /* one must stay empty, or a search would not end */
    CHECK_EQ(qi_places_find(&places, address(200)), NULL);
    for (uintptr_t number = 1; number <= added; number++)
        CHECK(is_there(&places, number));
    check_table(&places);
    qi_places_remove(&places, address(1));
    CHECK(add(&places, &source, 200));
    CHECK(is_there(&places, 200));
    end(&places, &source);
}

TEST(test_places_random_calls_agree_with_array)
{
    enum { NUMBERS = 400 };
    struct places places = none;
    struct test_source source;
    uint8_t *model = test_memory(NUMBERS, 0);
    size_t count = 0;
    if (model == NULL || !test_source_init(&source, 12 * SOURCE_BYTES))
        return;
    for (unsigned i = 0; i < NUMBERS; i++)
        model[i] = 0;
    for (unsigned round = 0; round < 5000 * TEST_SCALE && !test_is_over(); round++) {
        const size_t index = test_random_below(NUMBERS);
        if (model[index] != 0) {
            CHECK(is_there(&places, index + 1));
            qi_places_remove(&places, address(index + 1));
        } else {
            CHECK_EQ(qi_places_find(&places, address(index + 1)), NULL);
            CHECK(add(&places, &source, index + 1));
        }
        count += model[index] != 0 ? (size_t)-1 : 1;
        model[index] ^= 1;
        CHECK_EQ(places.count, count);
        if (round % 64 == 0)
            check_table(&places);
    }
    for (unsigned i = 0; i < NUMBERS; i++)
        CHECK_EQ(is_there(&places, i + 1), model[i] != 0);
    end(&places, &source);
}

/* A source that takes nothing back keeps the shorter tables, and nothing else changes. */
TEST(test_places_on_source_without_release_grow)
{
    struct places places = none;
    struct test_source source;
    if (!test_source_init(&source, 20 * SOURCE_BYTES))
        return;
    source.source.release = NULL;
    for (uintptr_t number = 1; number <= 200; number++)
        CHECK(add(&places, &source, number));
    for (uintptr_t number = 1; number <= 200; number++)
        CHECK(is_there(&places, number));
    release(&places, &source.source);
    CHECK_EQ(source.releases, 0);
}

/* No machine has the memory for such a table. */
TEST(test_places_table_of_more_bytes_than_there_can_be_is_not_wanted)
{
    const struct place place = place_of(1);
    struct places places = none;

    places.capacity = SIZE_MAX / 4 / sizeof(struct place_entry) + 1;
    places.count = places.capacity - 1;
    CHECK_EQ(qi_places_wanted_bytes(&places), SIZE_MAX);
    CHECK(!qi_places_add(&places, address(1), 10, &place));
    CHECK_EQ(places.unknown, 1);
}

/* A kept chunk, say. */
TEST(test_places_use_more_memory_than_wanted)
{
    enum { BYTES = 4 * SOURCE_BYTES };
    struct places places = none, old;
    void *memory = test_memory(BYTES, 0);
    size_t added = 0;

    if (memory == NULL)
        return;
    qi_places_move(&places, memory, BYTES, &old);
    CHECK_EQ(old.memory_bytes, 0);
    CHECK_EQ(places.memory_bytes, BYTES);
    CHECK(places.capacity * sizeof(struct place_entry) <= BYTES);
    CHECK(places.capacity * sizeof(struct place_entry) * 2 > BYTES);
    for (uintptr_t number = 1; qi_places_wanted_bytes(&places) == 0; number++)
        added += qi_places_add(&places, address(number), 10 * number, NULL);
    CHECK_EQ(added, places.capacity / 4 * 3);
    CHECK_EQ(qi_places_wanted_bytes(&places), bits_round_up(2 * places.capacity * sizeof(struct place_entry), 4096));
    check_table(&places);
}
