/* SPDX-License-Identifier: MIT
 *
 * debug.h: what the public calls ask of debugging. The one place where it is on or off.
 */
#ifndef QUARRY_DEBUG_H
#define QUARRY_DEBUG_H

#include "../events/events.h"

#if QUARRY_CHECK_LEVEL >= 3 || QUARRY_MARK != QUARRY_MARK_NONE
#include "on.h"
#else
#include "off.h"
#endif

#endif
