/* SPDX-License-Identifier: MIT
 *
 * hook.h: QUARRY_LOCK_HOOK: two functions of the user's.
 */
#if QUARRY_LOCK == QUARRY_LOCK_HOOK
#define LOCK_FIELD
#define lock_acquire(heap)        quarry_lock_hook(heap)
#define lock_release(heap, saved) quarry_unlock_hook(heap, saved)
#define lock_overlaps(saved)      ((void)(saved), false)
#endif
