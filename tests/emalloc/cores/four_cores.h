/* SPDX-License-Identifier: MIT
 *
 * four_cores.h: configuration of the builds "cores" and "corestsan": four cores, which are threads, or a test says on
 * which one it runs.
 */
#ifndef QUARRY_FOUR_CORES_H
#define QUARRY_FOUR_CORES_H

#define QUARRY_LOCK         QUARRY_LOCK_SMP
#define QUARRY_CORES        4
#define QUARRY_CORE_INDEX() quarry_test_core

extern __thread unsigned quarry_test_core; /* tests/emalloc/emalloc_test.c */

#endif
