/* SPDX-License-Identifier: MIT
 *
 * guard.c: a report reaches the hook with every field, and quarry_panic() where there is no hook. The harness
 * defines quarry_panic(): it writes into test_log.
 */
#include "../../src/report.h"

#include "test_heap.h"

static void record(void *context, const struct quarry_misuse *misuse)
{
    *(struct quarry_misuse *)context = *misuse;
}

static void check_fields(const struct quarry_misuse *seen, enum quarry_misuse_kind kind, const void *heap,
                         const void *pointer, size_t bytes)
{
    CHECK_EQ(seen->kind, kind);
    CHECK_EQ(seen->heap, heap);
    CHECK_EQ(seen->pointer, pointer);
    CHECK_EQ(seen->bytes, bytes);
}

TEST(test_guard_report_with_hook_hands_every_field_over)
{
    struct quarry_misuse seen = {0};
    struct reporter guard = {.context = &seen, .on_misuse = record};
    reporter_seal(&guard);
    for (unsigned kind = QUARRY_DOUBLE_FREE; kind <= QUARRY_REENTRY; kind++) {
        const void *pointer = (const void *)(uintptr_t)test_random();
        const size_t bytes = test_random();
        qi_report(&guard, (enum quarry_misuse_kind)kind, pointer, bytes);
        check_fields(&seen, (enum quarry_misuse_kind)kind, &guard, pointer, bytes);
    }
    CHECK_EQ(test_log.count, 0);
}

TEST(test_guard_report_without_hook_panics_with_every_field)
{
    struct reporter guard = {.context = NULL};
    reporter_seal(&guard);
    qi_report(&guard, QUARRY_OVERRUN, &guard, 123);
    check_fields(&test_log.last, QUARRY_OVERRUN, &guard, &guard, 123);
    expect_misuse((const struct quarry_heap *)(const void *)&guard, KIND(QUARRY_OVERRUN));
}
