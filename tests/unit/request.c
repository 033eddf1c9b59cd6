/* SPDX-License-Identifier: MIT
 *
 * request.c: what request heaps refuse before anything is asked for; what they do is in tests/emalloc.
 */
#include "../../src/request.h"

#include "test_source.h"

TEST(test_request_on_source_without_acquire_is_refused)
{
    const struct quarry_options options = test_options();
    static const struct quarry_source none;

    CHECK_EQ(qi_request_create(&none, &options, 0), NULL);
    CHECK_EQ(qi_request_create(&none, NULL, 0), NULL);
}

TEST(test_request_with_more_beside_it_than_half_a_chunk_is_refused)
{
    struct quarry_options options = test_options();
    struct test_source source;

    if (!test_source_init(&source, SMALLEST_CHUNK_BYTES))
        return;
    options.chunk_bytes = SMALLEST_CHUNK_BYTES;
    CHECK_EQ(qi_request_create(&source.source, &options, SMALLEST_CHUNK_BYTES / 2), NULL);
    CHECK_EQ(source.acquires, 0);
}
