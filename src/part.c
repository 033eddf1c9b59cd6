/* SPDX-License-Identifier: MIT
 *
 * part.c: see part.h. Where the cursor stands first, then one step of the walk, one of the check, and the way through
 * both.
 */
#include "part.h"

#include "bytes.h"

/* What a cursor's phase says that its other fields mean. */
enum phase {
    PHASE_HEADS, /* at: how many heads of lists were looked at */
    PHASE_FIRST, /* at: where to go on in the first chunk; 0: at its start */
    PHASE_OTHERS /* at: the lowest address at which to go on */
};

/* One call's part. */
struct part {
    struct quarry_heap *heap;
    struct quarry_cursor *cursor;
    const struct check_visitor *visitor; /* NULL: it is a check */
    size_t pages;                        /* how many may still be looked at */
};

/* Where a part goes on. */
struct part_place {
    struct chunk *chunk;
    size_t page;
};

static void count_pages(struct part *part, size_t pages)
{
    part->pages -= pages < part->pages ? pages : part->pages;
}

static struct chunk_set *chunks_of(const struct part *part)
{
    return &part->heap->bins.runs.chunks;
}

static enum quarry_progress report(const struct part *part, const void *at)
{
    qi_report_damage(&chunks_of(part)->source.reporter, at);
    return QUARRY_DAMAGED;
}

/* --- where something starts --- */

/* Of a page whose code says that a free run starts there: does one? Its last page may have the same code, but then no
 * length. */
static bool starts_free_run(const struct chunk *chunk, size_t page)
{
    return run_length_is_valid(chunk, page, control_length_at_start(chunk->maps, page));
}

/* Does a run, a block or free memory start at a page? */
static bool starts_at(const struct chunk *chunk, size_t page)
{
    const unsigned code = chunk->codes[page];
    if (code >= PAGE_SMALL)
        return !CONTROL_DIRECT_CODES || page_code_distance(code) == 0;
    return code == PAGE_LARGE || (code == PAGE_FREE && starts_free_run(chunk, page));
}

/* Is that what it must be behind what ends before a page? */
static bool may_follow(const struct chunk *chunk, size_t page)
{
    return page == chunk->page_count || starts_at(chunk, page);
}

/* Of an address before the first page it comes out as a huge number. */
static size_t page_of(const struct chunk *chunk, uintptr_t address)
{
    return chunk_offset(chunk, (const void *)address) >> UNITS_PAGE_SHIFT;
}

/* --- one step of the walk --- */

/* Shows what starts at a page, and goes on behind it. */
static enum quarry_progress show(struct part *part, struct part_place *place)
{
    struct check_stretch stretch = {place->chunk, place->page, 0, 0};
    if (!qi_check_read(&stretch))
        return report(part, place->chunk->codes + place->page);
    count_pages(part, stretch.code >= PAGE_SMALL ? stretch.pages : 1);
    place->page += stretch.pages;
    if (!may_follow(place->chunk, place->page))
        return report(part, place->chunk->codes + place->page);
    return qi_check_show(part->visitor, &stretch) ? QUARRY_MORE : QUARRY_DONE;
}

/* --- one step of the check --- */

/* QUARRY_MORE, or a report. */
static enum quarry_progress judge(const struct part *part, bool is_valid, const void *at)
{
    return is_valid ? QUARRY_MORE : report(part, at);
}

/* Looks at what starts at a page: a run of small blocks as a whole, of anything else the first page. */
static enum quarry_progress check_start(struct part *part, struct part_place *place)
{
    struct check_sums sums;
    struct check_stretch stretch = {place->chunk, place->page, 0, 0};
    const uint8_t *at = chunk_page_address(place->chunk, place->page);
    qi_bytes_clear(&sums, sizeof sums);
    bool is_valid = qi_check_read(&stretch) && may_follow(place->chunk, place->page + stretch.pages);
    size_t pages = 1;
    if (is_valid && stretch.code >= PAGE_SMALL) {
        is_valid = qi_check_small_run(part->heap, &stretch, &sums);
        pages = stretch.pages;
    } else if (is_valid && stretch.code == PAGE_FREE) {
        is_valid = qi_check_free_ends(part->heap, &stretch);
    }
    count_pages(part, pages);
    part->cursor->seen = pages < stretch.pages ? (uintptr_t)at : 0;
    place->page += pages;
    return judge(part, is_valid, at);
}

/* Fills in the large block or free run, the start of which was looked at before the cursor came to stand inside it.
 * False: it is no more. */
static bool find_seen(const struct part *part, const struct part_place *place, struct check_stretch *stretch)
{
    stretch->chunk = place->chunk;
    stretch->page = page_of(place->chunk, part->cursor->seen);
    if (part->cursor->seen == 0 || stretch->page >= place->page || !starts_at(place->chunk, stretch->page) ||
        place->chunk->codes[stretch->page] >= PAGE_SMALL)
        return false;
    return qi_check_read(stretch) && stretch->page + stretch->pages > place->page;
}

/* Looks at a page of a large block or free run, behind its first. */
static enum quarry_progress check_inner(struct part *part, struct part_place *place,
                                        const struct check_stretch *stretch)
{
    const size_t page = place->page++;
    const bool is_end = stretch->code == PAGE_FREE && page == stretch->page + stretch->pages - 1;
    count_pages(part, 1);
    return judge(part, is_end || qi_check_nothing(place->chunk, page, page + 1),
                 chunk_page_address(place->chunk, page));
}

/* --- heads --- */

/* How many there are: of free runs by class, then of bins. */
static unsigned heads_of(const struct part *part)
{
    return run_classes(&part->heap->bins.runs) + BIN_COUNT;
}

/* The run in which a list's first node lies, if it lies in one and its link leads back to the head. */
static bool find_first(const struct part *part, const struct list_head *head, struct bin_run *run)
{
    const struct list_node *node = list_first(head);
    run->chunk = (struct chunk *)(uintptr_t)chunk_find(chunks_of(part), node);
    if (node == NULL || run->chunk == NULL || !chunk_holds(run->chunk, node) ||
        ((uintptr_t)node & (UNITS_GRANULE_BYTES - 1)) != 0 || list_link(chunks_of(part), node) != &head->first)
        return false;
    run->page = page_of(run->chunk, (uintptr_t)node);
    run->code = chunk_run_code(run->chunk->codes, &run->page);
    return true;
}

/* R2, and R1 of the first run. */
static bool class_is_valid(const struct part *part, unsigned class)
{
    const struct run_set *set = &part->heap->bins.runs;
    const struct list_head *head = &set->heads[class];
    struct bin_run run;
    if (!list_head_is_valid(head) || (set->class_mask >> class & 1) != (head->first != NULL))
        return false;
    return head->first == NULL || (find_first(part, head, &run) && run.code == PAGE_FREE &&
                                   run_node_at(run.chunk, run.page) == list_first(head) &&
                                   run_class(control_length_at_start(run.chunk->maps, run.page)) == class);
}

/* B1 of the first run in the bin's list. */
static bool room_is_valid(const struct part *part, unsigned index)
{
    const struct list_head *head = &part->heap->bins.rooms[index];
    struct bin_run run;
    if (!list_head_is_valid(head))
        return false;
    return head->first == NULL ||
           (find_first(part, head, &run) && qi_check_run_pages(run.chunk->codes[run.page]) != 0 &&
            bin_of_code(run.code) == index && bin_run_is_valid(&run) && qi_bin_node(&run) == list_first(head));
}

/* Is the bin's current run one of its runs? */
static bool current_is_valid(const struct part *part, unsigned index)
{
    const struct bin *bin = &part->heap->bins.bins[index];
    const uint8_t *start = bin_current_start(bin);
    if (bin->run == 0)
        return true;
    const struct chunk *chunk = chunk_find(chunks_of(part), start);
    if (chunk == NULL || !chunk_holds(chunk, start))
        return false;
    const size_t page = page_of(chunk, (uintptr_t)start);
    return starts_at(chunk, page) && chunk->codes[page] >= PAGE_SMALL && bin_of_code(chunk->codes[page]) == index &&
           chunk_page_address(chunk, page) == start && chunk_map(chunk, page) == bin->map;
}

/* Looks at one head after the other. */
static enum quarry_progress check_heads(struct part *part)
{
    const struct bin_set *set = &part->heap->bins;
    const unsigned classes = run_classes(&set->runs), heads = heads_of(part);
    uintptr_t *at = &part->cursor->at;
    if (*at == 0 && (!qi_check_seals(part->heap) || set->runs.class_mask >> (classes - 1) >> 1 != 0))
        return report(part, part->heap);
    for (; part->pages != 0 && *at < heads; (*at)++, count_pages(part, 1)) {
        const unsigned bin = (unsigned)*at - classes;
        if (*at < classes && !class_is_valid(part, (unsigned)*at))
            return report(part, &set->runs.heads[*at]);
        if (*at >= classes && (!room_is_valid(part, bin) || !current_is_valid(part, bin)))
            return report(part, &set->bins[bin]);
    }
    return QUARRY_MORE;
}

/* --- the way --- */

/* The chunk that holds the place where to go on, and the page in it. NULL chunk: there is nothing any more. False: the
 * tree of chunks is damaged. */
static bool find_place(const struct part *part, struct part_place *place)
{
    const uintptr_t at = part->cursor->at;
    place->page = 0;
    if (part->cursor->phase == PHASE_FIRST) {
        place->chunk = &chunks_of(part)->first;
        if (at != 0)
            place->page = page_of(place->chunk, at);
        return true;
    }
    struct added_chunk *added = qi_chunk_find_added(chunks_of(part), (const void *)at);
    if (added == NULL && !qi_chunk_next(chunks_of(part), (const void *)at, &added))
        return false;
    place->chunk = (struct chunk *)added;
    if (added != NULL && (uintptr_t)added->chunk.pages < at) /* not in front of its pages */
        place->page = page_of(place->chunk, at);
    return true;
}

/* What there is to see of a chunk at its start: a huge block is all of it. */
static enum quarry_progress begin_chunk(struct part *part, struct chunk *chunk)
{
    if (chunk->page_count != 0)
        return starts_at(chunk, 0) ? QUARRY_MORE : report(part, chunk->codes);
    count_pages(part, 1);
    if (part->visitor != NULL)
        return qi_check_show_huge(part->visitor, chunk) ? QUARRY_MORE : QUARRY_DONE;
    return QUARRY_MORE; /* its head has been looked at */
}

/* Looks at what lies at a page, and goes on behind it. */
static enum quarry_progress look(struct part *part, struct part_place *place)
{
    struct check_stretch stretch;
    if (part->visitor == NULL && find_seen(part, place, &stretch))
        return check_inner(part, place, &stretch);
    if (starts_at(place->chunk, place->page))
        return part->visitor != NULL ? show(part, place) : check_start(part, place);
    place->page++; /* inside of what is new, or has grown */
    count_pages(part, 1);
    return QUARRY_MORE;
}

/* Goes through a chunk's pages until the part is over. */
static enum quarry_progress go_through(struct part *part, struct part_place *place)
{
    enum quarry_progress progress = QUARRY_MORE;
    while (progress == QUARRY_MORE && part->pages != 0 && place->page < place->chunk->page_count)
        progress = look(part, place);
    return progress;
}

/* Where the memory of a chunk that is not the first begins. */
static uintptr_t start_of(const struct chunk *chunk)
{
    return (uintptr_t)((const struct added_chunk *)chunk)->start;
}

/* The cursor goes on at a place, or behind its chunk. QUARRY_DONE: that is the end of the address space. */
static enum quarry_progress move_cursor(struct quarry_cursor *cursor, const struct part_place *place)
{
    if (place->page < place->chunk->page_count) {
        cursor->at = (uintptr_t)chunk_page_address(place->chunk, place->page);
        return QUARRY_MORE;
    }
    const bool was_first = cursor->phase == PHASE_FIRST;
    cursor->phase = PHASE_OTHERS;
    cursor->seen = 0;
    cursor->at = was_first ? 0 : start_of(place->chunk) + place->chunk->bytes;
    return was_first || cursor->at != 0 ? QUARRY_MORE : QUARRY_DONE;
}

/* One chunk, or a part of it. QUARRY_DONE: it was the last. */
static enum quarry_progress go_on_in_chunk(struct part *part)
{
    const struct quarry_cursor *cursor = part->cursor;
    enum quarry_progress progress = QUARRY_MORE;
    struct part_place place;
    if (!find_place(part, &place))
        return report(part, &chunks_of(part)->root);
    if (place.chunk == NULL)
        return QUARRY_DONE;
    if (!qi_check_chunk_head(part->heap, place.chunk))
        return report(part, place.chunk);
    if (cursor->phase == PHASE_FIRST ? cursor->at == 0 : cursor->at <= start_of(place.chunk))
        progress = begin_chunk(part, place.chunk);
    if (progress == QUARRY_MORE)
        progress = go_through(part, &place);
    return progress == QUARRY_MORE ? move_cursor(part->cursor, &place) : progress;
}

static void set_phase(struct quarry_cursor *cursor, enum phase phase)
{
    cursor->at = cursor->seen = 0;
    cursor->phase = phase;
}

static enum quarry_progress go_on(struct part *part)
{
    struct quarry_cursor *cursor = part->cursor;
    enum quarry_progress progress = QUARRY_MORE;
    if (part->pages == 0)
        part->pages = 1;
    if (cursor->phase > PHASE_OTHERS) /* it is no cursor */
        set_phase(cursor, PHASE_HEADS);
    while (progress == QUARRY_MORE && part->pages != 0) {
        if (cursor->phase != PHASE_HEADS)
            progress = go_on_in_chunk(part);
        else if (part->visitor == NULL && cursor->at < heads_of(part))
            progress = check_heads(part);
        else
            set_phase(cursor, PHASE_FIRST);
    }
    if (progress != QUARRY_MORE) /* the next call begins anew */
        set_phase(cursor, PHASE_HEADS);
    return progress;
}

enum quarry_progress qi_part_check(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages)
{
    struct part part = {heap, cursor, NULL, pages};
    return go_on(&part);
}

enum quarry_progress qi_part_walk(const struct check_visitor *visitor, struct quarry_cursor *cursor, size_t pages)
{
    struct part part = {(struct quarry_heap *)(uintptr_t)visitor->heap, cursor, visitor, pages};
    return go_on(&part);
}
