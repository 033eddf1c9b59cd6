/* SPDX-License-Identifier: MIT
 *
 * states.c: states written by hand that may make a call expensive. The search tries them on every region size first,
 * and changes them like what it finds itself.
 *
 * Rows are sequences, lines in them steps. Blocks of 5 pages and more are large ones on every target.
 */
#include "sequence.h"

#define GRANULES(function, size, spread, count)                                                                        \
    {                                                                                                                  \
        function, UNIT_GRANULE, size, spread, 0, 0, 1, 0, count                                                        \
    }
#define PAGES(function, size, spread, count)                                                                           \
    {                                                                                                                  \
        function, UNIT_PAGE, size, spread, 0, 0, 1, 0, count                                                           \
    }
#define PARTS(function, size, count)                                                                                   \
    {                                                                                                                  \
        function, UNIT_PART, size, 0, 0, 0, 1, 0, count                                                                \
    }
#define EACH(function, from, stride, count)                                                                            \
    {                                                                                                                  \
        function, UNIT_GRANULE, 1, 0, 0, 0, stride, from, count                                                        \
    }
#define ALIGNED(function, size, shift, count)                                                                          \
    {                                                                                                                  \
        function, UNIT_PAGE, size, 0, 0, shift, 1, 0, count                                                            \
    }
#define ANY(function, unit, size, count)                                                                               \
    {                                                                                                                  \
        function, unit, size, 0, 0, 0, STRIDE_RANDOM, 0, count                                                         \
    }
#define STEPS(...) (sizeof((struct step[]){__VA_ARGS__}) / sizeof(struct step))
#define STATE(...)                                                                                                     \
    {                                                                                                                  \
        .seed = 1, .region = 1, .room = 1, .steps = STEPS(__VA_ARGS__), .step = { __VA_ARGS__ }                        \
    }

const struct sequence states[] = {
        /* the first blocks after create, of every bin, and their return */
        STATE(GRANULES(F_MALLOC, 1, 0, 1), EACH(F_FREE, 0, 1, 1)),
        STATE(GRANULES(F_MALLOC, 1, 127, 40), EACH(F_FREE, 0, 1, 40)),
        STATE(PAGES(F_MALLOC, 5, 0, 1), EACH(F_FREE, 0, 1, 1)),
        /* checkerboard of free runs, then frees that merge on both sides */
        STATE(PAGES(F_MALLOC, 5, 0, 400), EACH(F_FREE, 0, 2, 200), EACH(F_FREE, 1, 2, 200)),
        STATE(PAGES(F_MALLOC, 9, 8, 400), EACH(F_FREE, 0, 2, 200), EACH(F_FREE, 1, 2, 200)),
        STATE(PAGES(F_MALLOC, 255, 0, 100), EACH(F_FREE, 0, 2, 50), EACH(F_FREE, 1, 2, 50)),
        /* new runs of small blocks in a checkerboard, given back between two free runs */
        STATE(PAGES(F_MALLOC, 9, 4, 300), EACH(F_FREE, 0, 3, 100), EACH(F_FREE, 1, 3, 100),
              GRANULES(F_MALLOC, 1, 15, 30), EACH(F_FREE, 255, -1, 40)),
        /* a class whose list holds only runs that are too short */
        STATE(PAGES(F_MALLOC, 9, 0, 400), PAGES(F_MALLOC, 5, 0, 8), GRANULES(F_MALLOC, 1, 15, 200),
              EACH(F_FREE, 0, 2, 200), PAGES(F_MALLOC, 11, 0, 4)),
        STATE(PAGES(F_MALLOC, 33, 0, 120), GRANULES(F_MALLOC, 1, 15, 200), EACH(F_FREE, 0, 2, 60),
              PAGES(F_MALLOC, 47, 0, 4)),
        /* lists of runs with room, for every bin; the last block of a listed run */
        STATE(GRANULES(F_MALLOC, 1, 15, 600), EACH(F_FREE, 0, 3, 200), EACH(F_FREE, 1, 3, 200),
              GRANULES(F_MALLOC, 1, 15, 200)),
        STATE(GRANULES(F_MALLOC, 3, 0, 200), EACH(F_FREE, 0, 4, 50), EACH(F_FREE, 255, -1, 200)),
        STATE(GRANULES(F_MALLOC, 16, 0, 100), EACH(F_FREE, 0, 2, 50), EACH(F_FREE, 1, 2, 50)),
        /* one block of each of several bins, given back in turn: runs that stay without a block */
        STATE(PAGES(F_MALLOC, 9, 4, 60), EACH(F_FREE, 0, 2, 30), GRANULES(F_MALLOC, 1, 15, 12),
              EACH(F_FREE, 208, 1, 12)),
        /* nearly full, then random */
        STATE(PARTS(F_MALLOC, 60, 4), GRANULES(F_MALLOC, 1, 31, 500), ANY(F_FREE, UNIT_GRANULE, 1, 300),
              GRANULES(F_MALLOC, 1, 60, 200), ANY(F_FREE, UNIT_GRANULE, 1, 300)),
        STATE(PAGES(F_MALLOC, 5, 60, 200), ANY(F_FREE, UNIT_GRANULE, 1, 120), PAGES(F_MALLOC, 5, 30, 100),
              ANY(F_FREE, UNIT_GRANULE, 1, 200)),
        /* alignments beyond a page, in the middle of free runs */
        STATE(ALIGNED(F_ALIGNED_ALLOC, 5, 12, 40), ALIGNED(F_ALIGNED_ALLOC, 6, 13, 20), EACH(F_FREE, 0, 2, 30),
              ALIGNED(F_ALIGNED_REALLOC, 9, 13, 30)),
        /* growing, shrinking and moving */
        STATE(PAGES(F_MALLOC, 40, 0, 60), EACH(F_FREE, 0, 2, 30), PAGES(F_RESIZE, 9, 0, 60), PAGES(F_RESIZE, 70, 0, 60),
              PAGES(F_RESIZE, 41, 0, 60)),
        STATE(PAGES(F_MALLOC, 5, 0, 200), EACH(F_FREE, 0, 3, 67), PAGES(F_REALLOC, 9, 0, 100),
              GRANULES(F_REALLOC, 2, 0, 100), PAGES(F_REALLOC, 6, 0, 100)),
        STATE(GRANULES(F_CALLOC, 5, 0, 40), GRANULES(F_REALLOC, 6, 0, 40), GRANULES(F_REALLOC, 40, 0, 40),
              GRANULES(F_FREE_SIZED, 0, 0, 40)),
        /* regions at all powers of two, blocks in all of them */
        STATE(PAGES(F_ADD_REGION, 40, 0, 20), PAGES(F_MALLOC, 5, 4, 300), EACH(F_FREE, 0, 2, 150),
              GRANULES(F_MALLOC, 1, 15, 60), EACH(F_FREE, 1, 2, 150), EACH(F_FREE, 255, -1, 60)),
        STATE(PARTS(F_MALLOC, 240, 1), PAGES(F_ADD_REGION, 200, 0, 20), PAGES(F_MALLOC, 9, 4, 400),
              EACH(F_FREE, 0, 2, 200), GRANULES(F_MALLOC, 1, 15, 60), EACH(F_FREE, 0, 1, 400)),
        /* many regions, as small as they can be, on the longest paths; then anywhere */
        STATE(PAGES(F_MALLOC, 230, 0, 4), PAGES(F_ADD_REGION, 4, 0, 20), GRANULES(F_MALLOC, 1, 7, 600),
              EACH(F_USABLE_SIZE, 255, -1, 300), EACH(F_OWNS, 255, -1, 300), EACH(F_FREE, 0, 2, 300),
              EACH(F_FREE, 255, -1, 300)),
        STATE(PAGES(F_ADD_REGION, 4, 0, 20), ANY(F_ADD_REGION, UNIT_PAGE, 20, 300), PAGES(F_MALLOC, 5, 9, 500),
              EACH(F_FREE, 255, -2, 300), GRANULES(F_MALLOC, 1, 15, 60), EACH(F_OWNS, 255, -1, 300),
              EACH(F_FREE, 255, -1, 300)),
        /* the rest */
        STATE(GRANULES(F_MALLOC, 1, 15, 40), EACH(F_USABLE_SIZE, 0, 1, 40), EACH(F_OWNS, 0, 1, 40),
              GRANULES(F_GOOD_SIZE, 0, 255, 20), PAGES(F_SET_LIMIT, 200, 0, 2), EACH(F_FREE, 0, 1, 40),
              GRANULES(F_TRIM, 1, 0, 2)),
        STATE(PAGES(F_MALLOC, 9, 0, 60), EACH(F_FREE, 0, 2, 30), GRANULES(F_MALLOC, 1, 0, 1), EACH(F_FREE, 255, 1, 1),
              GRANULES(F_GET_STATS, 0, 0, 1), GRANULES(F_TRIM, 1, 0, 1)),
};

const unsigned state_count = sizeof states / sizeof states[0];
