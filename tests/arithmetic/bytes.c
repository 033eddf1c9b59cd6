/* SPDX-License-Identifier: MIT
 *
 * bytes.c: copying and clearing at every pair of offsets in two words and every length up to a few of the unrolled
 * loops' rounds: all bytes are right, and none beside them has changed. Longer lengths differ from these only in the
 * number of rounds.
 */
#include "bytes.h"

#include "arithmetic.h"

enum { OFFSETS = 16, LENGTHS = 300, ROOM = LENGTHS + OFFSETS + 16 };

static _Alignas(16) uint8_t to[ROOM], from[ROOM];

/* Are bytes beside [offset, offset + bytes) still 0xA5? */
static bool is_kept_beside(unsigned offset, unsigned bytes)
{
    for (unsigned i = 0; i < ROOM; i++)
        if ((i < offset || i >= offset + bytes) && to[i] != 0xA5)
            return false;
    return true;
}

static void prepare(void)
{
    for (unsigned i = 0; i < ROOM; i++)
        to[i] = 0xA5;
}

TEST(test_bytes_copy_of_every_length_between_every_two_offsets)
{
    for (unsigned i = 0; i < ROOM; i++)
        from[i] = (uint8_t)(i * 7 + (i >> 5));
    const unsigned step = is_full() ? 1 : 5;
    for (unsigned out = 0; out < OFFSETS; out++)
        for (unsigned in = 0; in < OFFSETS; in++)
            for (unsigned bytes = (out + in) % step; bytes <= LENGTHS; bytes += step) {
                bool same = true;
                prepare();
                qi_bytes_copy(to + out, from + in, bytes);
                for (unsigned i = 0; i < bytes; i++)
                    same &= to[out + i] == from[in + i];
                if (!CHECK(same && is_kept_beside(out, bytes)))
                    return;
            }
}

TEST(test_bytes_clear_of_every_length_at_every_offset)
{
    for (unsigned offset = 0; offset < OFFSETS; offset++)
        for (unsigned bytes = 0; bytes <= LENGTHS; bytes++) {
            bool zero = true;
            prepare();
            qi_bytes_clear(to + offset, bytes);
            for (unsigned i = 0; i < bytes; i++)
                zero &= to[offset + i] == 0;
            if (!CHECK(zero && is_kept_beside(offset, bytes)))
                return;
        }
}
