/* SPDX-License-Identifier: MIT
 *
 * fixture.h: tests that find a heap. The fixture makes it before the test's body and looks at the whole heap after it,
 * however the body is left:
 *
 *     ON_HEAP(test_unit_situation_outcome, 4096, 0)
 *     {
 *         CHECK(quarry_malloc(heap, 10) != NULL);
 *     }
 *
 *   ON_HEAP(name, region_bytes, align_offset)          struct quarry_heap *heap is test_heap()'s
 *   ON_HEAP_EMPTIED(name, region_bytes, align_offset)  the body frees every block: all is free then, as at the start
 *   ON_SOURCE_HEAP(name, bytes)                        heap is on struct test_source *source, which has so many bytes:
 *                                                      it is destroyed after the body, and every byte must come back; a
 *                                                      body that destroys it itself says source->heap = NULL
 *
 * Where the machine has not so much memory the test is skipped. A file whose tests need something else defines a macro
 * of its own with TEST_IN().
 */
#ifndef QUARRY_TEST_FIXTURE_H
#define QUARRY_TEST_FIXTURE_H

#include "test_source.h"

/* A test whose body has the parameters ... ; fixture is a call that is handed name##_body and calls it. */
#define TEST_IN(name, fixture, ...)                                                                                    \
    static void name##_body(__VA_ARGS__);                                                                              \
    TEST(name)                                                                                                         \
    {                                                                                                                  \
        fixture;                                                                                                       \
    }                                                                                                                  \
    static void name##_body(__VA_ARGS__)
/* Before a parameter that a body may leave alone. */
#define MAYBE_UNUSED __attribute__((unused))

#define ON_HEAP(name, region_bytes, align_offset)                                                                      \
    TEST_IN(name, test_on_heap(name##_body, region_bytes, align_offset, false, __LINE__),                              \
            MAYBE_UNUSED struct quarry_heap *heap)
#define ON_HEAP_EMPTIED(name, region_bytes, align_offset)                                                              \
    TEST_IN(name, test_on_heap(name##_body, region_bytes, align_offset, true, __LINE__),                               \
            MAYBE_UNUSED struct quarry_heap *heap)
#define ON_SOURCE_HEAP(name, bytes)                                                                                    \
    TEST_IN(name, test_on_source(name##_body, bytes, __LINE__), MAYBE_UNUSED struct quarry_heap *heap,                 \
            MAYBE_UNUSED struct test_source *source)

void test_on_heap(void (*body)(struct quarry_heap *heap), size_t region_bytes, size_t align_offset, bool is_emptied,
                  int line);
void test_on_source(void (*body)(struct quarry_heap *heap, struct test_source *source), size_t bytes, int line);

#endif
