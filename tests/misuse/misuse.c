/* SPDX-License-Identifier: MIT
 *
 * misuse.c: gives a wrong pointer to every function that takes a block, and sees that each call reports once and
 * changes nothing. See misuse.h.
 */
#include "misuse.h"

enum way { FREE, FREE_SIZED, REALLOC, REALLOC_TO_NOTHING, ALIGNED_REALLOC, RESIZE, USABLE_SIZE, WAYS };

/* Does the call; the answer must be that of a call that did nothing. */
static void call(struct quarry_heap *heap, void *pointer, enum way way)
{
    switch (way) {
    case FREE:
        quarry_free(heap, pointer);
        break;
    case FREE_SIZED:
        quarry_free_sized(heap, pointer, SMALL_BYTES);
        break;
    case REALLOC:
        CHECK_EQ(quarry_realloc(heap, pointer, 100), NULL);
        break;
    case REALLOC_TO_NOTHING:
        CHECK_EQ(quarry_realloc(heap, pointer, 0), NULL);
        break;
    case ALIGNED_REALLOC:
        CHECK_EQ(quarry_aligned_realloc(heap, pointer, 64, 100), NULL);
        break;
    case RESIZE:
        CHECK(!quarry_resize(heap, pointer, 1));
        break;
    default:
        CHECK_EQ(quarry_usable_size(heap, pointer), 0);
        break;
    }
}

static void check_kept(const struct misuse_case *m)
{
    unsigned i;

    for (i = 0; i < m->kept_count; i++)
        CHECK(test_is_filled(m->kept[i], quarry_usable_size(m->heap, m->kept[i]), i));
}

void misuse_each_way(struct misuse_case *m, const void *pointer, unsigned kinds)
{
    void *const writable = (void *)(uintptr_t)pointer;
    const struct quarry_stats before = stats_of(m->heap);
    struct quarry_stats after;
    unsigned way;

    for (way = 0; way < WAYS && !test_is_over(); way++) {
        call(m->heap, writable, (enum way)way);
        CHECK_EQ(test_log.last.pointer, pointer);
        if (!expect_misuse_(m->heap, kinds)) {
            test_print("  way ");
            test_print_unsigned(way);
            test_print(", pointer ");
            test_print_hex((uintptr_t)pointer);
            test_print("\n");
        }
    }
    CHECK(!quarry_owns(m->heap, pointer));
    CHECK_EQ(test_log.count, 0);
    after = stats_of(m->heap);
    CHECK(stats_are_equal(&before, &after));
    check_kept(m);
    check_heap_(m->heap);
}

bool misuse_begin(struct misuse_case *m, bool on_source)
{
    const struct quarry_options options = test_options();

    m->kept_count = 0;
    m->region = NULL;
    m->heap = NULL;
    if (on_source) {
        if (test_source_init(&m->source, 5 * SMALLEST_CHUNK_BYTES))
            m->heap = test_source_heap(&m->source);
    } else {
        m->region = test_memory(MISUSE_REGION_BYTES, 0);
        if (m->region != NULL)
            m->heap = quarry_create(m->region, MISUSE_REGION_BYTES, &options);
    }
    if (m->heap == NULL) {
        CHECK(test_is_over());
        return false;
    }
    m->largest_bytes = largest_free_bytes(m->heap);
    return true;
}

void misuse_end(struct misuse_case *m)
{
    void *small;
    void *large;

    if (test_is_over())
        return;
    while (m->kept_count > 0) {
        check_kept(m);
        t_free(m->heap, m->kept[--m->kept_count]);
    }
    small = t_malloc(m->heap, SMALL_BYTES);
    large = t_malloc(m->heap, LARGE_BYTES);
    CHECK(small != NULL && large != NULL);
    t_free(m->heap, small);
    t_free(m->heap, large);
    quarry_trim(m->heap);
    expect_all_free(m->heap, m->largest_bytes);
    quarry_destroy(m->heap);
    if (m->region == NULL) {
        CHECK_EQ(m->source.granted_bytes, 0);
        CHECK_EQ(m->source.errors, 0);
    }
}

void misuse_run(misuse_body body, unsigned kinds, bool on_source)
{
    struct misuse_case m;
    const void *pointer;

    if (!misuse_begin(&m, on_source))
        return;
    pointer = body(&m);
    if (pointer == NULL || test_is_over()) {
        CHECK(test_is_over());
        return;
    }
    misuse_each_way(&m, pointer, kinds);
    misuse_end(&m);
}

void *take(struct misuse_case *m, size_t bytes)
{
    void *const block = quarry_malloc(m->heap, bytes);

    CHECK(block != NULL);
    return block;
}

void *keep(struct misuse_case *m, size_t bytes)
{
    void *const block = take(m, bytes);

    if (block == NULL)
        return NULL;
    test_fill(block, quarry_usable_size(m->heap, block), m->kept_count);
    m->kept[m->kept_count++] = block;
    return block;
}
