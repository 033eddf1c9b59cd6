/* SPDX-License-Identifier: MIT
 *
 * scope.h: what a search covers: the memory of a heap, the requests that are made, how many blocks may live at once.
 *
 * A scope is a tiny heap and a short list of requests. The search makes every call with every request and every live
 * block from every state that is reached, so a scope must be small in all three: a few pages, a few sizes, a few
 * blocks. Together the scopes are to show each piece of the design: runs that fill and empty, merging at both ends,
 * runs of one class in a list, the idle run, the last pages, two regions, chunks that come and go, huge blocks.
 */
#ifndef QUARRY_EXHAUSTIVE_SCOPE_H
#define QUARRY_EXHAUSTIVE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "quarry.h"

enum { SCOPE_REQUESTS = 8 };

struct request {
    size_t bytes;
    size_t align_bytes; /* 0: quarry_malloc() and quarry_realloc(); else the calls with an alignment */
    bool is_zeroed;     /* quarry_calloc() */
};

/* What a source can do besides acquire. */
enum { CAN_RELEASE = 1, CAN_EXTEND = 2, CAN_TRUNCATE = 4, CAN_ALL = 7 };

struct bounds {
    unsigned depth;      /* calls in a row; 0: until no new state is found */
    size_t least_states; /* fewer are a failure: a search that explores nothing must not pass */
};

struct scope {
    const char *name;
    const char *what;
    size_t lead_bytes; /* the region's start lies so far behind a multiple of 64 */
    size_t first_pages, second_pages;
    unsigned frames; /* of 4,096 bytes: what the source has; 0: the heap is on regions */
    unsigned can;
    size_t pinned_bytes; /* so many blocks of this size are taken first and stay */
    unsigned pinned;
    unsigned most_blocks; /* that live at once, pinned ones apart */
    unsigned requests;
    struct request request[SCOPE_REQUESTS];
    struct bounds quick, full;
};

extern const struct scope scopes[];
extern const unsigned scope_count;

#endif
