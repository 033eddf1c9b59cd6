/* SPDX-License-Identifier: MIT
 *
 * run_class.c: the class of a length against a reference that counts classes upwards one by one.
 */
#include "../../src/run.h"

#include "test.h"

/* The shortest length of the class above the one that starts at a length. */
static size_t next_start(size_t start)
{
    if (start < RUN_EXACT_PAGES)
        return start + 1;
    if ((start & (start - 1)) != 0) /* 1.5 times a power of two */
        return start / 3 * 4;
    return start < RUN_SHORT_PAGES || sizeof(void *) == 8 ? start / 2 * 3 : 2 * start;
}

static unsigned class_by_counting(size_t pages)
{
    size_t start = 1;
    unsigned class = 0;
    for (; class + 1 < RUN_CLASSES && next_start(start) <= pages; class ++)
        start = next_start(start);
    return class;
}

TEST(test_run_class_of_lengths_up_to_100000_is_as_counted)
{
    size_t next = next_start(1);
    unsigned class = 0;
    for (size_t pages = 1; pages <= 100000 && !test_is_over(); pages++) {
        if (pages == next && class + 1 < RUN_CLASSES) {
            class ++;
            next = next_start(next);
        }
        CHECK_EQ(run_class(pages), class);
    }
}

TEST(test_run_class_around_every_power_of_two_is_as_counted)
{
    for (unsigned bit = 2; bit < BITS_WORD && !test_is_over(); bit++)
        for (unsigned half = 0; half < 2; half++) {
            const size_t start = ((size_t)2 + half) << (bit - 1);
            for (size_t pages = start - 2; pages <= start + 2; pages++)
                CHECK_EQ(run_class(pages), class_by_counting(pages));
        }
    CHECK_EQ(run_class(SIZE_MAX), RUN_CLASSES - 1);
}

TEST(test_run_class_reaches_every_class)
{
    size_t start = 1;
    for (unsigned class = 0; class < RUN_CLASSES; class ++) {
        CHECK_EQ(run_class(start), class);
        CHECK(class == 0 || run_class(start - 1) == class - 1);
        start = next_start(start);
    }
}

TEST(test_run_class_of_short_runs_is_exact)
{
    for (unsigned pages = 1; pages <= RUN_EXACT_PAGES; pages++)
        CHECK_EQ(run_class(pages), pages - 1);
}

TEST(test_run_class_of_longer_runs_is_two_a_doubling)
{
    for (size_t power = RUN_EXACT_PAGES; power < RUN_SHORT_PAGES; power *= 2) {
        CHECK_EQ(run_class(power + power / 2 - 1), run_class(power));
        CHECK_EQ(run_class(power + power / 2), run_class(power) + 1);
        CHECK_EQ(run_class(2 * power), run_class(power) + 2);
    }
}
