/* SPDX-License-Identifier: MIT
 *
 * four_cores.h: configuration of the builds "cached": four cores, each with a cache. A test says on which core it runs.
 */
#ifndef QUARRY_CACHED_CORES_H
#define QUARRY_CACHED_CORES_H

#define QUARRY_LOCK         QUARRY_LOCK_HOOK
#define QUARRY_CORES        4
#define QUARRY_CACHE        16
#define QUARRY_CORE_INDEX() test_core

extern unsigned test_core; /* tests/harness/test_heap.c */

#endif
