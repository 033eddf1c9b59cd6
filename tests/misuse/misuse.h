/* SPDX-License-Identifier: MIT
 *
 * misuse.h: one misuse, and the report expected for it beside it. MISUSE(name, kinds) { ... } is a test whose body
 * sets a scene on m->heap and returns the wrong pointer; the pointer is then given to every function that takes a
 * block. Each must report exactly once, one of the kinds, and change nothing: not the figures, not the contents of
 * the blocks that the body kept, not the soundness of the heap, which afterwards still works and gets empty.
 * MISUSE_ON_SOURCE is the same for heaps on a source, where blocks may be huge. A body that returns NULL ends the
 * test. The files of this folder are the list of what is caught.
 */
#ifndef QUARRY_MISUSE_H
#define QUARRY_MISUSE_H

#include "test_source.h"

#define SMALL_BYTES ((size_t)24)
#define LARGE_BYTES ((size_t)(sizeof(void *) > 4 ? 5000u : 1100u))
#define HUGE_BYTES  (SMALLEST_CHUNK_BYTES + 100)
/* Three large blocks and some small ones; on the smallest machine it leaves a few KB for other things. */
#define MISUSE_REGION_BYTES ((size_t)(sizeof(void *) > 4 ? 24576u : 6144u))

/* What a pointer to where a block began may be called once the block is gone: free memory has no exact starts. */
#define GONE (KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER))

struct misuse_case {
    struct quarry_heap *heap;
    struct test_source source; /* of MISUSE_ON_SOURCE */
    unsigned char *region;     /* of MISUSE */
    size_t largest_bytes;      /* when the heap was empty */
    void *kept[20];
    unsigned kept_count;
};

typedef const void *(*misuse_body)(struct misuse_case *m);

#define MISUSE(name, kinds)                                                                                            \
    static const void *name##_body(struct misuse_case *m);                                                             \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        misuse_run(name##_body, kinds, false);                                                                         \
    }                                                                                                                  \
    static const void *name##_body(struct misuse_case *m)
#define MISUSE_ON_SOURCE(name, kinds)                                                                                  \
    static const void *name##_body(struct misuse_case *m);                                                             \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        misuse_run(name##_body, kinds, true);                                                                          \
    }                                                                                                                  \
    static const void *name##_body(struct misuse_case *m)

void misuse_run(misuse_body body, unsigned kinds, bool on_source);

/* For tests that misuse many pointers in one scene: begin, keep blocks, misuse, end. */
bool misuse_begin(struct misuse_case *m, bool on_source);
void misuse_each_way(struct misuse_case *m, const void *pointer, unsigned kinds);
void misuse_end(struct misuse_case *m);

/* A live block of bytes, filled with a pattern, watched during the misuse and freed after it; NULL: test over. */
void *keep(struct misuse_case *m, size_t bytes);
/* A block of bytes that the body frees itself. NULL: test over. */
void *take(struct misuse_case *m, size_t bytes);

#endif
