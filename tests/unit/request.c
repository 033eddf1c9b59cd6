/* SPDX-License-Identifier: MIT
 *
 * request.c: what has no room beside a request heap; what request heaps do is in tests/emalloc.
 */
#include "../../src/emalloc/request.h"

#include "test_source.h"

/* Beside the heap's own structs, in its first chunk. */
TEST(test_request_with_more_beside_it_than_a_chunk_is_refused_without_asking)
{
    static const size_t extra_bytes[] = {SIZE_MAX / 2, QUARRY_CHUNK_BYTES, QUARRY_CHUNK_BYTES - sizeof(struct request)};
    struct test_source source;

    if (!test_source_init(&source, QUARRY_CHUNK_BYTES))
        return;
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(qi_request_create_alone(&source.source, extra_bytes[i]), NULL);
        CHECK_EQ(source.acquires, 0);
    }
}

TEST(test_request_with_no_page_beside_it_is_refused_and_its_chunk_released)
{
    const size_t structs = sizeof(struct quarry_heap) + sizeof(struct heap_sourced) + sizeof(struct request);
    struct test_source source;

    if (QUARRY_PAGE_BYTES <= (RUN_CLASSES + 1) * sizeof(void *))
        SKIP("a page fits where heads might be");
    if (!test_source_init(&source, QUARRY_CHUNK_BYTES))
        return;
    CHECK_EQ(qi_request_create_alone(&source.source, QUARRY_CHUNK_BYTES - structs - (RUN_CLASSES + 1) * sizeof(void *)),
             NULL);
    CHECK_EQ(source.acquires, 1);
    CHECK_EQ(source.granted_bytes, 0);
    CHECK_EQ(source.errors, 0);
}
