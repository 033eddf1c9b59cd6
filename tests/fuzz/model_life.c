/* SPDX-License-Identifier: MIT
 *
 * model_life.c: the model's heap as a whole: beginning, memory, limit, trim and reset, figures, walk, check, end.
 */
#include "model.h"

#include <string.h>

/* --- figures --- */

static size_t granted_bytes(const struct model *m)
{
    return m->source == NULL ? 0 : m->source->granted_bytes;
}

/* The most that the heap ever had: what was noted when regions came, and what the source has seen since. */
static size_t acquired_peak_bytes(const struct model *m)
{
    size_t since = m->region_bytes + (m->source == NULL ? 0 : m->source->peak_bytes);
    return since > m->acquired_peak_bytes ? since : m->acquired_peak_bytes;
}

/* Grants, but for the heap's own, that hold no live block. */
static unsigned empty_grants(struct model *m)
{
    unsigned count = 0;
    for (unsigned i = 0; m->source != NULL && i < m->source->grant_count; i++) {
        const uint8_t *at = m->source->grants[i].at;
        if (at != (const uint8_t *)m->heap && model_overlapping(m, at, m->source->grants[i].bytes) == NULL)
            count++;
    }
    return count;
}

static bool can_release(const struct model *m)
{
    return m->source != NULL && m->source->source.release != NULL;
}

void model_stats(struct model *m)
{
    struct quarry_stats stats;
    quarry_get_stats(m->heap, &stats);
    FUZZ_TRACE("stats: %zu blocks, %zu used, %zu free, largest %zu\n", stats.blocks, stats.used_bytes, stats.free_bytes,
               stats.largest_free_bytes);
    FUZZ_CHECK(stats.blocks == m->count);
    FUZZ_CHECK(stats.used_bytes == m->used_bytes);
    FUZZ_CHECK(stats.used_peak_bytes >= m->used_peak_bytes && stats.used_peak_bytes <= m->used_peak_most_bytes);
    FUZZ_CHECK(stats.failures == m->failures);
    FUZZ_CHECK(stats.limit_bytes == m->limit_bytes);
    FUZZ_CHECK(stats.acquired_bytes == m->region_bytes + granted_bytes(m));
    FUZZ_CHECK(stats.acquired_peak_bytes == acquired_peak_bytes(m));
    size_t chunks = m->region_count + (m->source == NULL ? 0 : m->source->grant_count);
    /* What cannot be given back serves huge blocks and chunks in parts. */
    FUZZ_CHECK((m->source != NULL && !can_release(m)) || stats.chunks == chunks);
    FUZZ_CHECK(stats.free_bytes + stats.used_bytes <= stats.acquired_bytes);
    FUZZ_CHECK(stats.largest_free_bytes <= stats.free_bytes);
    if (can_release(m))
        FUZZ_CHECK(empty_grants(m) <= 4);
    if (!m->is_tolerant)
        model_expect_quiet(m);
}

/* --- the walk --- */

struct walk {
    struct model *model;
    struct model_view *view;
    const uint8_t *free_end; /* of the entry before, if that is a free run */
    size_t blocks;
};

static bool visit(void *context, const struct quarry_block *entry)
{
    struct walk *walk = context;
    struct model *m = walk->model;
    const uint8_t *at = entry->pointer;
    FUZZ_CHECK(entry->bytes != 0 && model_has_memory(m, at, entry->bytes));
    if ((uintptr_t)walk->view->sought - (uintptr_t)at < entry->bytes)
        walk->view->found = *entry;
    struct model_block *live = model_overlapping(m, at, entry->bytes);
    if (!entry->free) {
        FUZZ_CHECK(live != NULL && live->at == at && live->usable_bytes == entry->bytes && live->seen != m->walks);
        live->seen = m->walks;
        walk->blocks++;
    } else {
        FUZZ_CHECK(live == NULL);
    }
    bool is_run = entry->free && entry->kind == QUARRY_LARGE;
    if (is_run) {
        FUZZ_CHECK(walk->free_end != at); /* neighbours merge */
        walk->view->free_runs++;
        walk->view->free_bytes += entry->bytes;
        if (entry->bytes > walk->view->largest_bytes)
            walk->view->largest_bytes = entry->bytes;
        if (at == walk->view->end)
            walk->view->room_bytes = entry->bytes;
    } else if (entry->free && entry->bytes == walk->view->slot_bytes) {
        walk->view->has_slot = true;
    }
    walk->free_end = is_run ? at + entry->bytes : NULL;
    return true;
}

void model_view(struct model *m, struct model_view *view)
{
    struct walk walk = {.model = m, .view = view};
    m->walks++;
    quarry_walk(m->heap, visit, &walk);
    FUZZ_CHECK(walk.blocks == m->count);
    if (!m->is_tolerant)
        model_expect_quiet(m);
}

/* Of idle memory so long, which a walk shows as a huge block could have it, the most that a chunk's struct, codes and
 * maps take, when it becomes one. */
static size_t control_bytes_most(size_t idle_bytes)
{
    const size_t most = 2 * (size_t)QUARRY_PAGE_BYTES + idle_bytes / 8;
    return most < idle_bytes ? most : idle_bytes;
}

/* Does the heap's figure agree with what is there? It looks at 4 runs of the highest class, so with more runs it may
 * miss the longest, but not by more than a class is wide. */
static void check_largest(size_t found_bytes, const struct model_view *view, bool has_idle)
{
    const size_t whole = found_bytes == 0 ? 0 : found_bytes + CANARY_BYTES;
    size_t least = view->free_runs <= 4 ? view->largest_bytes : (view->largest_bytes + 1) / 2;
    if (has_idle)
        least -= control_bytes_most(least);
    FUZZ_CHECK(whole >= least && whole <= view->largest_bytes);
}

void model_walk(struct model *m)
{
    struct model_view view = {.slot_bytes = 0};
    struct quarry_stats stats;
    FUZZ_TRACE("walk\n");
    model_view(m, &view);
    quarry_get_stats(m->heap, &stats);
    FUZZ_CHECK(view.free_bytes == stats.free_bytes);
    check_largest(stats.largest_free_bytes, &view, m->source != NULL && m->source->source.release == NULL);
}

void model_check(struct model *m)
{
    FUZZ_TRACE("check\n");
    FUZZ_CHECK(quarry_check(m->heap));
    model_expect_quiet(m);
    model_check_blocks(m);
}

static void probe_largest(struct model *m, size_t less_bytes)
{
    struct quarry_stats stats;
    quarry_get_stats(m->heap, &stats);
    if (stats.largest_free_bytes == 0)
        return;
    unsigned calls = m->source == NULL ? 0 : m->source->calls;
    size_t bytes = stats.largest_free_bytes > less_bytes ? stats.largest_free_bytes - less_bytes : 0;
    struct model_block *block = model_malloc(m, bytes);
    FUZZ_CHECK(block != NULL);
    FUZZ_CHECK(m->source == NULL || less_bytes != 0 || m->source->calls == calls); /* without asking the source */
    model_free(m, block);
}

static void probe_slot(struct model *m, size_t bytes)
{
    struct model_view view = {.slot_bytes = model_slot_bytes(m, bytes)};
    model_view(m, &view);
    if (!view.has_slot)
        return;
    struct model_block *block = model_malloc(m, bytes);
    FUZZ_CHECK(block != NULL && block->usable_bytes == quarry_good_size(m->heap, bytes));
    model_free(m, block);
}

static void probe_room(struct model *m, struct model_block *block)
{
    const size_t whole = whole_bytes(block->usable_bytes, CANARY_BYTES);
    struct model_view view = {.end = block->at + whole, .sought = block->at};
    model_view(m, &view);
    if (view.room_bytes == 0 || view.found.kind == QUARRY_HUGE ||
        block->usable_bytes + CANARY_BYTES < quarry_good_size(m->heap, 0) + 2048)
        return; /* nothing is free behind it, or it may be small, or its memory does not end there */
    FUZZ_CHECK(model_resize(m, block, whole - CANARY_BYTES + view.room_bytes));
}

void model_probe(struct model *m, struct fuzz_input *in)
{
    unsigned what = fuzz_byte(in), value = fuzz_byte(in);
    struct model_block *block;
    FUZZ_TRACE("probe %u\n", what % 4);
    if (m->count == MODEL_BLOCKS)
        return;
    switch (what % 4) {
    case 0:
        probe_largest(m, 0);
        break;
    case 1:
        probe_largest(m, (size_t)value << (what >> 4));
        break;
    case 2:
        probe_slot(m, (size_t)value << (what >> 6));
        break;
    default:
        block = model_choose(m, in);
        if (block != NULL)
            probe_room(m, block);
        break;
    }
}

/* --- beginning --- */

static void begin(struct model *m, const struct quarry_options *options)
{
    struct quarry_stats stats;
    m->limit_bytes = options->limit_bytes;
    quarry_get_stats(m->heap, &stats);
    m->first_free_bytes = stats.free_bytes;
    FUZZ_CHECK(stats.largest_free_bytes == stats.free_bytes - CANARY_BYTES);
    model_stats(m);
    model_walk(m);
}

/* Does the address space end before the region does? Its last byte stays out. */
static size_t region_bytes_in_space(const uint8_t *region, size_t bytes)
{
    uintptr_t room = UINTPTR_MAX - (uintptr_t)region;
    return bytes <= room ? bytes : bytes - 1 == room ? room : 0;
}

bool model_begin(struct model *m, uint8_t *region, size_t bytes, struct quarry_options options)
{
    size_t used = region_bytes_in_space(region, bytes);
    if (options.limit_bytes != 0 && used > options.limit_bytes)
        used = options.limit_bytes;
    m->heap = quarry_create(region, bytes, &options);
    FUZZ_TRACE("create %p, %zu, limit %zu, chunk %zu = %p\n", (void *)region, bytes, options.limit_bytes,
               options.chunk_bytes, (void *)m->heap);
    size_t chunk = options.chunk_bytes;
    bool is_sound = chunk == 0 || (chunk >= FRAME_BYTES && chunk <= (size_t)64 << 20 && (chunk & (chunk - 1)) == 0);
    FUZZ_CHECK((m->heap != NULL) == (used >= quarry_min_region_bytes() && is_sound));
    if (m->heap == NULL)
        return false;
    m->region_bytes = m->regions[0].bytes = used;
    m->regions[0].at = region;
    m->region_count = 1;
    begin(m, &options);
    m->regions[0].free_bytes = m->first_free_bytes;
    return true;
}

bool model_begin_on_source(struct model *m, struct fuzz_source *source, struct quarry_options options)
{
    size_t chunk = options.chunk_bytes == 0 ? QUARRY_CHUNK_BYTES : options.chunk_bytes;
    bool is_sound = chunk >= FRAME_BYTES && chunk <= (size_t)64 << 20 && (chunk & (chunk - 1)) == 0 &&
                    (options.limit_bytes == 0 || options.limit_bytes >= chunk);
    source->refused = 0;
    m->source = source;
    m->chunk_bytes = chunk;
    m->heap = quarry_create_from_source(&source->source, &options);
    FUZZ_TRACE("create_from_source chunk %zu, limit %zu = %p\n", chunk, options.limit_bytes, (void *)m->heap);
    if (m->heap == NULL) {
        bool has_room = chunk >= 16 * (size_t)QUARRY_PAGE_BYTES; /* for a page beside the control data */
        FUZZ_CHECK(!is_sound || source->refused != 0 || !has_room);
        FUZZ_CHECK(source->granted_bytes == 0 || source->source.release == NULL);
        return false;
    }
    FUZZ_CHECK(is_sound && source->grant_count == 1 && source->granted_bytes == chunk);
    begin(m, &options);
    return true;
}

/* --- memory --- */

static bool overlaps_heap(const struct model *m, const uint8_t *at, size_t bytes)
{
    for (unsigned i = 0; i < m->region_count; i++) {
        if ((uintptr_t)at - (uintptr_t)m->regions[i].at < m->regions[i].bytes ||
            (uintptr_t)m->regions[i].at - (uintptr_t)at < bytes)
            return true;
    }
    for (unsigned i = 0; m->source != NULL && i < m->source->grant_count; i++) {
        if ((uintptr_t)at - (uintptr_t)m->source->grants[i].at < m->source->grants[i].bytes ||
            (uintptr_t)m->source->grants[i].at - (uintptr_t)at < bytes)
            return true;
    }
    return false;
}

/* What surely suffices for a region: docs say some 100 bytes on 32-bit targets, 1 KB on 64-bit ones. */
static size_t region_enough_bytes(void)
{
    return (sizeof(void *) > 4 ? 512 : 128) + 3 * (size_t)QUARRY_PAGE_BYTES;
}

bool model_add_region(struct model *m, uint8_t *region, size_t bytes)
{
    struct quarry_stats before, after;
    if (m->region_count == MODEL_REGIONS)
        return false;
    quarry_get_stats(m->heap, &before);
    size_t used = region_bytes_in_space(region, bytes);
    bool is_possible = used != 0 && !overlaps_heap(m, region, used);
    if (m->limit_bytes != 0 && used > m->limit_bytes - before.acquired_bytes)
        used = m->limit_bytes - before.acquired_bytes;
    bool added = quarry_add_region(m->heap, region, bytes);
    FUZZ_TRACE("add_region %p, %zu = %d\n", (void *)region, bytes, added);
    FUZZ_CHECK(is_possible || !added);
    FUZZ_CHECK(added || !is_possible || used < region_enough_bytes());
    if (added) {
        m->acquired_peak_bytes = acquired_peak_bytes(m);
        if (m->source != NULL)
            m->source->peak_bytes = m->source->granted_bytes;
        m->regions[m->region_count].at = region;
        m->regions[m->region_count].bytes = used;
        m->region_bytes += used;
    }
    quarry_get_stats(m->heap, &after);
    FUZZ_CHECK(after.acquired_bytes == before.acquired_bytes + (added ? used : 0));
    FUZZ_CHECK(added ? after.free_bytes > before.free_bytes : after.free_bytes == before.free_bytes);
    if (added)
        m->regions[m->region_count++].free_bytes = after.free_bytes - before.free_bytes;
    if (!m->is_tolerant)
        model_expect_quiet(m);
    return added;
}

void model_set_limit(struct model *m, size_t limit_bytes)
{
    bool possible = limit_bytes == 0 || limit_bytes >= m->region_bytes + granted_bytes(m);
    FUZZ_TRACE("set_limit %zu\n", limit_bytes);
    FUZZ_CHECK(quarry_set_limit(m->heap, limit_bytes) == possible);
    if (possible)
        m->limit_bytes = limit_bytes;
    model_expect_quiet(m);
}

void model_trim(struct model *m)
{
    size_t before = granted_bytes(m), given = quarry_trim(m->heap);
    FUZZ_TRACE("trim = %zu\n", given);
    FUZZ_CHECK(CANARY_BYTES != 0 || given == before - granted_bytes(m));
    FUZZ_CHECK(given <= before - granted_bytes(m));
    if (can_release(m))
        FUZZ_CHECK(empty_grants(m) == 0);
    if (!m->is_tolerant)
        model_expect_quiet(m);
}

/* --- ending --- */

/* What is free where no block lives: all that regions had, and the heap's own chunk. */
static size_t empty_free_bytes(const struct model *m)
{
    size_t bytes = (m->source == NULL ? 0 : m->first_free_bytes) + m->regained_bytes;
    for (unsigned i = 0; i < m->region_count; i++)
        bytes += m->regions[i].free_bytes;
    return bytes;
}

/* No block: everything is free, and the largest request that fitted at the start, or into a region, fits. */
static void check_all_free(struct model *m)
{
    const size_t free_bytes = empty_free_bytes(m);
    size_t largest = m->source == NULL ? 0 : m->first_free_bytes;
    struct quarry_stats stats;
    unsigned runs = m->region_count + (m->source == NULL ? 0 : m->source->grant_count);
    for (unsigned i = 0; i < m->region_count; i++) {
        if (m->regions[i].free_bytes > largest)
            largest = m->regions[i].free_bytes;
    }
    quarry_get_stats(m->heap, &stats);
    if (m->source == NULL || can_release(m))
        FUZZ_CHECK(stats.free_bytes == free_bytes);
    else
        FUZZ_CHECK(stats.free_bytes >= free_bytes);
    if (runs > 4) { /* see check_largest() */
        FUZZ_CHECK(stats.largest_free_bytes > largest / 2);
        return;
    }
    FUZZ_CHECK(stats.largest_free_bytes + CANARY_BYTES >= largest);
    void *block = quarry_malloc(m->heap, largest - CANARY_BYTES);
    FUZZ_CHECK(block != NULL);
    quarry_free(m->heap, block);
    model_expect_quiet(m);
}

/* Heads lie in the longest region so far. A reset gives the pages below those that moved back. */
static void count_regained(struct model *m)
{
    const size_t heads_most_bytes = 8 * sizeof(size_t) * sizeof(void *) + QUARRY_PAGE_BYTES;
    struct quarry_stats stats;
    quarry_get_stats(m->heap, &stats);
    const size_t gained_bytes = stats.free_bytes - empty_free_bytes(m);
    FUZZ_CHECK(gained_bytes <= m->region_count * heads_most_bytes);
    m->regained_bytes += gained_bytes;
}

void model_reset(struct model *m)
{
    FUZZ_TRACE("reset\n");
    model_check_blocks(m);
    for (unsigned i = 0; i < m->entries; i++)
        m->blocks[i].at = NULL;
    m->count = 0;
    m->used_bytes = 0;
    m->is_loose = false;
    quarry_reset(m->heap);
    if (can_release(m))
        FUZZ_CHECK(m->source->grant_count == 1);
    if (m->source == NULL || can_release(m))
        count_regained(m);
    model_stats(m);
    model_walk(m);
}

void model_destroy(struct model *m)
{
    FUZZ_TRACE("destroy\n");
    quarry_destroy(m->heap);
    m->heap = NULL;
    if (can_release(m))
        FUZZ_CHECK(m->source->granted_bytes == 0);
}

void model_end(struct model *m, struct fuzz_input *in)
{
    unsigned order = fuzz_byte(in), step = order % 7 + 1;
    model_walk(m);
    model_stats(m);
    for (unsigned i = 0, at = order; i < m->entries; i++, at += step) {
        struct model_block *block = &m->blocks[at % m->entries];
        if (block->at != NULL && !block->lent)
            model_free(m, block);
    }
    for (unsigned i = 0; i < m->entries; i++) {
        if (m->blocks[i].at != NULL)
            model_free(m, &m->blocks[i]);
    }
    if (order & 128)
        model_stats(m);
    model_trim(m);
    model_stats(m);
    model_check(m);
    check_all_free(m);
    model_destroy(m);
}
