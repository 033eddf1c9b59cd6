/* SPDX-License-Identifier: MIT
 *
 * inner_pointer.c: a pointer into a live block, at every offset from its second byte to its last, for small,
 * large and huge blocks, and for blocks with a live neighbour on both sides.
 */
#include "misuse.h"

/* Every offset of a block up to most_bytes; beyond that every page's start and the bytes around it. */
static void misuse_inside(struct misuse_case *m, const unsigned char *block)
{
    const size_t bytes = quarry_usable_size(m->heap, block);
    const size_t each_bytes = 3 * QUARRY_PAGE_BYTES;
    size_t offset;

    for (offset = 1; offset < bytes && !test_is_over(); offset++)
        if (offset < each_bytes ? offset < 64 || offset % 8 == 0
                                : (offset + 1) % QUARRY_PAGE_BYTES < 3 || bytes - offset < 3)
            misuse_each_way(m, block + offset, KIND(QUARRY_INVALID_POINTER));
}

static void run(size_t bytes, bool on_source)
{
    struct misuse_case m;
    void *block;

    if (!misuse_begin(&m, on_source))
        return;
    keep(&m, bytes);
    block = keep(&m, bytes);
    if (bytes < HUGE_BYTES)
        keep(&m, bytes);
    if (test_is_over())
        return;
    misuse_inside(&m, m.kept[0]);
    misuse_inside(&m, block);
    misuse_end(&m);
}

TEST(test_inner_pointer_of_zero_size_is_reported)
{
    run(0, false);
}

TEST(test_inner_pointer_of_small_is_reported)
{
    run(SMALL_BYTES, false);
}

TEST(test_inner_pointer_of_larger_small_is_reported)
{
    run(200, false);
}

TEST(test_inner_pointer_of_large_is_reported)
{
    run(LARGE_BYTES, false);
}

TEST(test_inner_pointer_of_huge_is_reported)
{
    run(HUGE_BYTES, true);
}

/* Where the block behind once began, before this one grew over it. */
MISUSE(test_start_of_freed_neighbour_inside_grown_block_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    unsigned char *const block = keep(m, LARGE_BYTES);
    void *const neighbour = take(m, LARGE_BYTES);
    size_t bytes;

    if (test_is_over())
        return NULL;
    quarry_free(m->heap, neighbour);
    if (!CHECK(quarry_resize(m->heap, block, 2 * LARGE_BYTES)))
        return NULL;
    bytes = quarry_usable_size(m->heap, block);
    test_fill(block, bytes, 0);
    CHECK((uintptr_t)neighbour - (uintptr_t)block < bytes);
    return neighbour;
}
