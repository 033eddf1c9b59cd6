/* SPDX-License-Identifier: MIT
 *
 * calls.h: the calls that lead from one state to others, and the judgement of their answers.
 *
 * A call is judged by what was known of the state before it: where a block may lie and how it must be aligned, that
 * other blocks keep what they hold, that a figure moves by just what it must, and that NULL or false is justified. The
 * last is strict: a request that largest_free_bytes promises, or that a free slot of its size would hold, must be
 * served; shrinking and growing into the free run behind must succeed; a heap on a source may fail only if the source
 * has refused.
 */
#ifndef QUARRY_EXHAUSTIVE_CALLS_H
#define QUARRY_EXHAUSTIVE_CALLS_H

#include "observe.h"

enum call_kind {
    CALL_TAKE,
    CALL_FREE,
    CALL_FREE_SIZED,
    CALL_REALLOC,
    CALL_RESIZE,
    CALL_ADD_REGION,
    CALL_RESET,
    CALL_TRIM,
    CALL_KINDS
};

/* All of a call in one word, so that the way to a state is a chain of words. */
struct call {
    uint32_t kind : 4, block : 8, request : 4, refuse : ANSWERS_MOST;
};

/* Takes the blocks that stay. */
void calls_begin(const struct scope *scope);

/* Adds a block that a call returned to the model. */
void calls_add_block(const unsigned char *pointer, const struct request *request);

/* The call after this one, first those of kind 0; false: there is none more. refuse is not touched. */
bool calls_next(const struct scope *scope, struct call *call);

/* May it be made in the state in memory? */
bool calls_are_possible(const struct scope *scope, const struct call *call);

/* Makes a call in the state in memory, which becomes the next; ends the search if the answer is wrong. */
void calls_make(const struct scope *scope, const struct call *call, const struct known *known,
                const struct image *before);

/* Prints it; blocks are counted by address. */
void calls_show(const struct scope *scope, const struct call *call);

#endif
