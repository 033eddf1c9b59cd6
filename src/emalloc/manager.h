/* SPDX-License-Identifier: MIT
 *
 * manager.h: the persistent heap, and where request heaps get their memory.
 *
 * A manager that was started on a region has the persistent heap in it; the chunks of request heaps are blocks of the
 * persistent heap. On a source each heap has chunks of its own.
 */
#ifndef QUARRY_MANAGER_H
#define QUARRY_MANAGER_H

#include "serve.h"

/* NULL: the manager is not started. */
extern struct quarry_heap *qi_manager_persistent __attribute__((visibility("hidden")));

#endif
