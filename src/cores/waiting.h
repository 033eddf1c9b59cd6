/* SPDX-License-Identifier: MIT
 *
 * waiting.h: blocks that were handed in by quarry_free_later() and wait for a call that frees them.
 *
 * The call that hands a block in never waits: each of its few steps is one instruction, or the CPU's own pair of a load
 * that is linked and a store. So an NMI, a fault handler or another core may make it, in the middle of any call on the
 * heap, and of another such call.
 *
 *   entries[]    0           1           2                LATER_ENTRIES - 1           (cell = struct later_entry)
 *            +-----------+-----------+-----------+-- .. --+-----------+
 *   block    | a block   | 0         | a block   |        | 0         |       wrong: one more, for a pointer that no
 *   caller   | 0x0800134 | 0x0800134 | 0x0800256 |        | 0         |       block can have
 *            +-----------+-----------+-----------+-- .. --+-----------+
 *                                         ^ number % LATER_ENTRIES: where the next one goes
 *
 *   A block whose entry is needed for another one is linked, through its own first two words:
 *
 *   linked ---> [ link | check | ... ] ---> [ link | check | ... ] ---> 0
 *
 * So nothing is written to a block, and nothing in it is believed, as long as no more than LATER_ENTRIES wait: it may
 * be handed in twice, or be no block at all, or be written to. A link is believed only if its check is right, and what
 * it leads to only if control data says that it is a live block (free_later.c).
 *
 * A call that frees takes an entry, or all that are linked at once, by one exchange. Where an exchange is several
 * instructions, because the CPU has no atomic ones, interrupts are masked for them. What cannot be masked there has a
 * pair of lists for each of its levels (arch.h): it uses the one that is not being emptied, and as it ends before any
 * code below its level goes on, a word says which one that is.
 */
#ifndef QUARRY_WAITING_H
#define QUARRY_WAITING_H

#include "../lock.h"
#include "../units.h"

#if QUARRY_FREE_LATER == 0

#define LATER_FIELD
#define LATER_BYTES        0
#define LATER_LEAST_BYTES  1
#define later_forget(heap) ((void)(heap))

#else

#define LATER_FIELD struct later later;
#define LATER_BYTES sizeof(struct later) /* in a heap */

enum {
    LATER_ENTRIES = QUARRY_FREE_LATER,
    LATER_LISTS = 1 + 2 * ARCH_UNMASKED_LEVELS, /* of all that can be masked; a pair for each level that cannot */
    LATER_LEAST_BYTES = 2 * sizeof(uintptr_t)   /* of a block, for its link; no slot is shorter */
};

struct later_entry {
    uintptr_t block;  /* coded; 0: none */
    uintptr_t caller; /* the return address of the call that handed it in */
};

struct later_list {
    uintptr_t number; /* of blocks that were handed in so far; wraps */
    struct later_entry entries[LATER_ENTRIES];
    struct later_entry wrong;
    uintptr_t linked; /* the block that was linked last; 0: none */
    uintptr_t taken;  /* as linked, of those that a call has begun to free */
};

struct later {
    uintptr_t waits; /* not 0: something was handed in that no call has looked at */
    uintptr_t turns; /* a bit for each level that cannot be masked: which list of the pair is used */
    struct later_list lists[LATER_LISTS];
};

_Static_assert(UNITS_GRANULE_BYTES >= LATER_LEAST_BYTES, "a slot holds a link and its check");
_Static_assert(ARCH_HAS_ATOMICS || QUARRY_CORES == 1,
               "QUARRY_FREE_LATER on several cores needs atomic instructions, which this CPU does not have: "
               "with QUARRY_FREE_LATER 0 each core calls quarry_free()");

/* --- words that others change at any time --- */

#if ARCH_HAS_ATOMICS
BITS_INLINE uintptr_t later_exchange(uintptr_t *word, uintptr_t value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

BITS_INLINE uintptr_t later_count(uintptr_t *word)
{
    return __atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
}

BITS_INLINE uintptr_t later_load(const uintptr_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

BITS_INLINE void later_store(uintptr_t *word, uintptr_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
#else
BITS_INLINE uintptr_t later_load(const uintptr_t *word)
{
    return *(const volatile uintptr_t *)word;
}

BITS_INLINE void later_store(uintptr_t *word, uintptr_t value)
{
    *(volatile uintptr_t *)word = value;
}

BITS_INLINE uintptr_t later_exchange(uintptr_t *word, uintptr_t value)
{
    const uintptr_t saved = arch_irq_save(), old = later_load(word);
    later_store(word, value);
    arch_irq_restore(saved);
    return old;
}

BITS_INLINE uintptr_t later_count(uintptr_t *word)
{
    const uintptr_t saved = arch_irq_save(), old = later_load(word);
    later_store(word, old + 1);
    arch_irq_restore(saved);
    return old;
}
#endif

/* --- what is handed in --- */

/* Hands a block in, for a call whose return address is given. can_be_block: it is aligned for a word, and may be
 * written to if it is a block. */
void qi_later_add(struct later *later, void *block, const void *caller, bool can_be_block);

/* Everything that waits is forgotten: the heap is empty. */
void qi_later_forget(struct later *later);

#define later_forget(heap) qi_later_forget(&(heap)->later)

/* Has something been handed in? */
BITS_INLINE bool later_waits(const struct later *later)
{
    return later_load(&later->waits) != 0;
}

/* --- what calls take, under the heap's lock --- */

/* Of the pair of a level that cannot be masked, the list that the level does not use; and makes it use that one. */
struct later_list *qi_later_unused_list(struct later *later, unsigned level);
void qi_later_turn(struct later *later, unsigned level);

/* What an entry holds, and who handed it in; the entry is then empty. 0: there is nothing. */
uintptr_t qi_later_take(struct later_entry *entry, const void **caller);

/* The block that an entry held; NULL: what it held was damaged. */
void *qi_later_block(uintptr_t coded);

/* The block that was linked last; NULL: there is none. It must be live when qi_later_follow() is asked. */
BITS_INLINE void *later_first_linked(struct later_list *list)
{
    if (list->taken == 0)
        list->taken = later_exchange(&list->linked, 0);
    return (void *)list->taken;
}

enum later_followed {
    LATER_FOLLOWED, /* the next one is the first now */
    LATER_TOO_SOON, /* its link is just being written; nothing has changed */
    LATER_DAMAGED   /* its link was written over: this and what is behind it is forgotten, and stays live */
};

enum later_followed qi_later_follow(struct later_list *list);

/* Forgets the first one and what is behind it. */
BITS_INLINE void later_forget_taken(struct later_list *list)
{
    list->taken = 0;
}

#endif

#endif
