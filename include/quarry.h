/* SPDX-License-Identifier: MIT
 *
 * Quarry: a page, chunk and bin memory allocator for bare metal. This header is all that a user includes.
 *
 * A heap lives inside the memory that it manages: a region that you hand it (quarry_create) or chunks that it
 * asks a page provider for (quarry_create_from_source). Small requests come from bins, large ones are page runs
 * of their own inside a chunk, huge ones (that no chunk can hold) come straight from the source.
 *
 * What holds for every function here:
 *   Units     sizes are bytes; alignments are bytes and powers of two.
 *   Failure   NULL or false; the heap and the block in question are as before. Nothing aborts on exhaustion.
 *   Misuse    a caller's bug goes to the heap's on_misuse hook, or to quarry_panic(), and changes nothing. A pointer
 *             cannot tell that its address was handed out again since: a second free then is a free of the new block,
 *             and is not reported. From check level 3 a freed small block waits before its address is used again.
 *   Time      every bound is in instructions and does not depend on how full or fragmented the heap is. "Lookup"
 *             means finding the chunk of an address: none for the heap's first chunk, otherwise at most one step
 *             for each bit of an address. On a heap with several chunks each link in free memory that a function
 *             follows is looked up too: docs/benchmarks.md, table 3, has what that makes of each call. Only functions
 *             that say so loop over chunks. "Source" means the time of one call to the provider. Bytes copied
 *             or cleared come on top where a function copies or clears.
 *   Context   with QUARRY_LOCK_NONE calls on one heap must not overlap, so an interrupt handler may call only if
 *             it cannot interrupt another call on the same heap (from check level 3 that is reported as QUARRY_REENTRY,
 *             and refused); with QUARRY_LOCK_IRQ or _SMP "ISR" below means that thread and interrupt handler may both
 *             call, with QUARRY_MASK_PRIORITY a handler of that priority or a less urgent one. Different heaps never
 *             share state.
 *             No function may be called from a source's callback on the heap that calls it (QUARRY_REENTRY).
 *   Masked    a lock is held, and interrupts stay masked if it masks them, for a bounded number of instructions, but
 *             for the source's callbacks, a fresh chunk's control data (a byte or two cleared for each page),
 *             on_misuse, and what check levels 3 and 4 look at; in add_region, reset, check and walk it grows as
 *             their Time says. Contents of blocks are copied and cleared without it. docs/interrupts.md has figures
 *             for each function.
 *   Caches    with QUARRY_CACHE malloc and free of small blocks mostly take no lock; "Masked" is then a push or a pop.
 *             get_stats, walk, walk_some, check, trim and reset empty the caches first, and so does a request before it
 *             is refused: see docs/cores.md.
 *   Stack     no recursion, no variable-length arrays.
 */
#ifndef QUARRY_H
#define QUARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quarry_config.h"

#include "quarry/link_names.h"

#define QUARRY_VERSION_MAJOR 0
#define QUARRY_VERSION_MINOR 2
#define QUARRY_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* A heap: chunks, bins, limit and hooks. Opaque; lives inside the memory that it manages. */
struct quarry_heap;

/* What a caller did wrong. */
enum quarry_misuse_kind {
    QUARRY_DOUBLE_FREE = 1,  /* the block is free already */
    QUARRY_INVALID_POINTER,  /* inside a block, or never from this heap */
    QUARRY_WRONG_SIZE,       /* quarry_free_sized() with another size than the block's (from level 2) */
    QUARRY_OVERRUN,          /* a block was written beyond its end (from level 3) */
    QUARRY_WRITE_AFTER_FREE, /* free memory was written to (from level 3) */
    QUARRY_CORRUPT,          /* control data, or a link in free memory, makes no sense */
    QUARRY_REENTRY           /* a source's callback called the heap that called it; from level 3 with QUARRY_LOCK_NONE,
                              * too: a call began during another one on the heap */
};

struct quarry_misuse {
    enum quarry_misuse_kind kind;
    struct quarry_heap *heap; /* NULL: there is none; see quarry/emalloc.h */
    const void *pointer;      /* the pointer given, or the place found damaged */
    size_t bytes;             /* the size given, where there is one; otherwise 0 */
#if QUARRY_FREE_LATER != 0
    const void
            *caller; /* of what quarry_free_later() was told: the address behind that call, or NULL; otherwise NULL */
#endif
};

/* A page provider. acquire must be given; the others may be NULL. The heap keeps a copy of this struct, so
 * only context and what it points to must live as long as the heap. Callbacks are called during a call on the
 * heap (under its lock, with interrupts masked if the lock masks them) and must not call the same heap.
 * They must return: after a longjmp() out of one the heap refuses every call.
 * bytes is a multiple of 4,096; align_bytes is QUARRY_PAGE_BYTES, or more for a block that is aligned to more, if
 * align_max_bytes allows it. */
struct quarry_source {
    void *context;
    /* bytes of memory aligned to align_bytes, or NULL: none left. Contents do not matter. The memory may end with the
     * last byte of the address space. Memory that is misaligned, or wraps round, is given back at once; memory of which
     * the heap has a part already is refused and reported (QUARRY_CORRUPT). */
    void *(*acquire)(void *context, size_t bytes, size_t align_bytes);
    /* Takes back exactly what acquire gave (as extended or truncated since). NULL: never given back; then what becomes
     * free stays with the heap, and is used again, for any size, before acquire is asked. */
    void (*release)(void *context, void *memory, size_t bytes);
    /* Grows memory in place from old_bytes to bytes, or answers false. NULL: cannot grow in place. */
    bool (*extend)(void *context, void *memory, size_t old_bytes, size_t bytes);
    /* Shrinks memory in place from old_bytes to bytes, or answers false. NULL: cannot shrink. */
    bool (*truncate)(void *context, void *memory, size_t old_bytes, size_t bytes);
    /* The most that acquire can align to, in bytes. 0, and whatever is below a page: QUARRY_PAGE_BYTES. A block that is
     * aligned to more than that takes as much more memory from the source as it is aligned to. */
    size_t align_max_bytes;
};

/* How to create a heap. NULL or all zero: defaults. */
struct quarry_options {
    size_t chunk_bytes; /* sources only: a power of two from 4 KB to 64 MB; 0: 64 KB (32-bit) or 2 MB (64-bit) */
    size_t limit_bytes; /* most bytes taken from the source or from regions; 0: no limit */
    void *context;      /* handed to the hooks */
    /* A request of bytes cannot be served. May free blocks or add a region and answer true: the request is
     * tried again, and the hook asked again if that fails. false, or no hook: the request answers NULL. Called outside
     * the lock, with interrupts as the caller had them. */
    bool (*on_oom)(void *context, struct quarry_heap *heap, size_t bytes);
    /* A caller's bug was found. Called under the lock, with interrupts masked if the lock masks them; must not call the
     * heap. If it returns, the call that found the bug changes nothing. NULL: quarry_panic(). Without the lock it is
     * called for what quarry_free_sized() finds wrong with a size, and for QUARRY_REENTRY, where only the call has the
     * lock that was at work before. With QUARRY_LOCK_NONE it must return from level 3 on: after a longjmp() out of it
     * each call on the heap is one during another. */
    void (*on_misuse)(void *context, const struct quarry_misuse *misuse);
    uintptr_t entropy; /* any unpredictable value: seeds what is kept secret from an overflow (from level 2) */
};

struct quarry_stats {
    size_t acquired_bytes;      /* regions and source memory, control data included */
    size_t acquired_peak_bytes; /* the most that it ever was */
    size_t used_bytes;          /* sum of the usable sizes of live blocks */
    size_t used_peak_bytes;     /* the most that it ever was; with QUARRY_CACHE cached slots are in it */
    size_t free_bytes;          /* pages in no use; free slots in runs of small blocks are not in it */
    size_t largest_free_bytes;  /* a request of this size is served without asking the source */
    size_t limit_bytes;         /* 0: no limit */
    size_t blocks;              /* live blocks */
    size_t chunks;              /* chunks, huge blocks' memory included */
    size_t failures;            /* requests answered NULL (or false, by quarry_resize, is not one) */
    size_t capacity_bytes;      /* acquired_bytes less control data: what blocks could ever have of it */
    /* Blocks handed out and freed so far. Both wrap, and blocks = requests - frees. realloc counts as one of each if
     * the block moves, and as none if it stays; quarry_reset() as a free of each block. With QUARRY_STATS 0 both are
     * 0. */
    size_t requests, frees;
    size_t free_runs; /* runs of free pages, and idle pieces of memory that a source does not take back */
    /* The shortest run of free pages; 0: there is none. It is exact if it is shorter than 8 pages; otherwise it is the
     * shortest of the first four to eight runs whose length is of its order, so none is shorter than half of it. Idle
     * memory is looked at only where no run is free: then it is the longest piece. */
    size_t smallest_free_bytes;
};

enum quarry_block_kind { QUARRY_SMALL = 1, QUARRY_LARGE, QUARRY_HUGE };

/* What quarry_walk() shows: a block, a free slot (free, small) or a run of free pages (free, large). */
struct quarry_block {
    const void *pointer;
    size_t bytes; /* usable size */
    bool free;
    enum quarry_block_kind kind;
};

/* How far quarry_check_some() or quarry_walk_some() has come: all zero at the start, and again when it has ended. */
struct quarry_cursor {
    uintptr_t at, seen;
    unsigned phase;
};

enum quarry_progress {
    QUARRY_MORE,   /* call again with the same cursor */
    QUARRY_DONE,   /* the end was reached, or the visitor has seen enough */
    QUARRY_DAMAGED /* something was found, and reported, as by quarry_check(); the rest was not looked at */
};

/** Make a heap inside a region of memory.
 *  Returns    the heap (an address inside the region), or NULL iff region is NULL, region_bytes is below
 *             quarry_min_region_bytes(), the region wraps round the address space, options->chunk_bytes is
 *             neither 0 nor in range, or options->limit_bytes is below quarry_min_region_bytes() and not 0.
 *  Units      any start, any length, up to the last byte of the address space; the whole length is used, or
 *             limit_bytes of it if that is less.
 *  Owner      the region belongs to the heap until quarry_destroy(). options is copied.
 *  Time       control data of a byte or two is cleared for each page.
 *  Context    thread; no other call may run on a heap that is being made.
 *  Misuse     none is detected. */
struct quarry_heap *quarry_create(void *region, size_t region_bytes, const struct quarry_options *options)
        QUARRY_LINK_NAME(quarry_create);

/** Make a heap on a page provider; its first chunk is acquired at once.
 *  Returns    the heap, or NULL iff source or source->acquire is NULL, chunk_bytes is out of range (see struct
 *             quarry_options) or holds no page beside its control data (only if pages are far larger than the
 *             default), limit_bytes is not 0 and below chunk_bytes, or the first chunk cannot be had (a misaligned
 *             one is given back).
 *  Owner      source and options are copied.
 *  Time       control data of a byte or two is cleared for each page of a chunk, and the source.
 *  Context    thread.
 *  Misuse     none is detected. */
struct quarry_heap *quarry_create_from_source(const struct quarry_source *source, const struct quarry_options *options)
        QUARRY_LINK_NAME(quarry_create_from_source);

/** Give a heap more memory. Regions may differ in size and lie anywhere, up to the last byte of the address space.
 *  Returns    true; or false, heap unchanged, iff region is NULL, shorter than a heap can use (some 100 bytes on
 *             32-bit targets, 1 KB on 64-bit ones), wraps round the address space, overlaps memory that the heap
 *             already has, or the limit leaves no room for it. A region that is longer than the limit allows
 *             is used as far as the limit allows.
 *  Owner      the region belongs to the heap until quarry_destroy().
 *  Time       grows with the number of chunks (overlap), a byte or two are cleared for each page.
 *  Context    thread, or from on_oom; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_REENTRY. */
bool quarry_add_region(struct quarry_heap *heap, void *region, size_t region_bytes);

/** A source that takes its memory from another heap: heaps nest.
 *  Returns    a source whose memory is blocks of parent; destroying the nested heap frees them.
 *  Owner      parent must outlive every heap made on the source.
 *  Time       a few instructions; its callbacks cost what the parent's calls cost.
 *  Context    any.
 *  Misuse     none; the callbacks report to the parent's hook. */
struct quarry_source quarry_source_from_heap(struct quarry_heap *parent);

/** Free every block at once. The heap, its regions, its limit, its hooks and its peaks stay; a source gets back
 *  all but the first chunk.
 *  Time       grows with the number of chunks, and clears a byte or two for each of their pages; not with blocks.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_REENTRY, and QUARRY_CORRUPT from check level 2; then nothing happens. A block from before the
 *             reset is a dead pointer: freeing it is reported. */
void quarry_reset(struct quarry_heap *heap);

/** End a heap: all memory goes back to its source; regions are the caller's again. NULL: nothing happens.
 *  Time       grows with the number of chunks.
 *  Context    thread; no other call may run on the heap, then or later.
 *  Misuse     QUARRY_REENTRY; from check level 2 QUARRY_CORRUPT: memory whose length was damaged does not go back. */
void quarry_destroy(struct quarry_heap *heap);

/** Return at least bytes of uninitialised memory.
 *  Returns    a block aligned to QUARRY_ALIGN_BYTES (a smaller one to the largest power of two that it can
 *             hold), or NULL iff no free run is long enough, the source gives none, and on_oom gave up. (Where
 *             only runs of about its length are left, a request looks at four of them and no more.)
 *             bytes 0: the smallest block.
 *  Owner      caller, until quarry_free(), quarry_realloc(), quarry_reset() or quarry_destroy().
 *  Time       bounded; see docs/design.md for the figures. A new chunk: source, and a byte or two cleared a page.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_CORRUPT, QUARRY_REENTRY; then NULL.
 *  Contents   undefined. */
void *quarry_malloc(struct quarry_heap *heap, size_t bytes);

/** Return memory for count objects of bytes each, all zero.
 *  Returns    as quarry_malloc(count * bytes); NULL too if the product overflows.
 *  Owner, Context, Misuse: as quarry_malloc().
 *  Time       as quarry_malloc(), and the clearing.
 *  Contents   zero over count * bytes. */
void *quarry_calloc(struct quarry_heap *heap, size_t count, size_t bytes);

/** Change a block's size, in place where it can be, moving it otherwise.
 *  Returns    the block, perhaps elsewhere, or NULL with the old block untouched. block NULL: quarry_malloc(bytes).
 *             bytes 0: shrinks to the smallest block, never frees. Shrinking never fails.
 *  Owner      caller; the old pointer is dead unless NULL is returned.
 *  Time       lookup; as quarry_malloc() and quarry_free() together, and copying when the block moves. The lock is not
 *             held while the contents are copied; both blocks are live then.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     a pointer that is no live block, or one that somebody frees while it is copied (QUARRY_DOUBLE_FREE,
 *             QUARRY_INVALID_POINTER): NULL.
 *  Contents   kept up to the smaller of both sizes; undefined beyond. */
void *quarry_realloc(struct quarry_heap *heap, void *block, size_t bytes);

/** Return at least bytes of uninitialised memory at a multiple of align_bytes.
 *  Returns    as quarry_malloc(); NULL too if align_bytes is 0, no power of two, or above what a chunk can hold.
 *             An alignment above QUARRY_PAGE_BYTES needs a free run that is longer by that much at first, or one that
 *             happens to be aligned: the first four of each length class are looked at.
 *  Owner, Time, Context, Misuse, Contents: as quarry_malloc(). */
void *quarry_aligned_alloc(struct quarry_heap *heap, size_t align_bytes, size_t bytes);

/** quarry_realloc() whose result lies at a multiple of align_bytes.
 *  Returns    as quarry_realloc(); NULL too if align_bytes is 0, no power of two, or above what a chunk can hold.
 *             A block that does not lie on such an address is moved.
 *  Owner, Time, Context, Misuse, Contents: as quarry_realloc(). */
void *quarry_aligned_realloc(struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes);

/** Give a block back. NULL: nothing happens.
 *  Owner      the heap.
 *  Time       lookup; bounded, see docs/design.md. May release an emptied chunk (source).
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_DOUBLE_FREE, QUARRY_INVALID_POINTER, QUARRY_CORRUPT, QUARRY_REENTRY; nothing changes. A second
 *             free of an address that is another live block's by now is not reported: it frees that block. */
void quarry_free(struct quarry_heap *heap, void *block);

/** quarry_free() for a caller who knows the size that was asked for.
 *  Units      bytes as given to the call that returned the block.
 *  Owner, Time, Context: as quarry_free().
 *  Misuse     as quarry_free(). From check level 2 QUARRY_WRONG_SIZE, the block stays: every size that asks for another
 *             slot or number of pages than the block has; but only sizes above the block's, if some block of the heap
 *             was aligned, shrunk by quarry_resize(), or taken from the last free pages, since its last reset. From
 *             check level 3: every size but the one that was asked for last. */
void quarry_free_sized(struct quarry_heap *heap, void *block, size_t bytes);

#if QUARRY_FREE_LATER != 0
/** Hand a block in, to be freed by a later call on the heap: for where no lock may be taken, or waited for. NULL:
 *  nothing happens.
 *  Returns    nothing.
 *  Units      none.
 *  Owner      the heap, at once. Until it is freed the block counts as a live one in every function. At most two are
 *             freed at the end of each call on the heap that takes the lock, and all of them before a request is
 *             refused. quarry_reset() frees them with all others.
 *  Time       some 20 instructions, and no loop but the CPU's own pair of a linked load and a store. Each later call
 *             takes two frees longer, at most, while blocks wait.
 *  Context    any, with every QUARRY_LOCK: a thread, an interrupt of any priority, in the middle of a call on the heap
 *             too, another core, an NMI, a fault handler. On a CPU without atomic instructions interrupts are masked
 *             for a few instructions; there an NMI or fault handler may call it if the port can tell (ARMv6-M; not
 *             RISC-V), and a second core may not.
 *  Misuse     QUARRY_DOUBLE_FREE, QUARRY_INVALID_POINTER, and what else quarry_free() reports: by the later call, with
 *             who handed it in in misuse->caller; nothing changes. QUARRY_CORRUPT: see Contents.
 *  Contents   untouched as long as no more than QUARRY_FREE_LATER blocks wait. The first two words of those above that
 *             are written at once: a pointer to no block must not be among them. If they are written over before the
 *             block is freed, that is QUARRY_CORRUPT: then the block, and others that were handed in before it, stay
 *             live. Of these blocks misuse->caller is NULL. */
void quarry_free_later(struct quarry_heap *heap, void *block);
#endif

/** Change a block's size where it lies.
 *  Returns    true; or false, the block unchanged, iff it cannot grow in place or is no live block.
 *             A small block has the size of its slot: any size up to that is true (from check level 3: up to that less
 *             its canary).
 *  Time       lookup; bounded; a huge block: source.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_free(). block NULL is false. */
bool quarry_resize(struct quarry_heap *heap, void *block, size_t bytes);

/** How many bytes of a live block may be used.
 *  Returns    at least what was asked for, from check level 3 just that (1 for a request of 0); 0 for NULL and for what
 *             is no live block.
 *  Time       lookup; a few dozen instructions.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     as quarry_free(). */
size_t quarry_usable_size(struct quarry_heap *heap, const void *block);

/** What quarry_usable_size() says of a fresh quarry_malloc(bytes) while memory is not short.
 *  Returns    that size; 0 for a size that no heap can serve. From check level 3: bytes, or 1 for 0. Below that, for a
 *             request that a fresh chunk of the heap's source cannot hold it is the size of a block straight from the
 *             source; a free run of a region, or of memory that the source never takes back, may serve such a request
 *             too, and then the block's size is the request rounded up to pages.
 *  Units      bytes.
 *  Owner      nothing changes hands, and nothing that ever changes is read.
 *  Time       a few instructions.
 *  Context    any, without a lock.
 *  Misuse     none.
 *  Contents   untouched. */
size_t quarry_good_size(const struct quarry_heap *heap, size_t bytes);

/** Is it a live block of this heap? Any value may be asked; nothing that it points to is read.
 *  Time       lookup; a few dozen instructions.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     none is reported. */
bool quarry_owns(const struct quarry_heap *heap, const void *pointer);

/** Fill in the heap's figures.
 *  Time       constant.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     none. */
void quarry_get_stats(const struct quarry_heap *heap, struct quarry_stats *stats);

/** Count peaks and failures from now on: used_peak_bytes becomes used_bytes, acquired_peak_bytes acquired_bytes, and
 *  failures 0. All other figures stay.
 *  Returns    nothing.
 *  Units      none.
 *  Owner      nothing changes hands.
 *  Time       constant: some 20 instructions.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_REENTRY; then nothing happens.
 *  Contents   untouched. */
void quarry_reset_peaks(struct quarry_heap *heap);

/** Set the most bytes that the heap may take from its source and regions; 0: no limit.
 *  Returns    true; false, unchanged, if the heap has more already.
 *  Time       constant.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_REENTRY. */
bool quarry_set_limit(struct quarry_heap *heap, size_t limit_bytes);

/** Give back to the source what is in no use: chunks without a block.
 *  Returns    bytes given back.
 *  Time       constant, and source: at most four chunks are ever kept without a block; a request heap
 *             (quarry/emalloc.h) releases its cached chunks too.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_REENTRY. */
size_t quarry_trim(struct quarry_heap *heap);

/** Check everything: every page, list, bitmap and figure.
 *  Returns    true; false after reporting what it found as QUARRY_CORRUPT.
 *  Time       grows with the heap.
 *  Context    thread; with a lock that masks interrupts, they stay masked for all of it (quarry_check_some() does not).
 *  Misuse     QUARRY_CORRUPT. */
bool quarry_check(struct quarry_heap *heap);

/** Show every block, free slot and free run, in address order within a chunk, until visit answers false.
 *  visit is called under the lock and must not change the heap.
 *  Time       grows with the heap.
 *  Context    as quarry_check().
 *  Misuse     QUARRY_CORRUPT if the pages make no sense. */
void quarry_walk(struct quarry_heap *heap, bool (*visit)(void *context, const struct quarry_block *block),
                 void *context);

/** Go on with a check of everything, a part at a time: for a heap that an interrupt may not wait for, in an idle task.
 *  Any other calls may be made between two parts, and memory may come and go.
 *  Returns    QUARRY_MORE, QUARRY_DONE, or QUARRY_DAMAGED after a report. After the last two the next call with the
 *             cursor begins anew. What no part can see is not checked: whether figures agree with the sums over all
 *             pages, and whether lists hold all that they should.
 *  Units      pages: how many pages to look at, of QUARRY_PAGE_BYTES; a list's head and a huge block count as one. At
 *             least one is looked at; a run of small blocks is never parted.
 *  Owner      the cursor is the caller's, all zero before the first call, and for one heap.
 *  Time       two lookups for each chunk, and for each page a constant: see docs/interrupts.md. Does not grow with the
 *             heap.
 *  Context    thread; ISR with an IRQ or SMP lock.
 *  Misuse     QUARRY_CORRUPT, and from level 3 QUARRY_OVERRUN and QUARRY_WRITE_AFTER_FREE; QUARRY_REENTRY: then
 *             QUARRY_DAMAGED.
 *  Contents   of blocks: not looked at. */
enum quarry_progress quarry_check_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages);

/** Go on with a walk, a part at a time: see quarry_check_some() and quarry_walk(). A block that lives throughout is
 *  shown once; one that is allocated or freed meanwhile once or not at all, and so is free memory; one that realloc
 *  moves meanwhile may be shown at both places, or at neither. In address order: the first chunk, then the others.
 *  Returns    QUARRY_MORE, QUARRY_DONE (also when visit answers false), or QUARRY_DAMAGED after a report.
 *  Units      pages: as there, but a large block and a free run count as one page.
 *  Owner      as there. What visit is shown is valid during its call.
 *  Time       as there, and visit's: it is called under the lock, for at most 64 slots of each run of small blocks.
 *  Context    thread; ISR with an IRQ or SMP lock. visit must not call the heap.
 *  Misuse     QUARRY_CORRUPT if the pages make no sense; from level 3 QUARRY_OVERRUN; QUARRY_REENTRY: then
 *             QUARRY_DAMAGED.
 *  Contents   of blocks: not looked at. */
enum quarry_progress quarry_walk_some(struct quarry_heap *heap, struct quarry_cursor *cursor, size_t pages,
                                      bool (*visit)(void *context, const struct quarry_block *block), void *context);

/*  The smallest region_bytes that quarry_create() accepts, whatever the region's start. With the default page size at
 * most
 *  1,024 on 32-bit targets and 4,096 on 64-bit ones, up to check level 2.
 *  Time       constant.
 *  Context    any. */
size_t quarry_min_region_bytes(void);

/** Called for a misuse when the heap has no on_misuse hook. Weak: define your own to log or reset. The library's
 *  stops the CPU with a trap instruction, so a debugger shows where.
 *  Context    that of the call that was misused, under the heap's lock but where quarry_options.on_misuse says;
 *             interrupts are masked if the lock masks them. */
void quarry_panic(const struct quarry_misuse *misuse);

#if QUARRY_LOCK == QUARRY_LOCK_HOOK
/** Yours to define with QUARRY_LOCK_HOOK: exclude every other call on this heap, until quarry_unlock_hook().
 *  Returns    any word; quarry_unlock_hook() gets it back: the interrupt mask that was, say, or a nesting count. Calls
 *             on several heaps may nest (heaps that lie in other heaps, request heaps), and end in the reverse order;
 *             with the word, one lock or one critical section serves all heaps.
 *  Units      none.
 *  Owner      the heap is the library's; the hook must not call it.
 *  Time       counts as part of each call on the heap.
 *  Context    that of the call. The lock is not held yet.
 *  Misuse     none. The hook must return: a call that cannot have the lock has no way to fail.
 *  Contents   none. */
uintptr_t quarry_lock_hook(const struct quarry_heap *heap);

/** Yours to define with QUARRY_LOCK_HOOK: end what quarry_lock_hook() began, which returned saved.
 *  Returns, Units, Owner, Time, Misuse, Contents: as quarry_lock_hook().
 *  Context    that of the call. The lock is still held. */
void quarry_unlock_hook(const struct quarry_heap *heap, uintptr_t saved);
#endif

/** Define a static region of so many bytes, and a heap in it with default options:
 *
 *      QUARRY_HEAP_DEFINE(network, 16 * 1024);             in one file, outside functions
 *      struct quarry_heap *network(void);                  where other files use it
 *      void *packet = quarry_malloc(network(), 200);
 *
 *  name() makes the heap at its first use. Two first uses must not race, whatever the lock: where they could,
 *  name_init() comes first.
 *  name_init() makes the heap at once, if it is not made yet.
 *  Returns    both: the heap; NULL iff bytes is below quarry_min_region_bytes().
 *  Units      bytes: a constant; the region takes just so many, and a pointer beside it.
 *  Owner      the region is the heap's. After quarry_destroy() on it neither function may be called.
 *  Time       as quarry_create() when it makes the heap, else a comparison.
 *  Context    when it makes the heap, as quarry_create(); else any.
 *  Misuse     none is detected.
 *  Contents   none. */
#define QUARRY_HEAP_DEFINE(name, bytes)                                                                                \
    struct quarry_heap *name(void);                                                                                    \
    struct quarry_heap *name##_init(void);                                                                             \
    static unsigned char name##_region[bytes] __attribute__((aligned(QUARRY_ALIGN_BYTES)));                            \
    static struct quarry_heap *name##_heap;                                                                            \
    struct quarry_heap *name##_init(void)                                                                              \
    {                                                                                                                  \
        if (name##_heap == NULL)                                                                                       \
            name##_heap = quarry_create(name##_region, sizeof name##_region, NULL);                                    \
        return name##_heap;                                                                                            \
    }                                                                                                                  \
    struct quarry_heap *name(void)                                                                                     \
    {                                                                                                                  \
        return name##_heap != NULL ? name##_heap : name##_init();                                                      \
    }                                                                                                                  \
    QUARRY_STATIC_ASSERT(sizeof name##_region != 0, "a heap needs a region") /* takes the semicolon */

#ifdef __cplusplus
}
#endif

#endif
