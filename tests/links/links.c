/* SPDX-License-Identifier: MIT
 *
 * links.c: whatever is written into free memory, no call crashes, hands out memory outside the heap's pages or memory
 * of a live block, or writes to one; a program for the host.
 *
 *   links CALLS [FIRST]     so many calls, on heaps FIRST, FIRST + 1, ...; each heap is a seed
 *
 * Heaps lie on one region, on several, and on sources that take memory back and that do not. Between random calls
 * words are written: into the nodes of free runs and of runs of small blocks with room, and to any word of a block that
 * was freed, as long as no live block has it; random ones, and crafted ones: addresses of other nodes, of pages in use
 * and of their middles, of list heads, codes and maps, of memory outside. Some lead into a live block, in which a node
 * that points back has been made. What the heap reports is as it likes; from then on it may refuse what it likes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "heap.h"

enum { CALLS_A_HEAP = 400, BLOCKS = 200, DEAD = 64, LAYOUTS = 4, MOST_NODES = 64 };

struct block {
    uint8_t *start;
    size_t bytes;
    bool is_forged; /* a node was made in it: its contents are not looked at */
};

static struct block blocks[BLOCKS]; /* number i owns memory as i + 1; start NULL: none */
static struct block dead[DEAD];     /* were freed; the memory may be another's now */
static struct quarry_heap *heap;
static unsigned long reports, writes;
static unsigned seed;

static void fail(const char *what, const void *address)
{
    printf("heap %u: %s: %p, %d bits, check level %d\n", seed, what, address, (int)BITS_WORD, QUARRY_CHECK_LEVEL);
    exit(1);
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    (void)misuse;
    reports++;
}

/* --- heaps --- */

static void add_regions(const struct quarry_options *options)
{
    for (unsigned i = 0; i < 3; i++) {
        const size_t bytes = (2 + random_below(8)) * ARENA_FRAME_BYTES, cut = random_below(200) & ~(size_t)15;
        uint8_t *region = arena_piece(bytes / ARENA_FRAME_BYTES);
        if (region == NULL)
            continue;
        if (heap == NULL)
            heap = quarry_create(region + cut, bytes - cut, options);
        else
            quarry_add_region(heap, region + cut, bytes - cut);
    }
}

static void make_heap(void)
{
    const struct quarry_options options = {
            .on_misuse = on_misuse, .chunk_bytes = 16384, .entropy = seed, .limit_bytes = 300000};
    const unsigned layout = seed % LAYOUTS;
    arena_begin();
    heap = NULL;
    memset(blocks, 0, sizeof blocks);
    memset(dead, 0, sizeof dead);
    if (layout == 0) {
        const size_t bytes = (2 + random_below(14)) * ARENA_FRAME_BYTES;
        heap = quarry_create(arena_piece(bytes / ARENA_FRAME_BYTES), bytes, &options);
    } else if (layout == 1) {
        add_regions(&options);
    } else {
        const struct quarry_source source = arena_source(layout == 2);
        heap = quarry_create_from_source(&source, &options);
    }
    if (heap == NULL)
        fail("no heap", NULL);
}

/* --- what live blocks hold --- */

static uint8_t pattern(const struct block *block)
{
    return (uint8_t)((size_t)(block - blocks) * 37 + 11);
}

static void look_at(const struct block *block)
{
    for (size_t i = 0; !block->is_forged && i < block->bytes; i++)
        if (block->start[i] != pattern(block))
            fail("a live block was written to", block->start + i);
}

/* In pages of the heap, or a huge block? */
static bool lies_in_pages(const uint8_t *start, size_t bytes)
{
    const struct chunk *chunk = chunk_find(heap_chunks(heap), start);
    return chunk != NULL &&
           (chunk->page_count == 0 ? start == chunk->pages
                                   : chunk_holds(chunk, start) && chunk_holds(chunk, start + bytes - 1));
}

/* A block that a call handed out. */
static void begin_life(struct block *block, uint8_t *start, size_t bytes)
{
    if (!lies_in_pages(start, bytes))
        fail("handed out outside the heap's pages", start);
    if (!arena_own(start, bytes, (uint16_t)(block - blocks + 1)))
        fail("handed out a live block's memory, or what is not there", start);
    block->start = start;
    block->bytes = bytes;
    block->is_forged = false;
    memset(start, pattern(block), bytes);
}

static void end_life(struct block *block)
{
    arena_own(block->start, block->bytes, 0);
    dead[random_below(DEAD)] = *block;
    block->start = NULL;
}

/* --- what is written --- */

/* Places of free memory that hold nodes, as control data says. */
static struct list_node *nodes[MOST_NODES];
static size_t node_count;

static void note_node(struct list_node *node)
{
    nodes[node_count < MOST_NODES ? node_count++ : random_below(MOST_NODES)] = node;
}

static void find_nodes(void)
{
    node_count = 0;
    for (struct chunk *chunk = &heap_chunks(heap)->first; chunk != NULL;
         chunk = (struct chunk *)chunk_link(&chunk->next))
        for (size_t page = 0; page < chunk->page_count; page++) {
            const struct bin_run run = {chunk, page, chunk->codes[page]};
            if (run.code == PAGE_FREE)
                note_node(run_node_at(chunk, page));
            else if (run.code >= PAGE_SMALL && page_code_distance(CONTROL_DIRECT_CODES ? run.code : 0) == 0 &&
                     arena_owner(qi_bin_node(&run)) == 0)
                note_node(qi_bin_node(&run));
        }
}

static const struct block *any_block(void)
{
    const struct block *block = &blocks[random_below(BLOCKS)];
    return block->start != NULL && block->bytes >= sizeof(struct list_node) ? block : NULL;
}

/* A place in a live block where a node may be made, rather at the start of a page; NULL: it has none. */
static struct list_node *place_in(const struct block *block)
{
    uintptr_t at = (uintptr_t)block->start;
    if (random_below(2) == 0)
        at = bits_round_up(at + random_below(block->bytes), QUARRY_PAGE_BYTES);
    return at + sizeof(struct list_node) <= (uintptr_t)block->start + block->bytes ? (struct list_node *)at : NULL;
}

/* A node in a live block, that says it stands behind node, or before it. */
static uintptr_t forge(struct list_node *node)
{
    const struct block *block = any_block();
    struct list_node *forged = block == NULL ? NULL : place_in(block);
    if (forged == NULL)
        return 0;
    blocks[block - blocks].is_forged = true;
    list_store_next(heap_chunks(heap), forged, random_below(2) == 0 ? node : NULL);
    list_store_link(heap_chunks(heap), forged, &node->next);
    return (uintptr_t)forged;
}

static uintptr_t address_of_control(void)
{
    struct run_set *runs = &heap->bins.runs;
    switch (random_below(5)) {
    case 0:
        return (uintptr_t)&runs->heads[random_below(run_classes(runs))];
    case 1:
        return (uintptr_t)&heap->bins.rooms[random_below(BIN_COUNT)];
    case 2:
        return (uintptr_t)runs->chunks.first.codes + random_below(64);
    case 3:
        return (uintptr_t)runs->chunks.first.maps + random_below(64);
    default:
        return (uintptr_t)heap + random_below(sizeof *heap / sizeof(void *)) * sizeof(void *);
    }
}

/* A word that leads somewhere. node: the one that it will be written to. */
static uintptr_t crafted(struct list_node *node)
{
    const uintptr_t other = (uintptr_t)nodes[random_below(node_count)];
    switch (random_below(10)) {
    case 0:
        return 0;
    case 1:
        return other;
    case 2:
        return other + (random_below(9) - 4) * sizeof(void *);
    case 3:
        return other + random_below(8) * QUARRY_PAGE_BYTES;
    case 4:
        return other - random_below(8) * QUARRY_PAGE_BYTES;
    case 5:
        return address_of_control();
    case 6:
        return (uintptr_t)arena_start() + random_below(ARENA_BYTES);
    case 7:
        return (uintptr_t)arena_start() + (random_below(ARENA_BYTES) & ~(size_t)(QUARRY_PAGE_BYTES - 1));
    case 8:
        return forge(node);
    default:
        return (uintptr_t)((uint64_t)random_word() << 32 | random_word());
    }
}

/* As someone would write it who knows the secret: so from check level 2 on too it is a link, now and then. */
static void write_node(struct list_node *node)
{
    struct chunk_set *set = heap_chunks(heap);
    const unsigned words = 1 + (unsigned)random_below(3);
    writes++;
    if ((words & 1) != 0)
        list_store_next(set, node, (struct list_node *)crafted(node));
    if ((words & 2) != 0)
        list_store_link(set, node, (struct list_node **)crafted(node));
}

/* Two neighbours that say the same wrong thing of each other. */
static void write_pair(struct list_node *first, struct list_node *second)
{
    struct chunk_set *set = heap_chunks(heap);
    writes++;
    list_store_next(set, first, second);
    list_store_link(set, second, &first->next);
}

/* Any word of a block that was freed, while it is nobody's. */
static void write_dead(void)
{
    const struct block *block = &dead[random_below(DEAD)];
    if (block->start == NULL || block->bytes < sizeof(uintptr_t))
        return;
    uintptr_t *word = (uintptr_t *)(void *)(block->start + (random_below(block->bytes) & ~(sizeof(uintptr_t) - 1)));
    if ((uint8_t *)(word + 1) > block->start + block->bytes || !arena_has(word, sizeof *word) ||
        arena_owner(word) != 0 || !lies_in_pages((uint8_t *)word, sizeof *word))
        return;
    *word = crafted((struct list_node *)(void *)word);
    writes++;
}

static void write_something(void)
{
    find_nodes();
    if (node_count == 0)
        return;
    struct list_node *node = nodes[random_below(node_count)];
    switch (random_below(4)) {
    case 0:
        write_dead();
        break;
    case 1:
        write_pair(node, nodes[random_below(node_count)]);
        break;
    default:
        write_node(node);
        break;
    }
}

/* --- calls --- */

static size_t random_bytes(void)
{
    const size_t most[] = {QUARRY_PAGE_BYTES / 4, BIN_MAX_BYTES + 1, 4 * QUARRY_PAGE_BYTES, 20 * QUARRY_PAGE_BYTES};
    return random_below(400) == 0 ? 8192 + random_below(60000) : 1 + random_below(most[random_below(4)]);
}

static void take(struct block *block)
{
    const size_t bytes = random_bytes();
    uint8_t *start = random_below(8) != 0 ? quarry_malloc(heap, bytes)
                                          : quarry_aligned_alloc(heap, (size_t)16 << random_below(9), bytes);
    if (start != NULL)
        begin_life(block, start, bytes);
}

static void change(struct block *block)
{
    const size_t bytes = random_bytes();
    look_at(block);
    arena_own(block->start, block->bytes, 0);
    uint8_t *start = quarry_realloc(heap, block->start, bytes);
    if (start == NULL) {
        arena_own(block->start, block->bytes, (uint16_t)(block - blocks + 1));
        return;
    }
    const size_t kept = bytes < block->bytes ? bytes : block->bytes;
    for (size_t i = 0; !block->is_forged && i < kept; i++)
        if (start[i] != pattern(block))
            fail("contents were lost", start + i);
    begin_life(block, start, bytes);
}

static void give(struct block *block)
{
    look_at(block);
    const unsigned long before = reports;
    quarry_free(heap, block->start);
    if (reports == before || !quarry_owns(heap, block->start))
        end_life(block);
}

/* Of what is not live any more, and not live again. */
static void give_twice(void)
{
    const struct block *block = &dead[random_below(DEAD)];
    if (block->start == NULL || quarry_owns(heap, block->start))
        return;
    const unsigned long before = reports;
    quarry_free(heap, block->start);
    if (QUARRY_CHECK_LEVEL != 0 && reports == before)
        fail("a double free was not reported", block->start);
}

static void call_something(void)
{
    struct block *block = &blocks[random_below(BLOCKS)];
    struct quarry_stats stats;
    const size_t kind = random_below(100);
    if (kind < 85 && block->start == NULL)
        take(block);
    else if (kind < 70)
        give(block);
    else if (kind < 90 && block->start != NULL)
        change(block);
    else if (kind < 94)
        give_twice();
    else if (kind < 96)
        quarry_get_stats(heap, &stats);
    else if (kind < 97)
        quarry_check(heap);
    else if (kind < 98)
        quarry_trim(heap);
    else
        quarry_good_size(heap, random_bytes());
}

int main(int count, char **arguments)
{
    const unsigned long calls = count > 1 ? strtoul(arguments[1], NULL, 10) : 100000;
    unsigned long done = 0;
    for (seed = count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : 1; done < calls; seed++) {
        random_seed(seed);
        make_heap();
        const size_t odds = 4 + random_below(60), quiet = random_below(200);
        for (unsigned call = 0; call < CALLS_A_HEAP; call++, done++) {
            if (call >= quiet && random_below(odds) == 0)
                write_something();
            call_something();
        }
        for (unsigned i = 0; i < BLOCKS; i++)
            if (blocks[i].start != NULL)
                look_at(&blocks[i]);
        quarry_check(heap);
        quarry_destroy(heap);
    }
    printf("%lu calls on %d bits, check level %d: %lu writes, %lu reports\n", done, (int)BITS_WORD, QUARRY_CHECK_LEVEL,
           writes, reports);
    return reports == 0 || writes == 0;
}
