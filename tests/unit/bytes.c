/* SPDX-License-Identifier: MIT
 *
 * bytes.c: copying and clearing at every alignment of both ends, for every length up to some words and past two
 * of them: the bytes asked for, all of them, and no byte beside them.
 */
#include "../../src/bytes.h"

#include "test.h"

enum { LENGTHS = 139, ALIGNMENTS = sizeof(uintptr_t), MARGIN = 16, ROOM = MARGIN + ALIGNMENTS + LENGTHS + MARGIN };

/* Does memory hold the pattern of seed but for bytes from first on? */
static bool is_kept_beside(const uint8_t *memory, uint32_t seed, size_t first, size_t bytes)
{
    const size_t last = first + bytes;
    uint8_t pattern[ROOM];
    test_fill(pattern, sizeof pattern, seed);
    for (size_t i = 0; i < ROOM; i++)
        if ((i < first || i >= last) && memory[i] != pattern[i])
            return false;
    return true;
}

static bool are_equal(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    while (bytes-- > 0)
        if (a[bytes] != b[bytes])
            return false;
    return true;
}

static void check_copies(uint8_t *to, uint8_t *from, size_t to_offset, size_t from_offset)
{
    for (size_t bytes = 0; bytes < LENGTHS && !test_is_over(); bytes++) {
        test_fill(to, ROOM, 0x11);
        test_fill(from, ROOM, 0x83);
        qi_bytes_copy(to + to_offset, from + from_offset, bytes);
        CHECK(are_equal(to + to_offset, from + from_offset, bytes));
        CHECK(is_kept_beside(to, 0x11, to_offset, bytes));
        CHECK(test_is_filled(from, ROOM, 0x83));
    }
}

TEST(test_bytes_copy_at_every_alignment_and_length_copies_just_these)
{
    uint8_t *to = test_memory(ROOM, 0);
    uint8_t *from = test_memory(ROOM, 0);
    if (to == NULL || from == NULL)
        return;
    for (size_t to_offset = 0; to_offset < ALIGNMENTS; to_offset++)
        for (size_t from_offset = 0; from_offset < ALIGNMENTS; from_offset++)
            check_copies(to, from, MARGIN + to_offset, MARGIN + from_offset);
}

TEST(test_bytes_clear_at_every_alignment_and_length_clears_just_these)
{
    uint8_t *at = test_memory(ROOM, 0);
    if (at == NULL)
        return;
    for (size_t offset = MARGIN; offset < MARGIN + ALIGNMENTS; offset++)
        for (size_t bytes = 0; bytes < LENGTHS && !test_is_over(); bytes++) {
            test_fill(at, ROOM, 0x2f);
            qi_bytes_clear(at + offset, bytes);
            CHECK(test_is_zero(at + offset, bytes));
            CHECK(is_kept_beside(at, 0x2f, offset, bytes));
        }
}

TEST(test_bytes_copy_between_neighbours_copies_all)
{
    uint8_t *memory = test_memory(2 * 64, 0);
    if (memory == NULL)
        return;
    test_fill(memory, 64, 7);
    qi_bytes_copy(memory + 64, memory, 64);
    CHECK(test_is_filled(memory, 64, 7));
    CHECK(test_is_filled(memory + 64, 64, 7));
}
