/* SPDX-License-Identifier: MIT
 *
 * run_chunks.c: see run.h. Heads of the lists, and the chunks whose pages are runs.
 */
#include "bytes.h"
#include "run.h"

/* --- heads --- */

/* The class of all pages of a chunk, whose codes and maps lie from control on, and whose pages end before end. */
static unsigned class_of_all(uintptr_t control, uintptr_t end)
{
    const size_t span = end - control, tail = end & (QUARRY_PAGE_BYTES - 1);
    return span > tail ? run_class(qi_chunk_pages_that_fit(span - tail)) : 0;
}

/* How many classes the free runs of a chunk need, at least so many, whose heads, codes and maps lie from place on. No
 * more than that: one too many might take a page from a region that is a byte longer. */
static unsigned classes_for(uintptr_t place, uintptr_t end, unsigned classes)
{
    while (classes < RUN_CLASSES && class_of_all(place + classes * sizeof(struct list_head), end) >= classes)
        classes++;
    return classes;
}

void qi_run_clear(struct run_set *set)
{
    set->class_mask = 0;
    set->free_pages = 0;
    set->free_runs = 0;
    for (unsigned class = 0; class < run_classes(set); class ++)
        list_set_first(&set->heads[class], NULL);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): below check level 2 heads are written there */
uint8_t *qi_run_place_heads(struct run_set *set, uint8_t *place, uintptr_t end)
{
    uint8_t *control = control_place_heads(set, place, classes_for((uintptr_t)place, end, RUN_SHORT_CLASSES));
    qi_run_clear(set);
    return control;
}

bool qi_run_heads_lie_in(const struct run_set *set, const struct added_chunk *added)
{
    return (uintptr_t)set->heads - (uintptr_t)added < added->chunk.bytes;
}

/* To a longer row. A list's first node says where its head lies. */
/* NOLINTNEXTLINE(readability-non-const-parameter): as above */
static void move_heads(struct run_set *set, uint8_t *place, unsigned classes)
{
    const struct list_head *old = set->heads;
    const unsigned count = run_classes(set);
    (void)control_place_heads(set, place, classes);
    for (unsigned class = 0; class < run_classes(set); class ++) {
        struct list_node *first = class < count ? list_first(&old[class]) : NULL;
        list_set_first(&set->heads[class], first);
        if (first != NULL)
            list_store_link(&set->chunks, first, &set->heads[class].first);
    }
}

/* --- chunks --- */

static void add_pages(struct run_set *set, struct chunk *chunk)
{
    set->free_pages += chunk->page_count;
    set->free_runs++;
    memory_freed(&set->chunks.source.reporter, chunk->pages, chunk->page_count << UNITS_PAGE_SHIFT);
    run_insert(set, run_class(chunk->page_count), run_node_at(chunk, 0));
    run_mark_free(chunk->codes, chunk->maps, 0, chunk->page_count);
}

void qi_run_add_first(struct run_set *set)
{
    add_pages(set, &set->chunks.first);
}

bool qi_run_add_chunk(struct run_set *set, struct added_chunk *added)
{
    struct chunk *chunk = &added->chunk;
    uint8_t *place = (uint8_t *)(added + 1), *control = place;
    const uintptr_t end = (uintptr_t)added + chunk->bytes;
    unsigned classes = run_classes(set);
    const bool has_heads = qi_run_heads_lie_in(set, added); /* since before a reset */
    const bool brings_heads = !has_heads && class_of_all((uintptr_t)place, end) >= classes;
    if (brings_heads)
        classes = classes_for((uintptr_t)place, end, classes);
    if (has_heads || brings_heads)
        control += classes * sizeof(struct list_head);
    if (!qi_chunk_format(chunk, control, end))
        return false;
    if (brings_heads)
        move_heads(set, place, classes);
    qi_chunk_insert(&set->chunks, added);
    add_pages(set, chunk);
    return true;
}

bool qi_run_chunk_is_free(const struct chunk *chunk)
{
    return chunk_is_valid(chunk) && chunk->page_count != 0 && chunk->codes[0] == PAGE_FREE &&
           control_length_at_start(chunk->maps, 0) == chunk->page_count;
}

bool qi_run_remove_chunk(struct run_set *set, struct chunk *chunk)
{
    const bool has_heads = chunk != &set->chunks.first && qi_run_heads_lie_in(set, (const struct added_chunk *)chunk);
    if (has_heads || !qi_run_chunk_is_free(chunk))
        return false;
    struct list_node *node = run_node_at(chunk, 0);
    const unsigned class = run_class(chunk->page_count);
    if (!qi_run_node_is_valid(set, node, class))
        return qi_run_report(set, node) != NULL;
    run_remove_node(set, node, class);
    set->free_pages -= chunk->page_count;
    set->free_runs--;
    run_use_pages(set, chunk, 0, chunk->page_count);
    return true;
}
