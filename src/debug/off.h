/* SPDX-License-Identifier: MIT
 *
 * off.h: the functions of on.h without debugging: what the core does, or nothing.
 */
#ifndef QUARRY_OFF_H
#define QUARRY_OFF_H

#include "../part.h"

enum { DEBUG_FILLS = 0, DEBUG_HAS_HOT = 1, DEBUG_BEHIND_BYTES = 0, DEBUG_REGION_BYTES = 0 };

_Static_assert(sizeof(void *) != 4 || QUARRY_PAGE_BYTES != 64 || CONTROL_SPARE_MAPS != 0 ||
                       sizeof(struct quarry_heap) - CORES_BYTES <= (QUARRY_LOCK == QUARRY_LOCK_SMP ? 388 : 384),
               "a small heap's fixed control data stays small");

#define debug_nothing(...) ((void)(__VA_ARGS__))

/* --- hot paths --- */

#define debug_hot_bytes(bytes)                             (bytes)
#define debug_hot_address(address)                         (address)
#define debug_hot_may_free(address)                        ((void)(address), true)
#define debug_hot_allocated(heap, slot, bytes, slot_bytes) ((void)(bytes), (slot))
#define debug_hot_freed(heap, address, bytes)              ((void)(heap), (void)(address))

/* --- blocks --- */

#define debug_request(bytes)                        (bytes)
#define debug_allocate(heap, bytes, align_bytes)    qi_heap_allocate(heap, bytes, align_bytes)
#define debug_allocate_from_more(heap, bytes)       qi_heap_allocate_from_more(heap, bytes, 1)
#define debug_allocate_small_from_more(heap, bytes) qi_heap_allocate_small_from_more(heap, bytes, 1)
#define debug_find(heap, address, level, block)     qi_heap_locate(heap, address, level, block)
#define debug_free(heap, address, block)            ((void)(address), qi_heap_free(heap, block))
#define debug_resize(heap, block, address, bytes, is_lent)                                                             \
    ((void)(is_lent), (qi_heap_resize(heap, block, bytes) || (cache_flush(heap) && qi_heap_resize(heap, block, bytes))))
#define debug_place(heap, block, address, bytes, align_bytes) qi_heap_place(heap, block, address, bytes, align_bytes)
#define debug_usable_bytes(heap, block)                       ((void)(heap), qi_heap_whole_bytes(block))
#define debug_widen(heap, address, block)                     qi_heap_whole_bytes(block)
#define debug_good_bytes(heap, bytes)                         qi_heap_good_bytes(heap, bytes)
#define debug_size_fits(heap, block, bytes)                   qi_heap_size_fits(heap, block, bytes)
#define debug_write_end(heap, start, whole, bytes)            debug_nothing(heap)
#define debug_stays_in_place(heap, block, old_bytes, bytes)   ((old_bytes) == quarry_good_size(heap, bytes))

/* --- heaps --- */

#define debug_begin(heap)                       cache_begin(heap)
#define debug_end(heap)                         cache_stop(heap)
#define debug_hand_back(heap)                   false
#define debug_region_freed(memory, bytes)       debug_nothing(memory)
#define debug_after_call(heap)                  debug_nothing(heap)
#define debug_flush(heap)                       ((void)cache_flush(heap))
#define debug_room_bytes(bytes)                 (bytes)
#define debug_set_figures(heap, stats)          debug_nothing(heap)
#define debug_used_bytes                        heap_used_bytes
#define debug_used_peak_bytes                   heap_used_peak_bytes
#define debug_forget_peak(heap)                 debug_nothing(heap)
#define debug_check(heap)                       (debug_flush(heap), qi_check_heap(heap))
#define debug_check_some(heap, cursor, pages)   qi_part_check(heap, cursor, pages)
#define debug_walk(visitor)                     qi_check_walk((visitor)->heap, (visitor)->visit, (visitor)->context)
#define debug_walk_some(visitor, cursor, pages) qi_part_walk(visitor, cursor, pages)

/* --- nested heaps --- */

#define debug_lend(heap, block, bytes)        (block)
#define debug_return(heap, block, bytes)      debug_nothing(heap)
#define debug_resize_lent(heap, block, bytes) quarry_resize(heap, block, bytes)

#endif
