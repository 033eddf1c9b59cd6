/* SPDX-License-Identifier: MIT
 *
 * later.h: what the tests of quarry_free_later() share.
 */
#ifndef QUARRY_TEST_LATER_H
#define QUARRY_TEST_LATER_H

#include "fixture.h"

/* More than there are entries, so that some are linked. FREES: in each call, as include/quarry.h says. */
enum { BLOCKS = 3 * QUARRY_FREE_LATER, FREES = 2 };

#define SOME_BYTES test_room(sizeof(void *) > 4 ? 65536 : 8192)

/* quarry_free_later() from a function whose address is known; the block. */
void *hand_in(struct quarry_heap *heap, void *block) __attribute__((noinline));

size_t live_blocks(struct quarry_heap *heap);

/* A call that frees, and changes nothing else. */
void call(struct quarry_heap *heap);

/* As many calls as so many blocks take to be freed. */
void let_all_be_freed(struct quarry_heap *heap, unsigned blocks);

#endif
