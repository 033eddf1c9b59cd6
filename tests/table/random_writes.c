/* SPDX-License-Identifier: MIT
 *
 * random_writes.c: from check level 3 no write beyond a block's end, or to a block that was freed, stays unreported
 * once the block is freed, the heap checked or the memory taken anew. Random lengths, places and bytes, among random
 * blocks of random heaps. A write beyond an end is one without a gap: from the byte behind the block upwards, or from
 * the byte before it downwards. It may go on through any number of neighbours, but stays in the heap's pages; on a
 * source it stays in the canary, as what follows may not be the heap's. A write that leaves every byte as it was is
 * none.
 */
#include "crowd.h"

enum { WRITES_A_HEAP = 40, LONGEST_BYTES = 160 };

/* What was done, to be undone. */
struct stray {
    unsigned char *start;
    size_t bytes;
    unsigned char before[LONGEST_BYTES], after[LONGEST_BYTES];
};

/* --- the pages that the heap has: a heap on a region has one chunk --- */

struct pages {
    const unsigned char *start, *end;
};

static bool note_pages(void *context, const struct quarry_block *block)
{
    struct pages *pages = context;
    if (pages->start == NULL)
        pages->start = block->pointer;
    const uintptr_t end = (uintptr_t)block->pointer + block->bytes; /* what stands behind a block ends with its page */
    pages->end = (const unsigned char *)((end + QUARRY_PAGE_BYTES - 1) & ~(uintptr_t)(QUARRY_PAGE_BYTES - 1));
    return true;
}

/* --- writing --- */

static unsigned char changed(unsigned char before, unsigned style)
{
    switch (style) {
    case 0:
        return (unsigned char)(before ^ (1 + test_random_below(255)));
    case 1:
        return 0;
    case 2:
        return 'A';
    default:
        return (unsigned char)test_random();
    }
}

/* false: every byte is as it was. */
static bool write_stray(struct stray *stray, unsigned char *start, size_t bytes)
{
    unsigned style = (unsigned)test_random_below(4);
    bool any = false;
    stray->start = start;
    stray->bytes = bytes;
    for (size_t i = 0; i < bytes; i++) {
        stray->before[i] = start[i];
        start[i] = stray->after[i] = changed(start[i], style);
        any |= start[i] != stray->before[i];
    }
    return any;
}

/* Where links have been written over it meanwhile, they stay. */
static void undo(const struct stray *stray)
{
    for (size_t i = 0; i < stray->bytes; i++)
        if (stray->start[i] == stray->after[i])
            stray->start[i] = stray->before[i];
}

static void show(const char *what, const struct crowd_block *block, const struct stray *stray)
{
    test_print("  ");
    test_print(what);
    test_print(": block ");
    test_print_hex((uintptr_t)block->start);
    test_print(" of ");
    test_print_unsigned(block->bytes);
    test_print(", written ");
    test_print_unsigned(stray->bytes);
    test_print(" from ");
    test_print_hex((uintptr_t)stray->start);
    test_print("\n");
}

/* --- overflows --- */

/* A call with the block: each must say that it was written beyond. */
static bool call_says_overrun(struct quarry_heap *heap, void *block)
{
    switch (test_random_below(5)) {
    case 0:
        CHECK_EQ(quarry_realloc(heap, block, test_random_below(200)), NULL);
        break;
    case 1:
        CHECK(!quarry_resize(heap, block, test_random_below(200)));
        break;
    case 2:
        CHECK_EQ(quarry_usable_size(heap, block), 0);
        break;
    default:
        quarry_free(heap, block);
        break;
    }
    return take_reports() == OVERRUN;
}

/* *filled: it may have been reported while a spared run was given back, which is filled anew then: what was written is
 * not there any longer, and must not be undone. */
static bool check_says_something(struct quarry_heap *heap, bool *filled)
{
    bool sound = quarry_check(heap);
    unsigned kinds = take_reports();
    *filled = sound || kinds == WRITE_AFTER_FREE;
    return kinds != 0;
}

/* Upwards from the byte behind the block. false: nothing was done. *used_up: the heap is not to be used any longer. */
static bool overflow(struct crowd *crowd, const struct pages *pages, bool *used_up)
{
    static struct stray stray;
    const struct crowd_block *block = crowd_pick(crowd->live);
    if (block == NULL)
        return false;
    size_t room = crowd->on_source ? CANARY_BYTES : (size_t)(pages->end - (block->start + block->bytes));
    size_t length = 1 + test_random_below(test_random_below(2) == 0 ? 8 : LONGEST_BYTES);
    if (room == 0 || !write_stray(&stray, block->start + block->bytes, length < room ? length : room))
        return false;
    if (!CHECK(check_says_something(crowd->heap, used_up)))
        show("overflow, check", block, &stray);
    if (!CHECK(call_says_overrun(crowd->heap, block->start)))
        show("overflow, call", block, &stray);
    if (!*used_up)
        undo(&stray);
    return true;
}

/* Downwards from the byte before the block. */
static bool underflow(struct crowd *crowd, const struct pages *pages, bool *used_up)
{
    static struct stray stray;
    const struct crowd_block *block = crowd_pick(crowd->live);
    size_t room = block == NULL ? 0 : (size_t)(block->start - pages->start);
    size_t length = 1 + test_random_below(test_random_below(2) == 0 ? 8 : LONGEST_BYTES);
    length = length < room ? length : room;
    if (length == 0 || !write_stray(&stray, block->start - length, length))
        return false;
    if (!CHECK(check_says_something(crowd->heap, used_up)))
        show("underflow, check", block, &stray);
    if (!*used_up)
        undo(&stray);
    return true;
}

/* --- writes after free --- */

/* Takes memory until something is reported. Nothing may be handed out that was written to. */
static void expect_reuse_reported(struct crowd *crowd, const struct crowd_block *dead, const struct stray *stray)
{
    unsigned char *block;
    size_t bytes = test_random_below(2) == 0 ? dead->bytes : 1 + test_random_below(100);
    while ((block = quarry_malloc(crowd->heap, bytes)) != NULL) {
        if (take_reports() != 0)
            return;
        size_t usable = quarry_usable_size(crowd->heap, block);
        if (!CHECK((uintptr_t)stray->start + stray->bytes <= (uintptr_t)block ||
                   (uintptr_t)block + usable + CANARY_BYTES <= (uintptr_t)stray->start)) {
            show("write after free, handed out", dead, stray);
            return;
        }
    }
    if (take_reports() != 0)
        return;
    /* It lies where no block of this size fits: the check finds it. */
    bool filled;
    if (!CHECK(check_says_something(crowd->heap, &filled)))
        show("write after free, check at the end", dead, stray);
}

static bool write_after_free(struct crowd *crowd, bool *used_up)
{
    static struct stray stray;
    const struct crowd_block *dead = crowd_pick(crowd->dead);
    if (dead == NULL)
        return false;
    size_t first = test_random_below(3) == 0 ? 0 : test_random_below(dead->bytes);
    size_t length = 1 + test_random_below(test_random_below(2) == 0 ? 4 : LONGEST_BYTES);
    length = length < dead->bytes - first ? length : dead->bytes - first;
    if (!crowd_is_free(crowd, dead->start + first, length) || !write_stray(&stray, dead->start + first, length))
        return false;
    *used_up = test_random_below(8) == 0;
    if (*used_up) {
        expect_reuse_reported(crowd, dead, &stray);
        return true;
    }
    if (!CHECK(check_says_something(crowd->heap, used_up)))
        show("write after free, check", dead, &stray);
    if (!*used_up)
        undo(&stray);
    return true;
}

/* --- placements --- */

static bool place(struct crowd *crowd, bool *used_up)
{
    struct pages pages = {NULL, NULL};
    crowd_change(crowd, 3);
    if (test_random_below(8) == 0)
        quarry_trim(crowd->heap); /* no block waits */
    if (crowd->on_source)         /* what lies beyond the canary, or was freed, may be the source's */
        return overflow(crowd, &pages, used_up);
    if (test_random_below(3) == 0)
        return write_after_free(crowd, used_up);
    quarry_walk(crowd->heap, note_pages, &pages);
    return test_random_below(3) == 0 ? underflow(crowd, &pages, used_up) : overflow(crowd, &pages, used_up);
}

TEST(test_random_writes_beyond_blocks_and_after_free_are_all_reported)
{
    if (QUARRY_CHECK_LEVEL < 3)
        SKIP("blocks have canaries, and free memory is filled, from check level 3 on");
    static struct crowd crowd;
    for (unsigned done = 0, heap = 1; done < CROWD_PLACEMENTS && !test_is_over(); heap++) {
        bool used_up = false;
        test_seed(heap);
        if (!crowd_begin(&crowd, heap % 8 == 0))
            return;
        for (unsigned here = 0; here < WRITES_A_HEAP && !used_up && !test_is_over();) {
            bool placed = place(&crowd, &used_up);
            here += placed;
            done += placed;
        }
        if (!used_up && !test_is_over())
            crowd_is_valid(&crowd);
    }
}
