/* SPDX-License-Identifier: MIT
 *
 * peers_none.c: no peers: Debian has no C library for this CPU without an operating system.
 */
#include "allocators.h"

const struct allocator peers[] = {{0}};
