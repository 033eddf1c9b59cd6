/* SPDX-License-Identifier: MIT
 *
 * custom.h: what the end of a heap does to its observers. Custom handlers and observers are set by the functions of
 * quarry/emalloc.h.
 */
#ifndef QUARRY_CUSTOM_H
#define QUARRY_CUSTOM_H

#include "request.h"

/* Removes all: they may be added to another heap. A few instructions each. */
void qi_custom_forget_observers(struct request *request);

#endif
