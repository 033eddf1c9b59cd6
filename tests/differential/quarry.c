/* SPDX-License-Identifier: MIT
 *
 * quarry.c: the program's adapter to Quarry, on a page provider over mmap.
 */
#include "subject.h"

#include <stdlib.h>

#include "mmap_source.h"

void subject_start(void)
{
    const struct quarry_source source = quarry_mmap_source();
    const struct quarry_memory memory = {.source = &source};
    if (!start_memory_manager(&memory))
        abort();
}

/* Both only in children: the program itself never gets so far. */
void quarry_out_of_memory(struct quarry_heap *heap, size_t bytes)
{
    (void)heap, (void)bytes;
    fail_here();
}

void quarry_panic(const struct quarry_misuse *misuse)
{
    (void)misuse;
    fail_here();
}

void subject_persistent_free(void *block)
{
    pefree(block, 1);
}

void *subject_constant(size_t number)
{
    switch (number) {
    case 0:
        return emalloc(8);
    case 1:
        return emalloc(24);
    case 2:
        return emalloc(100);
    case 3:
        return emalloc(1500);
    case 4:
        return emalloc(3000);
    case 5:
        return emalloc(100000);
    default:
        return emalloc(3 * 1024 * 1024);
    }
}

void subject_constant_free(size_t number, void *block)
{
    switch (number) {
    case 0:
        efree_size(block, 8);
        break;
    case 1:
        efree_size(block, 24);
        break;
    case 2:
        efree_size(block, 100);
        break;
    case 3:
        efree_size(block, 1500);
        break;
    case 4:
        efree_size(block, 3000);
        break;
    case 5:
        efree_size(block, 100000);
        break;
    default:
        efree_size(block, 3 * 1024 * 1024);
    }
}
