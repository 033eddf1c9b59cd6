/* SPDX-License-Identifier: MIT
 *
 * part.h: the check and the walk a part at a time: quarry_check_some() and quarry_walk_some().
 *
 * Between two parts anything may happen to the heap, so a cursor is only an address from which to go on. All that lies
 * below it was looked at: the lists' heads first, then the first chunk, then the others in the order of addresses.
 * A block that was there all the time neither begins nor ends anywhere else, so it is looked at once. The address may
 * have come to lie inside a run that is new, or in a block that has grown: what is left of that is passed over, up to
 * where something starts.
 *
 *   before:   [ block A       ][ free                 ][ block B  ]      ^: where the cursor stands
 *                              ^
 *   after:    [ block A            ][ new   ][ free   ][ block B  ]      A was shown, B will be; new may be
 *                              ^----> passed over
 *
 * One part costs what its pages do, and a lookup; none of it grows with the heap.
 */
#ifndef QUARRY_PART_H
#define QUARRY_PART_H

#include "check.h"

/* pages: how many to look at, about; at least one. A run of small blocks is never parted. */
enum quarry_progress qi_part_check(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages);
enum quarry_progress qi_part_walk(const struct check_visitor *visitor, struct quarry_cursor *cursor, size_t pages);

#endif
