/* SPDX-License-Identifier: MIT
 *
 * quarry.c: Quarry as an allocator to be measured.
 */
#include "quarry.h"

#include "allocators.h"

static void *start(void *region, size_t bytes)
{
    return quarry_create(region, bytes, NULL);
}

const struct allocator quarry = {
        "quarry", start, MEASURED(quarry_malloc), MEASURED(quarry_free), MEASURED(quarry_realloc),
};
