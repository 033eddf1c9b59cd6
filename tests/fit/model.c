/* SPDX-License-Identifier: MIT
 *
 * model.c: see model.h.
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void model_begin(struct model *model, bool is_best_fit, size_t pages)
{
    model->is_best_fit = is_best_fit;
    model->count = 1;
    model->runs[0].page = 0;
    model->runs[0].pages = pages;
}

static void remove_run(struct model *model, size_t at)
{
    model->count--;
    memmove(&model->runs[at], &model->runs[at + 1], (model->count - at) * sizeof model->runs[0]);
}

ptrdiff_t model_allocate(struct model *model, size_t pages)
{
    size_t found = model->count;
    for (size_t i = 0; i < model->count; i++) {
        if (model->runs[i].pages < pages || (found != model->count && model->runs[i].pages >= model->runs[found].pages))
            continue;
        found = i;
        if (!model->is_best_fit)
            break;
    }
    if (found == model->count)
        return MODEL_NONE;
    const size_t page = model->runs[found].page;
    model->runs[found].page += pages;
    model->runs[found].pages -= pages;
    if (model->runs[found].pages == 0)
        remove_run(model, found);
    return (ptrdiff_t)page;
}

void model_free(struct model *model, size_t page, size_t pages)
{
    size_t low = 0, high = model->count; /* the first run behind the page */
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (model->runs[middle].page < page)
            low = middle + 1;
        else
            high = middle;
    }
    if (model->count == MODEL_RUNS) {
        printf("the model has no room for more free runs\n");
        exit(2);
    }
    memmove(&model->runs[low + 1], &model->runs[low], (model->count - low) * sizeof model->runs[0]);
    model->count++;
    model->runs[low].page = page;
    model->runs[low].pages = pages;
    if (low + 1 < model->count && page + pages == model->runs[low + 1].page) {
        model->runs[low].pages += model->runs[low + 1].pages;
        remove_run(model, low + 1);
    }
    if (low > 0 && model->runs[low - 1].page + model->runs[low - 1].pages == page) {
        model->runs[low - 1].pages += model->runs[low].pages;
        remove_run(model, low);
    }
}

size_t model_longest(const struct model *model)
{
    size_t longest = 0;
    for (size_t i = 0; i < model->count; i++)
        if (model->runs[i].pages > longest)
            longest = model->runs[i].pages;
    return longest;
}
