/* SPDX-License-Identifier: MIT
 *
 * four_caches.h: configuration of the variants "cache": each thread says which core's cache it uses.
 */
#ifndef QUARRY_FOUR_CACHES_H
#define QUARRY_FOUR_CACHES_H

#define QUARRY_CORES        4
#define QUARRY_CACHE        8
#define QUARRY_CORE_INDEX() test_core

extern __thread unsigned test_core;

#endif
