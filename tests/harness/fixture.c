/* SPDX-License-Identifier: MIT
 *
 * fixture.c: see fixture.h.
 */
#include "fixture.h"

void test_on_heap(void (*body)(struct quarry_heap *heap), size_t region_bytes, size_t align_offset, bool is_emptied,
                  int line)
{
    struct quarry_heap *const heap = test_heap(region_bytes, align_offset);
    size_t largest_bytes;

    if (heap == NULL)
        return;
    largest_bytes = largest_free_bytes(heap);
    body(heap);
    test_called_from(line);
    if (is_emptied)
        expect_all_free_(heap, largest_bytes);
    else
        check_heap_(heap);
}

void test_on_source(void (*body)(struct quarry_heap *heap, struct test_source *source), size_t bytes, int line)
{
    struct test_source source;

    if (!test_source_init(&source, bytes) || test_source_heap(&source) == NULL)
        return;
    body(source.heap, &source);
    test_called_from(line);
    if (source.heap != NULL) {
        check_heap_(source.heap);
        check_source_(&source, source.heap);
        quarry_destroy(source.heap);
    }
    expect_given_back_(&source);
}
