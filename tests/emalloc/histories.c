/* SPDX-License-Identifier: MIT
 *
 * histories.c: random histories of the whole header, on a source and on a region: see model.h.
 */
#include "model.h"

static void live_through(struct scene *s, unsigned steps, unsigned seed)
{
    test_seed(seed);
    model_begin(s);
    for (unsigned i = 0; i < steps && !test_is_over(); i++) {
        model_step();
        if (i % 8 == 0)
            model_check();
    }
    model_end();
    CHECK_EQ(stats_of(s->heap).blocks, 0);
    CHECK_EQ(stats_of(s->heap).used_bytes, 0);
}

ON_SOURCE_OF(test_histories_on_source_keep_blocks_and_figures, 24)
{
    for (unsigned i = 0; i < 2 * TEST_SCALE && !test_is_over(); i++)
        live_through(s, 600, 100 + i);
}

ON_REGION_OF(test_histories_on_region_keep_blocks_and_figures, 24)
{
    for (unsigned i = 0; i < 2 * TEST_SCALE && !test_is_over(); i++)
        live_through(s, 600, 900 + i);
}

/* The same history again and again; each time another call of the source fails. */
ON_SOURCE_OF(test_histories_with_each_call_of_source_failing_once, 24)
{
    for (unsigned nth = 1; nth <= 40 && !test_is_over(); nth++) {
        s->source.fail_at = nth;
        live_through(s, 150, 7);
    }
}
