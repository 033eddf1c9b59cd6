/* SPDX-License-Identifier: MIT
 *
 * two_cores.h: configuration of the build "cores": two cores, and a test says on which one it runs.
 */
#ifndef QUARRY_TWO_CORES_H
#define QUARRY_TWO_CORES_H

#define QUARRY_CORES        2
#define QUARRY_CORE_INDEX() quarry_test_core()

unsigned quarry_test_core(void); /* tests/emalloc/cores.c */

#endif
