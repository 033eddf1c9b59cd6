/* SPDX-License-Identifier: MIT
 *
 * quarry_ring_config.h: the library's events go into the ring. Options of yours may stand beside them.
 */
#include "quarry_ring.h"

#define QUARRY_ON_ALLOC(heap, block, bytes, caller) quarry_ring_write(QUARRY_RING_ALLOC, NULL, block, bytes, caller)
#define QUARRY_ON_FREE(heap, block, caller)         quarry_ring_write(QUARRY_RING_FREE, block, NULL, 0, caller)
#define QUARRY_ON_RESIZE(heap, old, block, bytes, caller)                                                              \
    quarry_ring_write(QUARRY_RING_RESIZE, old, block, bytes, caller)
#define QUARRY_ON_FAIL(heap, bytes, caller) quarry_ring_write(QUARRY_RING_FAIL, NULL, NULL, bytes, caller)
