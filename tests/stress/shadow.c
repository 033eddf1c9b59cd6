/* SPDX-License-Identifier: MIT
 *
 * shadow.c: see shadow.h. A block's pattern covers its whole usable size, so two blocks that overlap spoil each
 * other, which is seen when either is touched again or at the next check of all.
 */
#include "shadow.h"

/* Whole-heap checks: every so many calls. */
#define CHECK_EVERY 64u

static size_t random_bytes(const struct shadow_mix *mix)
{
    if (mix->large_odds != 0 && test_random_below(mix->large_odds) == 0)
        return test_random_below(mix->large_bytes);
    if (mix->medium_odds != 0 && test_random_below(mix->medium_odds) == 0)
        return test_random_below(mix->medium_bytes);
    return test_random_below(mix->small_bytes);
}

static void remove_entry(struct shadow *shadow, struct shadow_block *entry)
{
    shadow->used_bytes -= entry->usable_bytes;
    shadow->live--;
    entry->block = NULL;
}

static void enter(struct shadow *shadow, struct shadow_block *entry, void *block, size_t bytes)
{
    entry->block = block;
    entry->bytes = bytes;
    entry->usable_bytes = quarry_usable_size(shadow->heap, block);
    entry->seed = test_random();
    shadow->used_bytes += entry->usable_bytes;
    shadow->live++;
    shadow->served++;
    CHECK(entry->usable_bytes >= bytes);
    CHECK_EQ((uintptr_t)block & (alignment_of_size(entry->usable_bytes) - 1), 0);
    test_fill(block, entry->usable_bytes, entry->seed);
}

static void take(struct shadow *shadow, struct shadow_block *entry, size_t bytes)
{
    const size_t align_bytes = (size_t)1 << test_random_below(8);
    void *block;

    switch (test_random_below(6)) {
    case 0:
        block = quarry_calloc(shadow->heap, 1, bytes);
        CHECK(block == NULL || test_is_zero(block, bytes));
        break;
    case 1:
        block = quarry_aligned_alloc(shadow->heap, align_bytes, bytes);
        CHECK_EQ((uintptr_t)block & (align_bytes - 1), 0);
        break;
    case 2:
        block = quarry_realloc(shadow->heap, NULL, bytes);
        break;
    default:
        block = quarry_malloc(shadow->heap, bytes);
        CHECK(block != NULL || largest_free_bytes(shadow->heap) < bytes + (bytes == 0)); /* only then NULL */
        break;
    }
    if (block != NULL)
        enter(shadow, entry, block, bytes);
}

static void give(struct shadow *shadow, struct shadow_block *entry)
{
    if (entry->block == NULL)
        return;
    CHECK(test_is_filled(entry->block, entry->usable_bytes, entry->seed));
    if (entry->bytes % 2 == 0)
        quarry_free(shadow->heap, entry->block);
    else
        quarry_free_sized(shadow->heap, entry->block, entry->bytes);
    remove_entry(shadow, entry);
}

static void change(struct shadow *shadow, struct shadow_block *entry, size_t bytes)
{
    const size_t kept_bytes = bytes < entry->bytes ? bytes : entry->bytes;
    const size_t align_bytes = (size_t)1 << test_random_below(7);
    void *block = entry->block;

    CHECK(test_is_filled(block, entry->usable_bytes, entry->seed));
    switch (test_random_below(4)) {
    case 0:
        if (!quarry_resize(shadow->heap, block, bytes))
            block = NULL;
        break;
    case 1:
        block = quarry_aligned_realloc(shadow->heap, block, align_bytes, bytes);
        CHECK_EQ((uintptr_t)block & (align_bytes - 1), 0);
        break;
    default:
        block = quarry_realloc(shadow->heap, block, bytes);
        CHECK(block != NULL || bytes > entry->bytes); /* shrinking never fails */
        break;
    }
    if (block == NULL) {
        CHECK(test_is_filled(entry->block, entry->usable_bytes, entry->seed));
        CHECK_EQ(quarry_usable_size(shadow->heap, entry->block), entry->usable_bytes);
        return;
    }
    CHECK(test_is_filled(block, kept_bytes, entry->seed));
    remove_entry(shadow, entry);
    enter(shadow, entry, block, bytes);
}

static void check_figures(const struct shadow *shadow)
{
    const struct quarry_stats stats = stats_of(shadow->heap);

    if (QUARRY_STATS) {
        CHECK_EQ(stats.used_bytes, shadow->used_bytes);
        CHECK_EQ(stats.blocks, shadow->live);
    }
    if (shadow->source != NULL) {
        CHECK_EQ(stats.acquired_bytes, shadow->source->granted_bytes);
        CHECK_EQ(shadow->source->errors, 0);
    }
}

static void check_everything(const struct shadow *shadow)
{
    size_t i;

    check_heap_(shadow->heap);
    for (i = 0; i < shadow->capacity; i++)
        if (shadow->table[i].block != NULL)
            CHECK(test_is_filled(shadow->table[i].block, shadow->table[i].usable_bytes, shadow->table[i].seed));
}

bool shadow_init(struct shadow *shadow, size_t capacity)
{
    static const struct shadow none;
    size_t i;

    *shadow = none;
    shadow->capacity = capacity;
    shadow->table = test_memory(capacity * sizeof *shadow->table, 0);
    if (shadow->table == NULL)
        return false;
    for (i = 0; i < capacity; i++)
        shadow->table[i].block = NULL;
    return true;
}

/* A step in a growing phase takes more often than it gives, in a shrinking one the other way round. */
static void step(struct shadow *shadow, const struct shadow_mix *mix, bool growing)
{
    struct shadow_block *const entry = &shadow->table[test_random_below(shadow->capacity)];
    const size_t luck = test_random_below(8);

    if (entry->block == NULL) {
        if (growing || luck == 0)
            take(shadow, entry, random_bytes(mix));
    } else if (luck < 2) {
        change(shadow, entry, random_bytes(mix));
    } else if (!growing || luck == 2) {
        give(shadow, entry);
    }
}

void shadow_run(struct shadow *shadow, const struct shadow_mix *mix, unsigned steps)
{
    const unsigned phase_steps = (unsigned)shadow->capacity * 4;
    unsigned left_in_phase = phase_steps;
    bool growing = true;
    unsigned i;
    size_t left;

    for (i = 1; i <= steps && !test_is_over(); i++) {
        step(shadow, mix, growing);
        check_figures(shadow);
        if (i % CHECK_EVERY == 0)
            check_everything(shadow);
        if (--left_in_phase == 0) {
            left_in_phase = phase_steps;
            growing = !growing;
        }
    }
    check_everything(shadow);
    for (left = shadow->capacity; left > 0 && !test_is_over(); left--) {
        struct shadow_block *const entry = &shadow->table[test_random_below(left)];

        give(shadow, entry);
        *entry = shadow->table[left - 1];
        shadow->table[left - 1].block = NULL;
    }
    check_figures(shadow);
    CHECK(shadow->served > steps / 16); /* the test has done something */
}
