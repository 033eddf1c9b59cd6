/* SPDX-License-Identifier: MIT
 *
 * test_source.h: a page provider for tests. It deals out granules of 4,096 bytes of test memory, aligned to
 * QUARRY_PAGE_BYTES and to nothing more, and keeps a ledger of one byte a granule: every release, extend and
 * truncate must name a grant exactly as it stands. Faults are counted in errors, which tests want to be 0.
 */
#ifndef QUARRY_TEST_SOURCE_H
#define QUARRY_TEST_SOURCE_H

#include "test_heap.h"

#define GRANULE_BYTES 4096u
/* The smallest chunk that options allow. */
#define LEAST_CHUNK_BYTES ((size_t)4096)
/* What most tests use, so that they fit into small machines. */
#define SMALLEST_CHUNK_BYTES ((size_t)(sizeof(void *) > 4 ? 16384u : 4096u))
#define LARGEST_CHUNK_BYTES  ((size_t)64 << 20)

struct test_source {
    struct quarry_source source; /* to hand to quarry_create_from_source() */
    unsigned char *memory;
    unsigned char *ledger; /* 0: free; 1: a grant begins; 2: a grant goes on */
    size_t granules;
    size_t granted_bytes;
    size_t misalign_bytes; /* added to the next acquired address, which a heap must refuse */
    unsigned acquires;     /* calls, refused ones included */
    unsigned releases;
    unsigned extends;
    unsigned truncates;
    unsigned errors;
    unsigned fail_at;   /* acquire (or extend) number fail_at from now fails; 0: none */
    unsigned fail_odds; /* of 256 acquires or extends, so many fail */
    /* Called from each callback; a test of reentry sets it. */
    void (*during)(struct test_source *source);
    struct quarry_heap *heap; /* for during */
};

/* A source with bytes of memory (a multiple of GRANULE_BYTES) and all four callbacks. false: skipped. */
bool test_source_init(struct test_source *source, size_t bytes);
/* A heap on it with the hook, of the smallest chunk. NULL: the test has been marked as failed. */
struct quarry_heap *test_source_heap(struct test_source *source);
/* All that was granted has come back, if the source takes memory back, and without an error. */
#define expect_given_back(source) (test_called_from(__LINE__), expect_given_back_(source))
void expect_given_back_(const struct test_source *source);
/* No errors so far, and grants amount to what the heap says that it acquired. */
#define check_source(source, heap) (test_called_from(__LINE__), check_source_(source, heap))
void check_source_(const struct test_source *source, const struct quarry_heap *heap);

#endif
