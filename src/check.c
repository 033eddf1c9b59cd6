/* SPDX-License-Identifier: MIT
 *
 * check.c: see check.h. The walk over a chunk's runs first, on which both functions build, then the walk over blocks,
 * then the check of runs, of lists and of figures.
 */
#include "check.h"

#include "bytes.h"

size_t qi_check_run_pages(unsigned code)
{
    if (code < PAGE_SMALL)
        return 0;
    unsigned parts = (unsigned)PAGE_SLOT_MASK << PAGE_SLOT_SHIFT;
    unsigned shape = code & ~(PAGE_SMALL | (CONTROL_WIDE_CODES ? parts : 0));
    return shape < BIN_CODES ? qi_bin_shapes[shape].pages : 0; /* a bin that does not exist has none */
}

bool qi_check_read(struct check_stretch *stretch)
{
    const struct chunk *chunk = stretch->chunk;
    stretch->code = chunk->codes[stretch->page];
    if (stretch->code >= PAGE_SMALL)
        stretch->pages = qi_check_run_pages(stretch->code);
    else if (stretch->code == PAGE_LARGE || stretch->code == PAGE_FREE)
        stretch->pages = control_length_at_start(chunk->maps, stretch->page);
    else
        return false;
    return stretch->pages != 0 && stretch->pages <= chunk->page_count - stretch->page;
}

static bool report_damage(const struct quarry_heap *heap, const void *place)
{
    return qi_report_damage(&heap->bins.runs.chunks.source.reporter, place);
}

/* --- the walk --- */

/* Chunks: the first, then the list. */
static struct chunk *next_chunk(const struct chunk *chunk)
{
    return (struct chunk *)chunk_link(&chunk->next);
}

/* May a chunk be looked at, and the next one be followed? Where a huge block or idle memory begins and ends
 * depends on its origin too. */
static bool chunk_and_link_are_valid(const struct chunk *chunk)
{
    return chunk_is_valid(chunk) && chunk_link_is_valid(&chunk->next) &&
           (chunk->page_count != 0 || chunk_origin_is_valid((const struct added_chunk *)(const void *)chunk));
}

static struct chunk *first_chunk(const struct quarry_heap *heap)
{
    return (struct chunk *)(uintptr_t)&heap->bins.runs.chunks.first;
}

bool qi_check_walk(const struct quarry_heap *heap, bool (*visit)(void *context, const struct quarry_block *block),
                   void *context)
{
    const struct check_visitor visitor = {heap, visit, context};
    for (struct chunk *chunk = first_chunk(heap); chunk != NULL; chunk = next_chunk(chunk)) {
        if (!chunk_and_link_are_valid(chunk))
            return report_damage(heap, chunk);
        if (chunk->page_count == 0 && !qi_check_show_huge(&visitor, chunk))
            return true;
        struct check_stretch stretch = {chunk, 0, 0, 0};
        for (; stretch.page < chunk->page_count; stretch.page += stretch.pages) {
            if (!qi_check_read(&stretch))
                return report_damage(heap, chunk->codes + stretch.page);
            if (!qi_check_show(&visitor, &stretch))
                return true;
        }
    }
    return true;
}

/* --- the check --- */

/* Counts a live block of so many bytes in. */
static void count_block(struct check_sums *sums, size_t whole_bytes)
{
    sums->blocks++;
    sums->used_bytes += whole_bytes;
}

bool qi_check_nothing(const struct chunk *chunk, size_t first, size_t end)
{
    for (size_t page = first; page < end; page++) {
        unsigned code = chunk->codes[page];
        if (code >= PAGE_SMALL || (code != PAGE_NOTHING && (CONTROL_DIRECT_CODES || page_code_distance(code) == 0)))
            return false;
    }
    return true;
}

bool qi_check_free_ends(const struct quarry_heap *heap, const struct check_stretch *stretch)
{
    const struct chunk *chunk = stretch->chunk;
    const size_t last = stretch->page + stretch->pages - 1;
    return chunk->codes[last] == (stretch->pages == 1 ? PAGE_FREE : PAGE_FREE_END) &&
           control_length_at_end(chunk->maps, last) == stretch->pages && chunk->codes[last + 1] != PAGE_FREE &&
           qi_run_node_is_valid(&heap->bins.runs, run_node_at(chunk, stretch->page), run_class(stretch->pages));
}

/* R1, R4, C2, C4 */
static bool check_free_run(const struct quarry_heap *heap, const struct check_stretch *stretch, struct check_sums *sums)
{
    const size_t end = stretch->page + stretch->pages;
    sums->free_pages += stretch->pages;
    sums->free_runs++;
    return qi_check_free_ends(heap, stretch) && qi_check_nothing(stretch->chunk, stretch->page + 1, end - 1);
}

/* C3 */
static bool inner_codes_are_valid(const struct check_stretch *stretch)
{
    const page_code_t *codes = stretch->chunk->codes + stretch->page;
    for (size_t page = 1; page < stretch->pages; page++) {
        unsigned same = CONTROL_DIRECT_CODES ? (unsigned)codes[page] ^ codes[0] : codes[page];
        unsigned parts = PAGE_DISTANCE_MASK << PAGE_DISTANCE_SHIFT | (unsigned)PAGE_SLOT_MASK << PAGE_SLOT_SHIFT;
        if (same >= PAGE_SMALL || page_code_distance(same) != page || (same & ~parts) != 0)
            return false;
    }
    return true;
}

/* Is this what the bin says of its current run? */
static bool says_current(const struct bin *bin, const struct bin_run *run)
{
    return bin_map_pointer_is_valid(bin) &&
           bin->run == bin_tag(bin_run_start(run), bin_unused_bits(bin_shape_of(run->code)));
}

bool qi_check_small_run(const struct quarry_heap *heap, const struct check_stretch *stretch, struct check_sums *sums)
{
    struct bin_run run = check_run_of(stretch);
    unsigned index = bin_of_code(run.code), unused_bits = bin_unused_bits(bin_shape_of(run.code));
    uintptr_t all = UINTPTR_MAX >> unused_bits;
    uintptr_t word = control_map_load(bin_run_map(&run), unused_bits), free_slots = word & all;
    if (!bin_run_is_valid(&run))
        return false;
    if (!inner_codes_are_valid(stretch) || (CONTROL_OWN_WORD && word != free_slots))
        return false;
    for (uintptr_t rest = all ^ free_slots; rest != 0; rest &= rest - 1)
        count_block(sums, bin_slot_bytes(index));
    if (heap->bins.bins[index].map == bin_run_map(&run)) {
        sums->current_seen[index] = true;
        return says_current(&heap->bins.bins[index], &run);
    }
    if (free_slots == 0)
        return true;
    sums->listed_runs[index]++;
    const struct list_node *node = qi_bin_node(&run);
    unsigned slot = bin_slot_at(bin_shape_of(run.code), (size_t)((const uint8_t *)node - bin_run_start(&run)));
    return free_slots != all && slot < bin_shape_of(run.code)->slots && (free_slots >> slot & 1) != 0 &&
           qi_bin_node_is_valid(&heap->bins, node, index);
}

static bool check_stretch(const struct quarry_heap *heap, const struct check_stretch *stretch, struct check_sums *sums)
{
    if (stretch->code == PAGE_FREE)
        return check_free_run(heap, stretch, sums);
    if (stretch->code >= PAGE_SMALL)
        return qi_check_small_run(heap, stretch, sums);
    count_block(sums, units_bytes_from_pages(stretch->pages));
    return qi_check_nothing(stretch->chunk, stretch->page + 1, stretch->page + stretch->pages);
}

/* V1, V2: idle memory stands in both trees, and what lies behind it in the same piece is in use. */
bool qi_check_idle(const struct quarry_heap *heap, const struct added_chunk *part)
{
    const struct chunk_set *set = &heap->bins.runs.chunks;
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    const size_t bytes = part->chunk.bytes;
    if (sourced == NULL || part->start != (const uint8_t *)part ||
        qi_reserve_find(&sourced->reserve, bytes, part->position) != part ||
        qi_chunk_find_added(set, part->start) != part)
        return false;
    const uint8_t *end = (const uint8_t *)((uintptr_t)part->start + bytes);
    const struct added_chunk *behind = qi_chunk_find_added(set, end);
    return (part->part & CHUNK_IS_LAST) != 0 || (behind != NULL && !chunk_is_idle(&behind->chunk));
}

bool qi_check_chunk_head(const struct quarry_heap *heap, struct chunk *chunk)
{
    const struct chunk_set *set = &heap->bins.runs.chunks;
    if (!chunk_and_link_are_valid(chunk))
        return false;
    if (chunk != first_chunk(heap) && !qi_chunk_links_are_valid((const struct added_chunk *)chunk))
        return false;
    if (chunk_is_idle(chunk))
        return qi_check_idle(heap, (const struct added_chunk *)(const void *)chunk);
    if (chunk->page_count == 0)
        return qi_chunk_find_added(set, chunk->pages) == (struct added_chunk *)chunk;
    return chunk->codes[-1] == PAGE_EDGE && chunk->codes[chunk->page_count] == PAGE_EDGE &&
           chunk_find(set, chunk->pages) == chunk;
}

static bool check_chunk(const struct quarry_heap *heap, struct chunk *chunk, struct check_sums *sums)
{
    sums->chunks++;
    sums->chunk_bytes += chunk->bytes;
    sums->capacity_bytes += chunk_capacity_bytes(chunk);
    if (!qi_check_chunk_head(heap, chunk))
        return report_damage(heap, chunk);
    if (chunk_is_idle(chunk))
        sums->idle_bytes += chunk->bytes - RESERVE_HEADER_BYTES;
    else if (chunk->page_count == 0)
        count_block(sums, huge_usable_bytes(chunk));
    struct check_stretch stretch = {chunk, 0, 0, 0};
    for (; stretch.page < chunk->page_count; stretch.page += stretch.pages)
        if (!qi_check_read(&stretch) || !check_stretch(heap, &stretch, sums))
            return report_damage(heap, chunk_page_address(chunk, stretch.page));
    return true;
}

/* R1, R2: every free run is in a list of its class, and no list holds anything else. */
static bool check_run_lists(const struct run_set *set, const struct check_sums *sums)
{
    size_t listed = 0;
    if (set->class_mask >> (run_classes(set) - 1) >> 1 != 0)
        return false;
    for (unsigned class = 0; class < run_classes(set); class ++) {
        const struct list_node *node = list_first(&set->heads[class]);
        if (!list_head_is_valid(&set->heads[class]) || (set->class_mask >> class & 1) != (node != NULL))
            return false;
        for (; node != NULL && listed <= sums->free_runs; node = list_next(&set->chunks, node), listed++)
            if (!qi_run_is_listed(set, node, class))
                return false;
    }
    return listed == sums->free_runs;
}

/* B1 */
static bool check_bin(const struct bin_set *set, unsigned index, const struct check_sums *sums)
{
    size_t listed = 0;
    const struct list_node *node = list_first(&set->rooms[index]);
    if (!list_head_is_valid(&set->rooms[index]))
        return false;
    for (; node != NULL; node = list_next(&set->runs.chunks, node), listed++)
        if (listed == sums->listed_runs[index] || !qi_bin_is_listed(set, node, index))
            return false;
    return listed == sums->listed_runs[index] && sums->current_seen[index] == (set->bins[index].run != 0);
}

/* C5, R3, R5, S1, S2, H1, H2 */
static bool check_figures(const struct quarry_heap *heap, const struct check_sums *sums)
{
    const struct source *source = &heap->bins.runs.chunks.source;
    const struct heap_sourced *sourced = heap_sourced_or_null(heap);
    if (sums->idle_bytes != (sourced == NULL ? 0 : sourced->reserve.free_bytes)) /* V3 */
        return false;
    bool counted =
            QUARRY_STATS == 0 || (heap_used_bytes(heap) == sums->used_bytes && heap_live_blocks(heap) == sums->blocks);
    return counted && (heap_is_above_noted_peak(heap) || heap->below_peak_bytes <= heap->used_peak_bytes) &&
           sums->free_pages == heap->bins.runs.free_pages && sums->free_runs == heap->bins.runs.free_runs &&
           sums->capacity_bytes == heap->bins.runs.chunks.capacity_bytes &&
           sums->chunks == heap->bins.runs.chunks.chunk_count && sums->chunk_bytes <= source->acquired_bytes &&
           source->acquired_bytes <= source->acquired_peak_bytes &&
           (source->limit_bytes == 0 || source->acquired_bytes <= source->limit_bytes);
}

bool qi_check_seals(const struct quarry_heap *heap)
{
    const struct chunk_set *set = &heap->bins.runs.chunks;
    const struct chunk *hot = chunk_hot(set);
    const struct control_pages *pages = control_hot_pages(&set->source.hot);
    return reporter_is_valid(&set->source.reporter) && qi_source_is_valid(&set->source) &&
           control_matches(heap, on_oom_check, ~(uintptr_t)heap->on_oom) && chunk_link_is_valid(&set->root) &&
           (set->source.provider == NULL || heap_sourced_or_null(heap) != NULL) &&
           control_valid(hot != NULL && pages != NULL && pages->pages == hot->pages && pages->maps == hot->maps &&
                         pages->page_count == hot->page_count && pages->codes == hot->codes);
}

bool qi_check_heap(const struct quarry_heap *heap)
{
    struct check_sums sums;
    if (!qi_check_seals(heap))
        return report_damage(heap, heap);
    qi_bytes_clear(&sums, sizeof sums);
    for (struct chunk *chunk = first_chunk(heap); chunk != NULL; chunk = next_chunk(chunk))
        if (!check_chunk(heap, chunk, &sums))
            return false;
    if (!check_run_lists(&heap->bins.runs, &sums))
        return report_damage(heap, heap->bins.runs.heads);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        if (!check_bin(&heap->bins, bin, &sums))
            return report_damage(heap, &heap->bins.bins[bin]);
    if (!check_figures(heap, &sums))
        return report_damage(heap, &heap->below_peak_bytes);
    return true;
}
