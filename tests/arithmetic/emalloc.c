/* SPDX-License-Identifier: MIT
 *
 * emalloc.c: nmemb * size + offset of the safe_ calls, against wide arithmetic. smt/requests.c proves all arguments.
 */
#include "emalloc/emalloc.h"

#include "arithmetic.h"

static uintptr_t edges[EDGES_MOST];

static bool sum_holds(uintptr_t nmemb, uintptr_t size, uintptr_t offset)
{
    const wide_t sum = (wide_t)nmemb * size + offset;
    return qi_emalloc_size_of_many(nmemb, size, offset) == (sum > SIZE_MAX ? SIZE_MAX : (uintptr_t)sum);
}

TEST(test_emalloc_size_of_many_of_edges_is_the_sum_or_the_largest_word)
{
    const size_t count = edge_words(edges, 1), step = is_full() ? 7 : 131;
    for (size_t i = 0; i < count && !test_is_over(); i += step)
        for (size_t j = i % 3; j < count; j += step)
            for (size_t k = j % 3; k < count; k += step)
                if (!sum_holds(edges[i], edges[j], edges[k])) {
                    CHECK_EQ(edges[i], edges[j]);
                    CHECK_EQ(edges[k], 0);
                    return;
                }
}

/* Sums that are just too long, or just not. */
TEST(test_emalloc_size_of_many_around_the_largest_word)
{
    for (unsigned round = 0; round < (is_full() ? 20000000u : 100000u) && !test_is_over(); round++) {
        const uintptr_t nmemb = test_random() >> (test_random() & 31), size = test_random() >> (test_random() & 31);
        const wide_t product = (wide_t)nmemb * size;
        if (product > SIZE_MAX)
            continue;
        const uintptr_t room = SIZE_MAX - (uintptr_t)product;
        for (uintptr_t offset = room - 2; offset != room + 3; offset++)
            CHECK(sum_holds(nmemb, size, offset));
    }
}
