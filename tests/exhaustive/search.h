/* SPDX-License-Identifier: MIT
 *
 * search.h: breadth first through all states of a scope.
 *
 * Level n holds the states that n calls reach and no fewer, each once. So when the search stops after n levels, every
 * sequence of n calls has been made, up to states that are the same; and when a level is empty, every sequence of any
 * length. States stand in a table of 128-bit keys; only a level's own states are kept as a whole.
 */
#ifndef QUARRY_EXHAUSTIVE_SEARCH_H
#define QUARRY_EXHAUSTIVE_SEARCH_H

#include "scope.h"

struct found {
    size_t states;
    size_t calls;   /* from all states on, each answer of the source a call of its own */
    unsigned depth; /* calls in a row */
    bool closed;    /* no call leads to a new state */
};

/* most_depth 0: until it closes. */
struct found search(const struct scope *scope, unsigned most_depth);

#endif
