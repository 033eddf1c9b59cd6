/* SPDX-License-Identifier: MIT
 *
 * places.c: see places.h.
 */
#include "places.h"

#include "../bytes.h"
#include "../units.h"

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
