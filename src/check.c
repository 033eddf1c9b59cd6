/* SPDX-License-Identifier: MIT
 *
 * check.c: see check.h. The walk over a chunk's runs first, on which both functions build, then the walk over blocks,
 * then the check of runs, of lists and of figures.
 */
#include "check.h"

#include "bytes.h"

/* One stretch of pages, as the codes say. */
struct stretch {
    struct chunk *chunk;
    pages_t page, pages;
    unsigned code;
};

/* Reads the stretch that starts at stretch->page; false if its code or length makes no sense. */
static bool read_stretch(struct stretch *stretch)
{
    const struct chunk *chunk = stretch->chunk;
    stretch->code = chunk->codes[stretch->page];
    if (stretch->code >= PAGE_SMALL)
        stretch->pages = qi_bin_pages[stretch->code & (BIN_CODES - 1)]; /* 0 for a bin that does not exist */
    else if (stretch->code == PAGE_LARGE || stretch->code == PAGE_FREE)
        stretch->pages = chunk_length_at_start(chunk, stretch->page);
    else
        return false;
    return stretch->pages != 0 && stretch->pages <= chunk_page_count(chunk) - stretch->page;
}

static bool report_damage(const struct quarry_heap *heap, const void *place)
{
    return qi_guard_report_damage(&heap->bins.runs.chunks.source.guard, place);
}

static struct bin_run run_of_stretch(const struct stretch *stretch)
{
    struct bin_run run = {stretch->chunk, stretch->page, stretch->code};
    return run;
}

/* --- the walk --- */

struct visitor {
    bool (*visit)(void *context, const struct quarry_block *block);
    void *context;
};

static bool visit_one(const struct visitor *visitor, const void *pointer, size_t bytes, bool free,
                      enum quarry_block_kind kind)
{
    struct quarry_block block;
    block.pointer = pointer;
    block.bytes = bytes;
    block.free = free;
    block.kind = kind;
    return visitor->visit(visitor->context, &block);
}

static bool visit_slots(const struct visitor *visitor, const struct stretch *stretch)
{
    struct bin_run run = run_of_stretch(stretch);
    size_t bytes = bin_slot_bytes(bin_of_code(run.code));
    unsigned slots = BITS_WORD - bin_unused_bits(run.code);
    for (unsigned slot = 0; slot < slots; slot++)
        if (!visit_one(visitor, bin_run_start(&run) + slot * bytes, bytes, !small_is_used(&run, slot), QUARRY_SMALL))
            return false;
    return true;
}

static bool visit_stretch(const struct visitor *visitor, const struct stretch *stretch)
{
    if (stretch->code >= PAGE_SMALL)
        return visit_slots(visitor, stretch);
    return visit_one(visitor, chunk_page_address(stretch->chunk, stretch->page), units_bytes_from_pages(stretch->pages),
                     stretch->code == PAGE_FREE, QUARRY_LARGE);
}

/* Chunks: the first, then the list. */
static struct chunk *next_chunk(const struct chunk *chunk)
{
    return (struct chunk *)chunk->next;
}

static struct chunk *first_chunk(const struct quarry_heap *heap)
{
    return (struct chunk *)(uintptr_t)&heap->bins.runs.chunks.first;
}

bool qi_check_walk(const struct quarry_heap *heap, bool (*visit)(void *context, const struct quarry_block *block),
                   void *context)
{
    const struct visitor visitor = {visit, context};
    for (struct chunk *chunk = first_chunk(heap); chunk != NULL; chunk = next_chunk(chunk)) {
        if (chunk->granules == 0 && !visit_one(&visitor, chunk->pages, huge_usable_bytes(chunk), false, QUARRY_HUGE))
            return true;
        struct stretch stretch = {chunk, 0, 0, 0};
        for (; stretch.page < chunk_page_count(chunk); stretch.page += stretch.pages) {
            if (!read_stretch(&stretch))
                return report_damage(heap, chunk->codes + stretch.page);
            if (!visit_stretch(&visitor, &stretch))
                return true;
        }
    }
    return true;
}

/* --- the check --- */

/* What the pages add up to. */
struct sums {
    size_t free_pages, free_runs, used_bytes, blocks, chunks, chunk_bytes;
    size_t runs[BIN_COUNT], runs_with_room[BIN_COUNT];
    bool current_seen[BIN_COUNT];
};

/* C2: pages from first to before end hold nothing, or stale inner codes. */
static bool hold_nothing(const struct chunk *chunk, pages_t first, pages_t end)
{
    for (pages_t page = first; page < end; page++) {
        unsigned code = chunk->codes[page];
        if (code > PAGE_INNER_LAST && (code < PAGE_SECOND || code >= PAGE_SMALL))
            return false;
    }
    return true;
}

/* R1, R4, C2, C4 */
static bool check_free_run(const struct quarry_heap *heap, const struct stretch *stretch, struct sums *sums)
{
    const struct chunk *chunk = stretch->chunk;
    pages_t last = stretch->page + stretch->pages - 1;
    const struct list_node *node = (const struct list_node *)(void *)chunk_page_address(chunk, stretch->page);
    sums->free_pages += stretch->pages;
    sums->free_runs++;
    return chunk->codes[last] == PAGE_FREE && chunk_length_at_end(chunk, last) == stretch->pages &&
           chunk->codes[last + 1] != PAGE_FREE && hold_nothing(chunk, stretch->page + 1, last) &&
           list_is_sound(&heap->bins.runs.chunks, node);
}

/* C3 */
static bool inner_codes_are_sound(const struct stretch *stretch)
{
    const uint8_t *codes = stretch->chunk->codes + stretch->page;
    for (pages_t page = 2; page < stretch->pages; page++)
        if (codes[page] != page)
            return false;
    return codes[1] >= PAGE_SECOND && codes[1] < PAGE_SMALL;
}

/* Is this what the bin says of its current run? */
static bool says_current(const struct bin *bin, const struct bin_run *run)
{
    return bin->run != 0 && bin_current_start(bin) == bin_run_start(run) && bin->u.map == bin_run_map(run) &&
           bin_slots_mask(bin_current_unused_bits(bin)) == bin_run_slots(run);
}

/* C3, B2, B3 */
static bool check_small_run(const struct quarry_heap *heap, const struct stretch *stretch, struct sums *sums)
{
    struct bin_run run = run_of_stretch(stretch);
    unsigned index = bin_of_code(run.code);
    uintptr_t slots = bin_run_slots(&run);
    uintptr_t used = bits_load(bin_run_map(&run)) & slots;
    if (!inner_codes_are_sound(stretch))
        return false;
    for (uintptr_t rest = used; rest != 0; rest &= rest - 1) {
        sums->blocks++;
        sums->used_bytes += bin_slot_bytes(index);
    }
    sums->runs[index]++;
    if (used == slots)
        return true;
    sums->runs_with_room[index]++;
    const struct bin *bin = &heap->bins.bins[index];
    if (bin->run != 0 && bin->u.map == bin_run_map(&run)) {
        sums->current_seen[index] = true;
        return says_current(bin, &run) && list_next_is_sound(&heap->bins.runs.chunks, qi_bin_node(&heap->bins, run));
    }
    unsigned slot = stretch->chunk->codes[run.page + 1] & (BITS_WORD - 1);
    return used != 0 && ((slots & ~used) >> slot & 1) != 0 &&
           list_is_sound(&heap->bins.runs.chunks, qi_bin_node(&heap->bins, run));
}

static bool check_stretch(const struct quarry_heap *heap, const struct stretch *stretch, struct sums *sums)
{
    if (stretch->code == PAGE_FREE)
        return check_free_run(heap, stretch, sums);
    if (stretch->code >= PAGE_SMALL)
        return check_small_run(heap, stretch, sums);
    sums->blocks++;
    sums->used_bytes += units_bytes_from_pages(stretch->pages);
    return hold_nothing(stretch->chunk, stretch->page + 1, stretch->page + stretch->pages);
}

static bool check_chunk(const struct quarry_heap *heap, struct chunk *chunk, struct sums *sums)
{
    sums->chunks++;
    sums->chunk_bytes += chunk->bytes;
    if (chunk->granules == 0) {
        sums->blocks++;
        sums->used_bytes += huge_usable_bytes(chunk);
        return qi_chunk_find_added(&heap->bins.runs.chunks, chunk->pages) == (struct added_chunk *)chunk;
    }
    if (chunk->codes[-1] != PAGE_EDGE || chunk->codes[chunk_page_count(chunk)] != PAGE_EDGE ||
        chunk_find(&heap->bins.runs.chunks, chunk->pages) != chunk)
        return report_damage(heap, chunk);
    struct stretch stretch = {chunk, 0, 0, 0};
    for (; stretch.page < chunk_page_count(chunk); stretch.page += stretch.pages)
        if (!read_stretch(&stretch) || !check_stretch(heap, &stretch, sums))
            return report_damage(heap, chunk_page_address(chunk, stretch.page));
    return true;
}

/* Counts a list of nodes that lie in this heap, up to a bound. */
static size_t list_length(const struct chunk_set *chunks, const struct list_node *node, size_t bound)
{
    size_t length = 0;
    for (; node != NULL && chunk_set_holds(chunks, node) && length <= bound; node = node->next)
        length++;
    return length;
}

/* R1, R2: every free run is in a list of its class, and no list holds anything else. */
static bool check_run_lists(const struct run_set *set, const struct sums *sums)
{
    size_t listed = 0;
    if (set->class_mask >> (RUN_CLASSES - 1) >> 1 != 0)
        return false;
    for (unsigned class = 0; class < RUN_CLASSES; class ++) {
        const struct list_node *node = set->heads[class];
        if ((set->class_mask >> class & 1) != (node != NULL))
            return false;
        for (; node != NULL && listed <= sums->free_runs; node = node->next, listed++) {
            const struct chunk *chunk = chunk_find(&set->chunks, node);
            if (chunk == NULL || chunk_granule(chunk, node) >= chunk->granules)
                return false;
            pages_t page = (pages_t)(chunk_granule(chunk, node) >> UNITS_PAGE_GRANULE_SHIFT);
            if (chunk->codes[page] != PAGE_FREE || qi_run_class(chunk_length_at_start(chunk, page)) != class)
                return false;
        }
    }
    return listed == sums->free_runs;
}

/* B1, B4 */
static bool check_bin(const struct bin_set *set, unsigned index, const struct sums *sums)
{
    const struct bin *bin = &set->bins[index];
    const struct list_node *node = bin->u.next;
    size_t listed = 0;
    if (sums->current_seen[index] != (bin->run != 0))
        return false;
    if (bin->run != 0) {
        uintptr_t room = ~bits_load(bin->u.map) & bin_slots_mask(bin_current_unused_bits(bin));
        if (room == 0)
            return false;
        uint8_t *highest = bin_current_start(bin) + bits_highest(room) * bin_slot_bytes(index);
        node = ((const struct list_node *)(const void *)highest)->next;
        listed = 1;
    }
    listed += list_length(&set->runs.chunks, node, sums->runs_with_room[index]);
    return listed == sums->runs_with_room[index] &&
           (set->run_count[index] == BIN_COUNT_MAX || set->run_count[index] == sums->runs[index]);
}

/* R3, S1, S2, H1, H2 */
static bool check_figures(const struct quarry_heap *heap, const struct sums *sums)
{
    const struct source *source = &heap->bins.runs.chunks.source;
    bool counted = QUARRY_STATS == 0 || (heap->used_bytes == sums->used_bytes && heap->blocks == sums->blocks);
    return counted && heap->used_bytes <= heap->used_peak_bytes && sums->free_pages == heap->bins.runs.free_pages &&
           sums->chunks == heap->bins.runs.chunks.chunk_count && sums->chunk_bytes <= source->acquired_bytes &&
           source->acquired_bytes <= source->acquired_peak_bytes &&
           (source->limit_bytes == 0 || source->acquired_bytes <= source->limit_bytes);
}

bool qi_check_heap(const struct quarry_heap *heap)
{
    struct sums sums;
    qi_bytes_clear(&sums, sizeof sums);
    for (struct chunk *chunk = first_chunk(heap); chunk != NULL; chunk = next_chunk(chunk))
        if (!check_chunk(heap, chunk, &sums))
            return false;
    if (!check_run_lists(&heap->bins.runs, &sums))
        return report_damage(heap, heap->bins.runs.heads);
    for (unsigned bin = 0; bin < BIN_COUNT; bin++)
        if (!check_bin(&heap->bins, bin, &sums))
            return report_damage(heap, &heap->bins.bins[bin]);
    return check_figures(heap, &sums) ? true : report_damage(heap, &heap->used_bytes);
}
