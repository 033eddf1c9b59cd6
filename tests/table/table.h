/* SPDX-License-Identifier: MIT
 *
 * table.h: the misuse table: what is found of each misuse, at which check level, by whom.
 *
 * A row of rows.h is a scene, SCENE(name) { ... }, which sets blocks up on scene->heap and then does the wrong thing.
 * What is seen of it is a cell: for each observer the kinds that it reports. Each observer looks at a heap of its own,
 * so that none spoils what another sees. A cell that is not as rows.h says is a failed test; docs/misuse.md shows the
 * same rows. Where nobody reports anything, the heap must be sound, and give all its memory back.
 */
#ifndef QUARRY_TABLE_H
#define QUARRY_TABLE_H

#include "test_source.h"
#include "whole.h"

#define SMALL_BYTES ((size_t)24)
#define LARGE_BYTES ((size_t)(sizeof(void *) > 4 ? 5000u : 1100u))
#define HUGE_BYTES  (SMALLEST_CHUNK_BYTES + 100)
#define SCENE_BYTES ((size_t)(sizeof(void *) > 4 ? 32768u : 8192u))

/* Eight bits for each observer: a set of kinds, whose bit 0 no kind has. */
typedef uint64_t table_cell_t;

enum observer {
    BY_CALL,  /* the call that does the wrong thing */
    BY_NEXT,  /* the next call, whichever and with whatever block */
    BY_FREE,  /* a free of the block that was written beyond, or whose end was hit from the block behind it */
    BY_CHECK, /* quarry_check() */
    BY_WALK,  /* quarry_walk() */
    BY_REUSE, /* a call that takes the memory anew */
    OBSERVERS
};

#define CELL(observer, kinds) ((table_cell_t)(kinds) << (8 * (observer)))
#define CALL(kinds)           CELL(BY_CALL, kinds)
#define NEXT(kinds)           CELL(BY_NEXT, kinds)
#define FREE(kinds)           CELL(BY_FREE, kinds)
#define CHECK_(kinds)         CELL(BY_CHECK, kinds)
#define WALK(kinds)           CELL(BY_WALK, kinds)
#define REUSE(kinds)          CELL(BY_REUSE, kinds)

#define DOUBLE_FREE      KIND(QUARRY_DOUBLE_FREE)
#define INVALID_POINTER  KIND(QUARRY_INVALID_POINTER)
#define WRONG_SIZE       KIND(QUARRY_WRONG_SIZE)
#define OVERRUN          KIND(QUARRY_OVERRUN)
#define WRITE_AFTER_FREE KIND(QUARRY_WRITE_AFTER_FREE)
#define CORRUPT          KIND(QUARRY_CORRUPT)
#define REENTRY          KIND(QUARRY_REENTRY)

/* Cells of other words. */
#define NOT_RUN     (~(table_cell_t)0) /* undefined: it might harm the test */
#define NOT_SEEN    ((table_cell_t)0)  /* no report; the heap stays sound */
#define OTHER_FREED CELL(BY_CALL, 1)   /* no report; the block that has the address now was freed */
#define REFUSED     CELL(BY_NEXT, 1)   /* what the source gave is not used */
#define FILL_READ   CELL(BY_FREE, 1)   /* the reader sees the fill */
#define SURVIVES    CELL(BY_CHECK, 1)  /* reported, or without effect */
#define NO_PROMISE  CELL(BY_WALK, 1)

struct scene {
    struct quarry_heap *heap;
    struct test_source source; /* of heaps on a source */
    size_t largest_bytes;      /* when the heap was empty */
    void *kept[40];            /* live blocks, which are freed at the end */
    unsigned kept_count;
    unsigned char *victim; /* what BY_FREE frees; NULL: nothing */
    size_t reuse_bytes;    /* what BY_REUSE asks for, again and again; 0: nothing */
    table_cell_t said;     /* cells of other words come from the scene itself */
};

#define SCENE(name) void scene_##name(struct scene *scene)

/* Where a scene's heap lies. NOWHERE: the scene makes it. */
enum place { ON_REGION, ON_SOURCE, NOWHERE };

#include "rows.h"

#define TABLE_DECLARE(name, place, text, at0, at1, at2, at3, at4) SCENE(name);
TABLE_ROWS(TABLE_DECLARE)

/* A live block; NULL: the test has failed, and the scene must return. */
void *take(struct scene *scene, size_t bytes);
/* The same, filled with a pattern and freed at the end. */
void *keep(struct scene *scene, size_t bytes);
/* So many neighbours of bytes, each kept, without a gap: the first of them. NULL: as above. */
unsigned char *keep_neighbours(struct scene *scene, size_t bytes, unsigned count);
/* Not kept any longer. */
void *lose(struct scene *scene, void *block);
/* From a block to the next one of the same size: its usable bytes and its canary. */
size_t stride_of(const struct scene *scene, const void *block);
/* Changes each byte. */
void change_bytes(unsigned char *at, size_t bytes);
/* On a source of the scene's own. false: the test has failed. */
bool scene_begins_on(struct scene *scene, const struct quarry_source *source);
/* What blocks that were given back wait for has happened. */
void settle(struct scene *scene);
/* The first report since the last call, as a set of kinds: empty if there was none. */
unsigned take_reports(void);
/* With the hook behind take_reports(). */
struct quarry_options table_options(void);

/* The exhaustive test of control data: each bit of it is changed in turn, and after calls and checks each heap must
 * either have reported or be unaffected: no crash, no endless loop, no two blocks in one place. It counts what it did,
 * and what did not hold (which it fails the test with, too). The row control_data_bit shows it: no bit changed means
 * that nothing is promised. This one is weak: tests/table/flips.c replaces it. */
struct table_flips {
    size_t bits;     /* changed */
    size_t reported; /* of these, so many were */
    size_t broken;   /* crashed, looped, overlapped */
};
struct table_flips table_flip_every_bit(void);
/* A word at a time where both are aligned. */
void table_copy(void *to, const void *from, size_t bytes);

#endif
