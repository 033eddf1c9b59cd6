/* SPDX-License-Identifier: MIT
 *
 * model.h: random histories of the whole header against a model that knows every block and what is in it.
 *
 * Heaps nest, are emptied and shut down in the middle, have limits, budgets of allocations, observers and handlers that
 * come and go while blocks live; the source fails each n-th time or at random. Whatever happens, live blocks keep their
 * contents, figures add up, and what cannot be served goes to quarry_out_of_memory(), which leaves by a jump. The model
 * is static, as a jump must not find a part of it in a register.
 */
#ifndef QUARRY_MODEL_H
#define QUARRY_MODEL_H

#include "emalloc_test.h"

/* With the scene's heap as the current and only one, empty. */
void model_begin(struct scene *scene);

/* One random event: most are requests, some end a request, set a limit, and so on. */
void model_step(void);

/* Everything is as the model says. */
void model_check(void);

/* Ends all but the first heap, which is empty then. */
void model_end(void);

#endif
