/* SPDX-License-Identifier: MIT
 *
 * free_later.c: see free_later.h. One block first, then a list of those that wait, then what calls do.
 *
 * Whether a block is live is decided here, as quarry_free() decides it. So a block that was handed in twice is freed
 * once and reported once, and a pointer that is no block's is reported, with who handed it in.
 */
#include "free_later.h"

#if QUARRY_FREE_LATER != 0

static const struct reporter *reporter_of(struct quarry_heap *heap)
{
    return &heap_source(heap)->reporter;
}

/* --- one block --- */

/* As qi_report(), with who handed the pointer in. */
static void report_handed_in(struct quarry_heap *heap, unsigned kind, const void *pointer, const void *caller)
{
    const struct reporter *reporter = reporter_of(heap);
    const bool is_valid = reporter_is_valid(reporter);
    const struct quarry_misuse misuse = {.kind = is_valid ? (enum quarry_misuse_kind)kind : QUARRY_CORRUPT,
                                         .heap = heap,
                                         .pointer = pointer,
                                         .bytes = 0,
                                         .caller = caller};
    memory_work_ends();
    if (is_valid && reporter->on_misuse != NULL)
        reporter->on_misuse(reporter->context, &misuse);
    else
        quarry_panic(&misuse);
    memory_work_begins();
}

static void free_one(struct quarry_heap *heap, void *address, const void *caller)
{
    struct heap_block block;
    const unsigned wrong = debug_find(heap, address, CALLER_IS_CHECKED, &block);
    if (wrong == 0)
        debug_free(heap, address, &block);
    else
        report_handed_in(heap, wrong, address, caller);
}

/* --- a list: each function frees at most so many, and answers how many more may be freed --- */

static unsigned free_entries(struct quarry_heap *heap, struct later_list *list, unsigned most)
{
    const void *caller;
    for (unsigned i = 0; i < LATER_ENTRIES && most != 0; i++) {
        const uintptr_t coded = qi_later_take(&list->entries[i], &caller);
        if (coded == 0)
            continue;
        void *address = qi_later_block(coded);
        if (address != NULL)
            free_one(heap, address, caller);
        else
            qi_report_damage(reporter_of(heap), &list->entries[i]);
        most--;
    }
    const uintptr_t wrong = most == 0 ? 0 : qi_later_take(&list->wrong, &caller);
    if (wrong != 0) {
        report_handed_in(heap, QUARRY_INVALID_POINTER, (const void *)wrong, caller);
        most--;
    }
    return most;
}

/* The first of the linked ones, which is not NULL. Who handed it in is no longer known. */
static enum later_followed free_linked(struct quarry_heap *heap, struct later_list *list, void *address)
{
    struct heap_block block;
    const unsigned wrong = qi_heap_locate(heap, memory_address(address), 1, &block);
    if (wrong != 0) { /* so its link is not to be believed */
        later_forget_taken(list);
        report_handed_in(heap, wrong, address, NULL);
        return LATER_DAMAGED;
    }
    const enum later_followed followed = qi_later_follow(list);
    if (followed == LATER_DAMAGED)
        qi_report_damage(reporter_of(heap), address);
    if (followed == LATER_FOLLOWED) {
        const size_t bytes = debug_usable_bytes(heap, &block);
        if (bytes - 1 < LATER_LEAST_BYTES - 1) /* from check level 3 its link was written over its canary */
            debug_write_end(heap, heap_block_start(&block), qi_heap_whole_bytes(&block), bytes);
        free_one(heap, address, NULL);
    }
    return followed;
}

static unsigned free_list(struct quarry_heap *heap, struct later_list *list, unsigned most)
{
    void *linked;
    most = free_entries(heap, list, most);
    while (most != 0 && (linked = later_first_linked(list)) != NULL) {
        if (free_linked(heap, list, linked) == LATER_TOO_SOON) /* then another call will be told of it */
            break;
        most--;
    }
    return most;
}

/* --- what calls do --- */

/* Frees at most LATER_FREES blocks; how many there were. */
static unsigned free_some(struct quarry_heap *heap)
{
    struct later *later = &heap->later;
    unsigned most = LATER_FREES;
    later_exchange(&later->waits, 0); /* what is handed in from now on will say so */
    most = free_list(heap, &later->lists[0], most);
    for (unsigned turn = 2; turn != 2 + 2 * ARCH_UNMASKED_LEVELS && most != 0; turn++) {
        const unsigned level = turn / 2;
        most = free_list(heap, qi_later_unused_list(later, level), most);
        if (most != 0)
            qi_later_turn(later, level);
    }
    if (most == 0) /* there may be more */
        later_exchange(&later->waits, 1);
    return LATER_FREES - most;
}

void qi_later_serve(const struct quarry_heap *heap)
{
    struct quarry_heap *writable = (struct quarry_heap *)(uintptr_t)heap;
    if (!source_is_busy(heap_source(writable)))
        free_some(writable);
}

bool qi_later_serve_all(struct quarry_heap *heap, uintptr_t *saved)
{
    bool any = false;
    while (free_some(heap) != 0) {
        any = true;
        lock_leave(heap, *saved);
        *saved = lock_enter(heap);
    }
    return any;
}

/* May a block begin there? None does in front of the first chunk's pages, in the heap's own control data. That these
 * begin elsewhere never changes. */
static bool can_be_block(struct quarry_heap *heap, uintptr_t address)
{
    const size_t control_bytes = (size_t)(heap_chunks(heap)->first.pages - (const uint8_t *)heap);
    return (address & (sizeof(uintptr_t) - 1)) == 0 && address - (uintptr_t)heap >= control_bytes;
}

void quarry_free_later(struct quarry_heap *heap, void *block)
{
    if (block != NULL)
        qi_later_add(&heap->later, block, __builtin_return_address(0), can_be_block(heap, (uintptr_t)block));
}

#endif
