/* SPDX-License-Identifier: MIT
 *
 * sequence.h: sequences of calls on one heap, short enough to be changed at random, and what each call of one takes.
 *
 * A sequence is a list of steps; a step is one public function, called some times with sizes or blocks that follow a
 * rule. The same sequence always makes the same calls and takes the same number of instructions.
 */
#ifndef WORST_SEQUENCE_H
#define WORST_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quarry.h"

enum function {
    F_MALLOC,
    F_CALLOC,
    F_REALLOC,
    F_ALIGNED_ALLOC,
    F_ALIGNED_REALLOC,
    F_FREE,
    F_FREE_SIZED,
    F_RESIZE,
    F_USABLE_SIZE,
    F_OWNS,
    F_GET_STATS,
    F_SET_LIMIT,
    F_TRIM,
    F_GOOD_SIZE,
    F_ADD_REGION,
    F_CREATE,
    /* calls that were answered NULL, or false: rows of their own, in the order of the functions */
    F_MALLOC_REFUSED,
    F_CALLOC_REFUSED,
    F_REALLOC_REFUSED,
    F_ALIGNED_ALLOC_REFUSED,
    F_ALIGNED_REALLOC_REFUSED,
    F_RESIZE_REFUSED,
    FUNCTIONS
};

extern const char *const function_names[FUNCTIONS];

/* The row of a function's refused calls; FUNCTIONS: has none. */
static inline enum function function_refused(enum function function)
{
    if (function <= F_ALIGNED_REALLOC)
        return (enum function)(F_MALLOC_REFUSED + function);
    return function == F_RESIZE ? F_RESIZE_REFUSED : FUNCTIONS;
}

enum unit { UNIT_GRANULE, UNIT_PAGE, UNIT_PART, UNITS }; /* two pointers, a page, 1/256 of the first region */
enum heaps { HEAPS_ONE, HEAPS_SEVERAL, HEAPS };          /* the first region only; regions were added */
enum { MOST_STEPS = 24, MOST_CALLS = 2000, REGION_SIZES = 8, STRIDE_RANDOM = 0 };

struct step {
    uint8_t function;
    uint8_t unit, size, spread, less; /* bytes: size to size + spread units, at random, less some bytes */
    uint8_t align_shift;
    int8_t stride;  /* from one block to the next, in the order of allocation; STRIDE_RANDOM: any */
    uint8_t from;   /* first block, in 1/256 of those allocated so far */
    uint16_t count; /* calls */
};

struct sequence {
    uint32_t seed;
    uint8_t region; /* index of region_bytes[] */
    uint8_t room;   /* another one, not above region: a first block takes what is more than that */
    uint8_t steps;
    struct step step[MOST_STEPS];
};

/* The call of a function that took most. */
struct peak {
    uint32_t instructions; /* without payload; 0: the function was not called */
    uint32_t call;         /* number of the call in the sequence, from 1; create is number 0 */
    uint16_t step, index;  /* the step, and which call of it, from 0 */
};

struct peaks {
    struct peak of[HEAPS][FUNCTIONS];
    uint32_t calls;
    uint64_t work; /* instructions, about, of all calls and of what is around them */
};

struct call {
    enum function function;
    size_t bytes, align_bytes;
    uint8_t *block;
    size_t block_bytes, first_bytes;
    bool several;
};

/* Sizes of the first region that this machine has room for, ascending; 0 after the last. */
extern size_t region_bytes[REGION_SIZES + 1];

/* Finds memory, starts the clock, and measures what copying and clearing take. False if it is not linear. */
bool sequence_init(void);

/* Makes the calls. If show is not NULL, it is told of the call of that number, which is not made, and the rest is
 * left. */
void sequence_run(const struct sequence *sequence, struct peaks *peaks, uint32_t stop,
                  void (*show)(struct quarry_heap *heap, const struct call *call));

/* What copying and clearing 64 bytes take. */
unsigned payload_copy_instructions(void);
unsigned payload_clear_instructions(void);

/* Deterministic numbers: xorshift. The state must not be 0. */
static inline uint32_t random_next(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

static inline uint32_t random_below(uint32_t *state, uint32_t limit)
{
    return (uint32_t)(((uint64_t)random_next(state) * limit) >> 32);
}

/* states.c: written by hand. */
extern const struct sequence states[];
extern const unsigned state_count;

/* describe.c: a state, a call and the steps that led to it, in words. */
void describe_call(struct quarry_heap *heap, const struct call *call);
void describe_steps(const struct sequence *sequence);
void print_plain(size_t number);

#endif
