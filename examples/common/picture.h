/* SPDX-License-Identifier: MIT
 *
 * picture.h: a heap as text, a row for each stretch of pages in one use.
 */
#ifndef EXAMPLES_PICTURE_H
#define EXAMPLES_PICTURE_H

#include "quarry.h"

/* Prints the heap's stretches in the order in which quarry_walk() shows them, and sums up those beyond the first
 * 40 rows. */
void picture(struct quarry_heap *heap);

#endif
