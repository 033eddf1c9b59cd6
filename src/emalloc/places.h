/* SPDX-License-Identifier: MIT
 *
 * places.h: a table that says of each live block where it was asked for.
 *
 * It is a hash table by the block's address, with linear probing. The layer above gets the memory for it: no byte of it
 * lies in or between blocks. The table moves to twice the memory when three quarters of it are used. So a call costs a
 * few dozen instructions on average, and one call in many costs as much as the table is long. If there is no memory for
 * a longer table, the table is filled up, and further blocks are only counted.
 *
 * Invariants
 *   P1  count entries have a block; every other one is all zero
 *   P2  from the entry where a block's search begins up to its own there is no empty one
 *   P3  count < capacity, a power of two, or both are 0
 */
#ifndef QUARRY_PLACES_H
#define QUARRY_PLACES_H

#include "../bits.h"
#include "quarry.h"

/* A call. orig: in the wrapper that relayed it; NULL and 0: none did. */
struct place {
    const char *file, *orig_file; /* NULL: unknown */
    uint32_t line, orig_line;
};

/* What a function declared with ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC was told; NULL: nothing. */
#if QUARRY_TRACK
#define PLACE_GIVEN (&(const struct place){__zend_filename, __zend_orig_filename, __zend_lineno, __zend_orig_lineno})
#else
#define PLACE_GIVEN ((const struct place *)NULL)
#endif

struct place_entry {
    const void *block; /* NULL: empty */
    size_t bytes;      /* that were asked for */
    struct place place;
};

struct places {
    struct place_entry *entries;
    size_t capacity, count;
    size_t memory_bytes; /* at entries */
    size_t unknown;      /* blocks that have no entry */
};

/* How much memory the table should be moved to before a block is added; 0: it has room;
 * SIZE_MAX: more than there can be. */
size_t qi_places_wanted_bytes(const struct places *places);

/* Has it room for one more block where it is? */
bool qi_places_have_room(const struct places *places);

/* Moves the table to memory of at least so many bytes, and says in old where it was: memory_bytes at entries. */
void qi_places_move(struct places *places, void *memory, size_t memory_bytes, struct places *old);

/* place NULL: unknown. False: there is no room for an entry; the block is counted. */
bool qi_places_add(struct places *places, const void *block, size_t bytes, const struct place *place);

/* The entry of a block, or NULL; valid until the next call. */
struct place_entry *qi_places_find(const struct places *places, const void *block);

void qi_places_remove(struct places *places, const void *block);

/* Does the table lie anywhere in these bytes? */
bool qi_places_meet(const struct places *places, const void *start, size_t bytes);

/* Forgets all blocks. */
void qi_places_clear(struct places *places);

#endif
