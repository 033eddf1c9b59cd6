/* SPDX-License-Identifier: MIT
 *
 * user.c: a process that takes one block.
 */
#include "quarry.h"

static unsigned char region[16384];

int main(void)
{
    struct quarry_heap *heap = quarry_create(region, sizeof(region), NULL);
    return quarry_malloc(heap, 100) != NULL ? 0 : 1;
}
