/* SPDX-License-Identifier: MIT
 *
 * whole.h: how many bytes of a heap a block takes, which from check level 3 no function of the library says: for that
 * level is the size of a slot, or of pages, and a block's usable size is only what was asked for.
 */
#ifndef QUARRY_TEST_WHOLE_H
#define QUARRY_TEST_WHOLE_H

#include <stddef.h>

#include "quarry_config.h"

/* The largest slot: longer blocks have pages of their own. */
#define WHOLE_SLOT_MAX_BYTES ((size_t)(sizeof(void *) > 4 ? 2048 : 128))

/* The slot or the pages of a fresh block, of which so many bytes are its own and canary_bytes are not. Slots are all
 * granules to 16, then four to a doubling. */
static inline size_t whole_bytes(size_t usable_bytes, size_t canary_bytes)
{
    const size_t bytes = usable_bytes + canary_bytes, granule = 2 * sizeof(void *);
    size_t step = bytes > granule && QUARRY_ALIGN_BYTES > granule ? QUARRY_ALIGN_BYTES : granule;
    if (bytes > WHOLE_SLOT_MAX_BYTES)
        step = QUARRY_PAGE_BYTES;
    else if (bytes > 16 * granule)
        while (8 * step < bytes)
            step *= 2;
    return (bytes + step - 1) & ~(step - 1);
}

#endif
