/* SPDX-License-Identifier: MIT
 *
 * constants.c: what tools/memory-bound must know of the library: page, granule, the shape of each bin's runs, and the
 * class of each length of free runs. The test compares this with what the tool has.
 */
#include <stdio.h>

#include "bin_shapes.h"
#include "run.h"

enum { PAGES_MOST = 3000 };

int main(void)
{
    printf("page %d\ngranule %d\n", (int)QUARRY_PAGE_BYTES, (int)UNITS_GRANULE_BYTES);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        for (unsigned length = 0; length < BIN_LENGTHS; length++) {
            const struct bin_shape *shape = &qi_bin_shapes[BIN_SHAPE_INDEX(length, bin)];
            printf("shape %u %u %u %u %u\n", bin, length, shape->granules, shape->slots, shape->pages);
        }
    size_t start = 1;
    for (size_t pages = 1; pages < PAGES_MOST; pages++) {
        start = run_class(pages) != run_class(start) ? pages : start;
        printf("class %zu %zu\n", pages, start);
    }
    return 0;
}
