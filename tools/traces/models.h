/* SPDX-License-Identifier: MIT
 *
 * models.h: the rules by which other allocators place blocks, as models beside the real library.
 *
 * A model has no memory of its own. It keeps a list of the pieces, free and used, into which its region is cut, and
 * follows the other allocator's rule: which free piece serves a request, what is cut off, what merges, what each block
 * costs. Figures are those of a 32-bit CPU; where the library is built for 64 bits, words of a model have 8 bytes too.
 */
#ifndef TRACES_MODELS_H
#define TRACES_MODELS_H

#include <stdbool.h>
#include <stddef.h>

enum model_rule { MODEL_HEAP_4, MODEL_FIRST_FIT, MODEL_TLSF, MODEL_COUNT };

struct model;

const char *model_name(enum model_rule rule);

/* Room for a trace with so many blocks live at once. Ends the program if there is no memory. */
struct model *model_make(enum model_rule rule, size_t blocks);
void model_free_all(struct model *model);

/* Begins anew with an empty region; false: it is too small even for control data. */
bool model_start(struct model *model, size_t region_bytes);

/* Blocks have the numbers of the trace. False: refused, and nothing has changed. */
bool model_allocate(struct model *model, size_t block, size_t align_bytes, size_t bytes);
bool model_resize(struct model *model, size_t block, size_t bytes);
void model_free(struct model *model, size_t block);

#endif
