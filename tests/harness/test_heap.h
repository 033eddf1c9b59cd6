/* SPDX-License-Identifier: MIT
 *
 * test_heap.h: what tests of heaps share. Heaps made with test_options() report misuse into one log, which must be
 * empty when a test ends: a test that provokes a report takes it out with expect_misuse(). The t_ functions call
 * their quarry_ namesakes, look at what the contract says of the result, and check the whole heap after every
 * call; their macros remember the caller's line for the message.
 */
#ifndef QUARRY_TEST_HEAP_H
#define QUARRY_TEST_HEAP_H

#include "quarry.h"
#include "test.h"

/* From check level 3 each block ends in a canary, at least so long, and where marks are for a host's tool, in a zone.
 * Neither is its user's. */
#define TEST_ZONES (QUARRY_MARK == QUARRY_MARK_ASAN || QUARRY_MARK == QUARRY_MARK_VALGRIND)
#define CANARY_BYTES                                                                                                   \
    ((size_t)(TEST_ZONES || (QUARRY_CHECK_LEVEL >= 3 && QUARRY_MARK != QUARRY_MARK_NONE) ? 2 * sizeof(void *)          \
              : QUARRY_CHECK_LEVEL >= 3                                                  ? sizeof(void *) + 1          \
                                                                                         : 0))

/* An address, to compare with others: without the tag that a pointer may carry. */
#define TEST_ADDRESS(pointer) ((uintptr_t)(pointer) & ~(QUARRY_MARK == QUARRY_MARK_MTE ? (uintptr_t)15 << 28 << 28 : 0))

/* Kinds of misuse are expected as sets of bits. */
#define KIND(kind) (1u << (kind))

struct misuse_log {
    unsigned count;
    struct quarry_misuse last;
};
extern struct misuse_log test_log;

/* How often a lock was taken, where that is the harness's: with QUARRY_LOCK_HOOK. */
extern unsigned test_locks;

/* The hook: records into test_log, whatever the context. */
void test_on_misuse(void *context, const struct quarry_misuse *misuse);
/* All defaults, and the hook. */
struct quarry_options test_options(void);

/* Exactly one report since the last call, of a kind in the set and of that heap. Empties the log. */
#define expect_misuse(heap, kinds) (test_called_from(__LINE__), expect_misuse_(heap, kinds))
bool expect_misuse_(const struct quarry_heap *heap, unsigned kinds);

/* A heap in a region of test memory with the hook, its start align_offset above a multiple of 64. NULL: the test
 * has been marked as skipped or failed, and must return. */
struct quarry_heap *test_heap(size_t region_bytes, size_t align_offset);

/* As many bytes as the machine has, but at most most_bytes, in whole 64s. */
size_t test_room(size_t most_bytes);

/* quarry_check(), and that what quarry_walk() shows adds up to what quarry_get_stats() says. */
#define check_heap(heap) (test_called_from(__LINE__), check_heap_(heap))
bool check_heap_(struct quarry_heap *heap);

/* No block, no byte used, and the largest free run is what it was at the start. */
#define expect_all_free(heap, largest_bytes) (test_called_from(__LINE__), expect_all_free_(heap, largest_bytes))
bool expect_all_free_(struct quarry_heap *heap, size_t largest_bytes);

size_t largest_free_bytes(const struct quarry_heap *heap);
struct quarry_stats stats_of(const struct quarry_heap *heap);
/* Equal but for peaks and failures, which a call that fails may change. */
bool stats_are_equal(const struct quarry_stats *a, const struct quarry_stats *b);
/* What the contract promises for a block of that usable size. */
size_t alignment_of_size(size_t usable_bytes);

#define t_malloc(heap, bytes)               (test_called_from(__LINE__), t_malloc_(heap, bytes))
#define t_calloc(heap, count, bytes)        (test_called_from(__LINE__), t_calloc_(heap, count, bytes))
#define t_realloc(heap, block, bytes)       (test_called_from(__LINE__), t_realloc_(heap, block, bytes))
#define t_aligned_alloc(heap, align, bytes) (test_called_from(__LINE__), t_aligned_alloc_(heap, align, bytes))
#define t_aligned_realloc(heap, block, align, bytes)                                                                   \
    (test_called_from(__LINE__), t_aligned_realloc_(heap, block, align, bytes))
#define t_free(heap, block)              (test_called_from(__LINE__), t_free_(heap, block))
#define t_free_sized(heap, block, bytes) (test_called_from(__LINE__), t_free_sized_(heap, block, bytes))
#define t_resize(heap, block, bytes)     (test_called_from(__LINE__), t_resize_(heap, block, bytes))
void *t_malloc_(struct quarry_heap *heap, size_t bytes);
void *t_calloc_(struct quarry_heap *heap, size_t count, size_t bytes);
void *t_realloc_(struct quarry_heap *heap, void *block, size_t bytes);
void *t_aligned_alloc_(struct quarry_heap *heap, size_t align_bytes, size_t bytes);
void *t_aligned_realloc_(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes);
void t_free_(struct quarry_heap *heap, void *block);
void t_free_sized_(struct quarry_heap *heap, void *block, size_t bytes);
bool t_resize_(struct quarry_heap *heap, void *block, size_t bytes);

#endif
