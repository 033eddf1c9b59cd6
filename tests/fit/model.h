/* SPDX-License-Identifier: MIT
 *
 * model.h: first fit and best fit over numbered pages, in address order, with free neighbours merged at once: what
 * tests/fit compares with. Slow, and without any bound.
 */
#ifndef QUARRY_MODEL_H
#define QUARRY_MODEL_H

#include <stdbool.h>
#include <stddef.h>

struct model_run {
    size_t page, pages;
};

enum { MODEL_RUNS = 1 << 14, MODEL_NONE = -1 };

struct model {
    bool is_best_fit;
    size_t count;
    struct model_run runs[MODEL_RUNS]; /* free ones, by page */
};

void model_begin(struct model *model, bool is_best_fit, size_t pages);

/* The first page of a run that is taken; MODEL_NONE: there is none. */
ptrdiff_t model_allocate(struct model *model, size_t pages);

void model_free(struct model *model, size_t page, size_t pages);

size_t model_longest(const struct model *model);

#endif
