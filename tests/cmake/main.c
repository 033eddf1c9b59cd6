/* SPDX-License-Identifier: MIT
 *
 * main.c: the smallest firmware that needs a heap: says so, takes a block and gives it back.
 */
#include "machine.h"
#include "quarry.h"

static unsigned char region[8192];

int main(void)
{
    static const char text[] = "CMake firmware booted\n";
    machine_write(text, sizeof(text) - 1);
    struct quarry_heap *heap = quarry_create(region, sizeof(region), NULL);
    void *block = quarry_malloc(heap, 100);
    bool good = block != NULL && quarry_owns(heap, block);
    quarry_free(heap, block);
    return good && quarry_check(heap) ? 0 : 1;
}
