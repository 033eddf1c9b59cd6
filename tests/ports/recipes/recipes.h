/* SPDX-License-Identifier: MIT
 *
 * recipes.h: what the programs share that run the recipes of docs/recipes.md.
 *
 * Each program lets every request of its library pass through served(), which sees two faults that a library may
 * survive unnoticed: a request that was refused though the heap had room for it, and a block of another allocator.
 */
#ifndef QUARRY_TEST_RECIPES_H
#define QUARRY_TEST_RECIPES_H

#include <stdio.h>
#include <stdlib.h>

#include "quarry.h"

static unsigned recipe_passed, recipe_failed, recipe_requests;

static inline void recipe_check(bool holds, const char *text, const char *file, int line)
{
    if (!holds)
        printf("FAIL %s:%d: %s\n", file, line, text);
    recipe_failed += !holds;
    recipe_passed += holds;
}

#define CHECK(condition) recipe_check((condition), #condition, __FILE__, __LINE__)

static inline int recipe_verdict(void)
{
    printf("%u passed, %u failed\n", recipe_passed, recipe_failed);
    return recipe_failed != 0;
}

/* The answer to a request of bytes on heap. A fault ends the program, since what the library does then says nothing. */
static inline void *served(const struct quarry_heap *heap, void *block, size_t bytes)
{
    struct quarry_stats stats;
    recipe_requests++;
    quarry_get_stats(heap, &stats);
    if (block == NULL && stats.largest_free_bytes >= bytes)
        CHECK(!"the heap refused a request for which it has room");
    else if (block != NULL && !quarry_owns(heap, block))
        CHECK(!"a block is not the heap's");
    else
        return block;
    exit(recipe_verdict());
}

/* What must hold when the library has ended: so many requests were made at least, and no block is left. */
static inline void recipe_check_end(struct quarry_heap *heap, unsigned requests, size_t used_peak_bytes)
{
    struct quarry_stats stats;
    quarry_get_stats(heap, &stats);
    CHECK(recipe_requests >= requests);
    CHECK(stats.used_peak_bytes >= used_peak_bytes);
    CHECK(stats.blocks == 0);
    CHECK(quarry_check(heap));
}

#endif
