/* SPDX-License-Identifier: MIT
 *
 * manager.h: the persistent heap, and what request heaps get their memory from.
 *
 * On a region the persistent heap lies in it, and request heaps take their chunks from the persistent heap as blocks;
 * on a source each heap has chunks of its own. These words and those of current.h are the only ones outside heaps.
 */
#ifndef QUARRY_MANAGER_H
#define QUARRY_MANAGER_H

#include "serve.h"

/* NULL: start_memory_manager() was not called. */
extern struct quarry_heap *qi_manager_persistent __attribute__((visibility("hidden")));

#endif
