/* SPDX-License-Identifier: MIT
 *
 * leaks.c: see leaks.h. Noting first, then printing, then the report.
 */
#include "leaks.h"

/* --- noting: what the source's callback does meanwhile is reported as ever --- */

bool qi_leaks_note(struct quarry_heap *heap, const void *block, size_t bytes, const struct place *place)
{
    uintptr_t saved = lock_enter(heap);
    qi_request_grow_table(heap);
    bool has_room = qi_places_add(&request_in(heap)->places, block, bytes, place);
    lock_leave(heap, saved);
    return has_room;
}

void qi_leaks_forget(struct quarry_heap *heap, const void *block)
{
    uintptr_t saved = lock_enter(heap);
    qi_places_remove(&request_in(heap)->places, block);
    lock_leave(heap, saved);
}

/* --- printing --- */

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

static void print_place(const char *file, uint32_t line)
{
    quarry_print(file);
    quarry_print("(");
    print_number(line);
    quarry_print(")");
}

static void print_sum(size_t blocks, size_t bytes, const char *what)
{
    print_number(blocks);
    quarry_print(blocks == 1 ? " block, " : " blocks, ");
    print_number(bytes);
    quarry_print(bytes == 1 ? " byte " : " bytes ");
    quarry_print(what);
}

static void print_leaks_of(const struct place *place, size_t blocks, size_t bytes)
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
    print_sum(blocks, bytes, "not freed\n");
}

/* --- the report --- */

/* Either may be NULL. One text may lie at two addresses: each file that includes a header has the header's name. */
static bool texts_are_equal(const char *a, const char *b)
{
    if (a == b || a == NULL || b == NULL)
        return a == b;
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

static bool places_are_equal(const struct place *a, const struct place *b)
{
    return a->line == b->line && a->orig_line == b->orig_line && texts_are_equal(a->file, b->file) &&
           texts_are_equal(a->orig_file, b->orig_file);
}

/* The index, from first on, of a block that was asked for at the place; the capacity: there is none. */
static size_t next_of_place(const struct places *places, size_t first, const struct place *place)
{
    const struct place_entry *entries = places->entries;
    while (first < places->capacity &&
           (entries[first].block == NULL || !places_are_equal(&entries[first].place, place)))
        first++;
    return first;
}

/* Prints a line for the blocks from first on that were asked for where the block at first was. */
static void report_place(const struct places *places, size_t first)
{
    const struct place *place = &places->entries[first].place;
    size_t blocks = 0, bytes = 0;
    for (size_t i = first; i < places->capacity; i = next_of_place(places, i + 1, place)) {
        blocks++;
        bytes += places->entries[i].bytes;
    }
    print_leaks_of(place, blocks, bytes);
}

void qi_leaks_report(const struct places *places)
{
    size_t blocks = 0, bytes = 0;
    for (size_t i = 0; i < places->capacity; i++) {
        const struct place_entry *entry = &places->entries[i];
        if (entry->block == NULL)
            continue;
        blocks++;
        bytes += entry->bytes;
        if (next_of_place(places, 0, &entry->place) == i) /* no line has said the place */
            report_place(places, i);
    }
    if (places->unknown != 0) {
        print_number(places->unknown);
        quarry_print(places->unknown == 1 ? " more block" : " more blocks");
        quarry_print(" had no room in the table\n");
    }
    if (blocks != 0)
        print_sum(blocks, bytes, "not freed in all\n");
}

/* Is the block of an entry live, and as long as the entry says? */
static bool is_live(struct quarry_heap *heap, const struct place_entry *entry)
{
    struct heap_block block;
    uintptr_t saved = lock_enter(heap);
    unsigned wrong = debug_find(heap, entry->block, 1, &block);
    bool live = wrong == QUARRY_OVERRUN || (wrong == 0 && debug_usable_bytes(heap, &block) >= entry->bytes);
    lock_leave(heap, saved);
    return live;
}

void qi_leaks_report_live(struct quarry_heap *heap)
{
    struct places *places = &request_in(heap)->places;
    for (size_t i = 0; i < places->capacity;) {
        const struct place_entry *entry = &places->entries[i];
        if (entry->block != NULL && !is_live(heap, entry))
            qi_places_remove(places, entry->block); /* another entry may move to its place */
        else
            i++;
    }
    qi_leaks_report(places);
}
