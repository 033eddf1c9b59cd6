/* SPDX-License-Identifier: MIT
 *
 * none.h: QUARRY_LOCK_NONE: calls on one heap do not overlap, since the caller sees to it. No instruction, no byte.
 */
#if QUARRY_LOCK == QUARRY_LOCK_NONE && QUARRY_CHECK_LEVEL < 3
#define LOCK_FIELD
#define lock_acquire(heap)        ((void)(heap), (uintptr_t)0)
#define lock_release(heap, saved) ((void)(heap), (void)(saved))
#define lock_overlaps(saved)      ((void)(saved), false)
#endif
