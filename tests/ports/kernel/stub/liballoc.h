/* SPDX-License-Identifier: MIT
 *
 * liballoc.h: what a kernel's own liballoc.h declares, as ports/kernel/liballoc.c needs it: the hooks and the prefix.
 */
#ifndef STUB_LIBALLOC_H
#define STUB_LIBALLOC_H

#include <stddef.h>

#define PREFIX(name) k##name

int liballoc_lock(void);
int liballoc_unlock(void);
void *liballoc_alloc(size_t pages);
int liballoc_free(void *start, size_t pages);

void *PREFIX(malloc)(size_t bytes);
void *PREFIX(realloc)(void *block, size_t bytes);
void *PREFIX(calloc)(size_t count, size_t bytes);
void PREFIX(free)(void *block);

#endif
