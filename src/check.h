/* SPDX-License-Identifier: MIT
 *
 * check.h: looks at everything: quarry_walk() and quarry_check().
 *
 * Both go through every page of every chunk by the page codes. The check asserts the invariants numbered in chunk.h,
 * run.h, bin.h, source.h and heap.h. Its cost grows with the heap; it needs no memory and changes nothing.
 */
#ifndef QUARRY_CHECK_H
#define QUARRY_CHECK_H

#include "heap.h"

/* One stretch of pages, as the codes say. */
struct check_stretch {
    struct chunk *chunk;
    size_t page, pages;
    unsigned code;
};

/* Who is shown blocks. */
struct check_visitor {
    const struct quarry_heap *heap;
    bool (*visit)(void *context, const struct quarry_block *block);
    void *context;
};

/* What the pages add up to. */
struct check_sums {
    size_t free_pages, free_runs, idle_bytes, used_bytes, blocks, chunks, chunk_bytes, capacity_bytes;
    size_t listed_runs[BIN_COUNT];
    bool current_seen[BIN_COUNT];
};

/* False, after a report, if the page codes make no sense. */
bool qi_check_walk(const struct quarry_heap *heap, bool (*visit)(void *context, const struct quarry_block *block),
                   void *context);

/* False after a report. */
bool qi_check_heap(const struct quarry_heap *heap);

/* --- of which part.c is made. Where it says nothing of a report, none was made. --- */

/* How many pages a run of small blocks with this code has; 0: none has it. */
size_t qi_check_run_pages(unsigned code);

/* Reads the stretch that starts at stretch->page; false if its code or length makes no sense. */
bool qi_check_read(struct check_stretch *stretch);

/* The run of small blocks that a stretch is. */
BITS_INLINE struct bin_run check_run_of(const struct check_stretch *stretch)
{
    struct bin_run run = {stretch->chunk, stretch->page, stretch->code};
    return run;
}

/* Shows a live block of so many bytes, a huge block or idle memory; or all that a stretch holds.
 * False: the visitor has seen enough. */
bool qi_check_show_huge(const struct check_visitor *visitor, const struct chunk *chunk);
bool qi_check_show(const struct check_visitor *visitor, const struct check_stretch *stretch);

/* Is what no sum of blocks or pages says undamaged? S3 */
bool qi_check_seals(const struct quarry_heap *heap);

/* V1, V2: idle memory, but for what lies in it. */
bool qi_check_idle(const struct quarry_heap *heap, const struct added_chunk *part);

/* What a chunk says of itself, and where it is found. */
bool qi_check_chunk_head(const struct quarry_heap *heap, struct chunk *chunk);

/* C3, B2, B3 */
bool qi_check_small_run(const struct quarry_heap *heap, const struct check_stretch *stretch, struct check_sums *sums);

/* R1, R4, C4: what a free run's first and last page say, and the links in it. */
bool qi_check_free_ends(const struct quarry_heap *heap, const struct check_stretch *stretch);

/* C2: pages from first to before end hold nothing, or stale inner codes. */
bool qi_check_nothing(const struct chunk *chunk, size_t first, size_t end);

#endif
