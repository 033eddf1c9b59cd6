/* SPDX-License-Identifier: MIT
 *
 * exported.h: included before each file of the library (-include) when it is built with -fvisibility=hidden as a shared
 * object: only what quarry.h declares is exported, so that calls within the library are as direct as in a static one.
 */
#pragma GCC visibility push(default)
#include "quarry.h"
#pragma GCC visibility pop
