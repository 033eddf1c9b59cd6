/* SPDX-License-Identifier: MIT
 *
 * places.c: see places.h. The table first, then the report.
 */
#include "places.h"

#include "../bytes.h"
#include "../units.h"
#include "quarry/emalloc.h"

/* --- the table --- */

static size_t table_bytes(size_t capacity)
{
    return bits_round_up(capacity * sizeof(struct place_entry), UNITS_SOURCE_BYTES);
}

/* Where the search for a block begins: bits of its product with 2^32 divided by the golden ratio. (Donald Knuth, The
 * Art of Computer Programming, volume 3, section 6.4.) */
static size_t first_index(const struct places *places, const void *block)
{
    uint32_t mixed = (uint32_t)((uintptr_t)block >> UNITS_GRANULE_SHIFT) * 2654435769u;
    return (mixed ^ mixed >> 15) & (places->capacity - 1);
}

static size_t next_index(const struct places *places, size_t index)
{
    return (index + 1) & (places->capacity - 1);
}

/* A block that is there already was freed by a function that knows nothing of places. */
static void insert(struct places *places, const struct place_entry *entry)
{
    size_t index = first_index(places, entry->block);
    while (places->entries[index].block != NULL && places->entries[index].block != entry->block)
        index = next_index(places, index);
    places->count += places->entries[index].block == NULL;
    qi_bytes_copy(&places->entries[index], entry, sizeof *entry);
}

bool qi_places_have_room(const struct places *places)
{
    return places->count + 1 < places->capacity;
}

size_t qi_places_wanted_bytes(const struct places *places)
{
    if (places->count < places->capacity / 4 * 3)
        return 0;
    if (places->capacity > SIZE_MAX / 8 / sizeof(struct place_entry))
        return SIZE_MAX;
    return places->capacity == 0 ? UNITS_SOURCE_BYTES : table_bytes(2 * places->capacity);
}

void qi_places_move(struct places *places, void *memory, size_t memory_bytes, struct places *old)
{
    size_t capacity = 1;
    while (2 * capacity * sizeof(struct place_entry) <= memory_bytes)
        capacity *= 2;
    qi_bytes_copy(old, places, sizeof *old);
    places->entries = memory;
    places->memory_bytes = memory_bytes;
    places->capacity = capacity;
    places->count = 0;
    qi_bytes_clear(places->entries, capacity * sizeof *places->entries);
    for (size_t i = 0; i < old->capacity; i++) {
        if (old->entries[i].block != NULL)
            insert(places, &old->entries[i]);
    }
}

bool qi_places_add(struct places *places, const void *block, size_t bytes, const struct place *place)
{
    struct place_entry entry;
    if (!qi_places_have_room(places)) {
        places->unknown++;
        return false;
    }
    qi_bytes_clear(&entry, sizeof entry);
    entry.block = block;
    entry.bytes = bytes;
    if (place != NULL)
        qi_bytes_copy(&entry.place, place, sizeof *place);
    insert(places, &entry);
    return true;
}

/* Where a block's entry stands; the capacity: nowhere. An index, as a difference of pointers would be divided. */
static size_t index_of(const struct places *places, const void *block)
{
    if (places->capacity == 0)
        return 0;
    size_t index = first_index(places, block);
    while (places->entries[index].block != block) {
        if (places->entries[index].block == NULL)
            return places->capacity;
        index = next_index(places, index);
    }
    return index;
}

struct place_entry *qi_places_find(const struct places *places, const void *block)
{
    const size_t index = index_of(places, block);
    return index < places->capacity ? &places->entries[index] : NULL;
}

/* Does an entry whose search begins at first still get found in place gap, if it stands at index? */
static bool may_fill(size_t first, size_t gap, size_t index)
{
    return gap <= index ? first <= gap || first > index : first <= gap && first > index;
}

void qi_places_remove(struct places *places, const void *block)
{
    size_t gap = index_of(places, block);
    if (gap == places->capacity) {
        if (places->unknown != 0)
            places->unknown--;
        return;
    }
    places->count--;
    /* Entries behind the gap move up, as far as their search does not begin behind it: (P2). */
    for (size_t i = next_index(places, gap); places->entries[i].block != NULL; i = next_index(places, i)) {
        if (may_fill(first_index(places, places->entries[i].block), gap, i)) {
            qi_bytes_copy(&places->entries[gap], &places->entries[i], sizeof places->entries[i]);
            gap = i;
        }
    }
    qi_bytes_clear(&places->entries[gap], sizeof places->entries[gap]);
}

bool qi_places_meet(const struct places *places, const void *start, size_t bytes)
{
    uintptr_t first = (uintptr_t)start, table = (uintptr_t)places->entries;
    return first - table < places->memory_bytes || (places->memory_bytes != 0 && table - first < bytes);
}

void qi_places_clear(struct places *places)
{
    qi_bytes_clear(places->entries, places->capacity * sizeof *places->entries);
    places->count = 0;
    places->unknown = 0;
}

/* --- the report --- */

__attribute__((weak)) void quarry_print(const char *text)
{
    (void)text;
}

enum { DIGITS = sizeof(size_t) == 8 ? 20 : 10 };

/* By subtraction, because a division is a library call on small CPUs. */
static void print_number(size_t number)
{
    size_t powers[DIGITS];
    char text[DIGITS + 1], *at = text;
    powers[0] = 1;
    for (unsigned i = 1; i < DIGITS; i++)
        powers[i] = powers[i - 1] * 10;
    for (unsigned i = DIGITS; i-- > 0;) {
        char digit = '0';
        for (; number >= powers[i]; number = bits_unknown(number - powers[i]))
            digit++;
        if (digit != '0' || at != text || i == 0)
            *at++ = digit;
    }
    *at = '\0';
    quarry_print(text);
}

static int compare_texts(const char *a, const char *b)
{
    if (a == b || a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return (*a > *b) - (*a < *b);
}

static int compare_places(const struct place *a, const struct place *b)
{
    int files = compare_texts(a->file, b->file), orig_files = compare_texts(a->orig_file, b->orig_file);
    return files != 0           ? files
           : a->line != b->line ? (a->line > b->line) - (a->line < b->line)
           : orig_files != 0    ? orig_files
                                : (a->orig_line > b->orig_line) - (a->orig_line < b->orig_line);
}

static void swap(struct place_entry *a, struct place_entry *b)
{
    struct place_entry kept;
    qi_bytes_copy(&kept, a, sizeof kept);
    qi_bytes_copy(a, b, sizeof kept);
    qi_bytes_copy(b, &kept, sizeof kept);
}

/* Lets an entry sink below the larger ones of the heap entries[0 .. count - 1]. */
static void sink(struct place_entry *entries, size_t count, size_t index)
{
    for (size_t child = 2 * index + 1; child < count; child = 2 * index + 1) {
        if (child + 1 < count && compare_places(&entries[child].place, &entries[child + 1].place) < 0)
            child++;
        if (compare_places(&entries[index].place, &entries[child].place) >= 0)
            return;
        swap(&entries[index], &entries[child]);
        index = child;
    }
}

/* Heapsort: it needs no memory and no stack. (J. W. J. Williams, "Algorithm 232: Heapsort", 1964.) */
static void sort(struct place_entry *entries, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sink(entries, count, i);
    while (count > 1) {
        swap(&entries[0], &entries[--count]);
        sink(entries, count, 0);
    }
}

static void print_place(const char *file, uint32_t line)
{
    quarry_print(file);
    quarry_print("(");
    print_number(line);
    quarry_print(")");
}

static void print_sum(size_t blocks, const char *what, size_t bytes)
{
    print_number(blocks);
    quarry_print(blocks == 1 ? " block, " : " blocks, ");
    print_number(bytes);
    quarry_print(bytes == 1 ? " byte " : " bytes ");
    quarry_print(what);
}

static void print_group(const struct place *place, size_t blocks, size_t bytes)
{
    if (place->file == NULL)
        quarry_print("unknown place");
    else
        print_place(place->file, place->line);
    if (place->orig_file != NULL) {
        quarry_print(", through ");
        print_place(place->orig_file, place->orig_line);
    }
    quarry_print(": ");
    print_sum(blocks, "not freed\n", bytes);
}

void qi_places_report(struct places *places)
{
    struct place_entry *entries = places->entries;
    size_t count = 0, bytes = 0;
    for (size_t i = 0; i < places->capacity; i++) {
        if (entries[i].block != NULL && i != count++)
            swap(&entries[i], &entries[count - 1]);
    }
    sort(entries, count);
    for (size_t first = 0, i = 0; i < count; first = i) {
        size_t group_bytes = 0;
        for (; i < count && compare_places(&entries[first].place, &entries[i].place) == 0; i++)
            group_bytes += entries[i].bytes;
        print_group(&entries[first].place, i - first, group_bytes);
        bytes += group_bytes;
    }
    if (places->unknown != 0) {
        print_number(places->unknown);
        quarry_print(places->unknown == 1 ? " more block" : " more blocks");
        quarry_print(" had no room in the table\n");
    }
    if (count != 0)
        print_sum(count, "not freed in all\n", bytes);
}
