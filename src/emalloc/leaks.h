/* SPDX-License-Identifier: MIT
 *
 * leaks.h: notes where the blocks of a request heap were asked for, and reports those that were not freed.
 *
 * With QUARRY_TRACK every block is noted, and a tracked heap notes its blocks in any build. The report is text for
 * quarry_print(): a line for each place, in no order, and a line with the sum. Sorting is left to tools/leaks.py, so
 * that the target needs no code and no memory for it.
 *
 * Noting costs what the table costs. The report compares each block with one block of each place before it.
 */
#ifndef QUARRY_LEAKS_H
#define QUARRY_LEAKS_H

#include "request.h"

/* Notes a block; place NULL: unknown. False: the table has no room, and the block is only counted. */
bool qi_leaks_note(struct quarry_heap *heap, const void *block, size_t bytes, const struct place *place);

void qi_leaks_forget(struct quarry_heap *heap, const void *block);

/* Reports every block in the table. */
void qi_leaks_report(const struct places *places);

/* Reports the live blocks of a heap whose blocks are noted as the heap has them, and removes all others from the table:
 * a function of quarry.h has freed or resized them. */
void qi_leaks_report_live(struct quarry_heap *heap);

#endif
