/* SPDX-License-Identifier: MIT
 *
 * control_data.c: every multiple of four from a region's start to its first block: none of it is a block, however
 * much the bytes there may look like one.
 */
#include "misuse.h"

TEST(test_pointers_into_control_data_are_reported)
{
    struct misuse_case m;
    const unsigned char *place;
    const unsigned char *first;

    if (!misuse_begin(&m, false))
        return;
    first = keep(&m, LARGE_BYTES);
    keep(&m, SMALL_BYTES);
    if (test_is_over())
        return;
    if ((const unsigned char *)m.kept[1] < first)
        first = m.kept[1];
    for (place = m.region; place < first && !test_is_over(); place += 4)
        if (!quarry_owns(m.heap, place))
            misuse_each_way(&m, place, GONE);
    misuse_end(&m);
}

TEST(test_pointers_into_control_data_of_second_chunk_are_reported)
{
    struct misuse_case m;
    const unsigned char *place;
    unsigned char *block;

    if (!misuse_begin(&m, true))
        return;
    keep(&m, largest_free_bytes(m.heap));
    block = keep(&m, LARGE_BYTES);
    if (test_is_over())
        return;
    for (place = block - 200; place < block && !test_is_over(); place += 4)
        misuse_each_way(&m, place, GONE);
    misuse_end(&m);
}
