/* SPDX-License-Identifier: MIT
 *
 * quarry_config.h: every option of a build, with default, unit, range and cost.
 *
 * Set an option with -DQUARRY_…=value, or write a header of your own and name it with
 * -DQUARRY_CONFIG_HEADER='"my_config.h"'. The library and every file that includes quarry.h must be
 * compiled with the same options; if they are not, the program does not link, and the linker's message shows the
 * program's (quarry/link_names.h). An impossible value does not compile and says why. A misspelt name is refused by
 * make, by CMake and by tools/check-config, since the preprocessor cannot know what was meant.
 */
#ifndef QUARRY_CONFIG_H
#define QUARRY_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX < 0xFFFFFFFFu || SIZE_MAX < 0xFFFFFFFFu
#error "Quarry needs pointers of at least 32 bits: its maps and links pack several fields into a word, and its \
code and control data would take most of the memory that a 16-bit CPU has"
#endif

#ifdef QUARRY_CONFIG_HEADER
#include QUARRY_CONFIG_HEADER
#endif

/* Bytes in a page, the unit in which a chunk is dealt out.
 * Range: a power of two from 64 to 65,536. Default: 64 on 32-bit targets, 512 on 64-bit targets.
 * Cost: control data takes 1 byte a page (2 on 64-bit targets, and where pages have 256 bytes or more), and one bit for
 * every two pointers' worth of memory: 3.1 % of a chunk with 64-byte pages on 32-bit targets, 1.2 % with 512-byte pages
 * on 64-bit targets. A large block
 * loses half a page on average. A run of small blocks has at least two pages, and at most as many slots as a
 * pointer has bits: pages of 256 bytes (32-bit) or 1 KB (64-bit) and more are not filled by the smallest blocks. */
#ifndef QUARRY_PAGE_BYTES
#if UINTPTR_MAX > 0xFFFFFFFFu
#define QUARRY_PAGE_BYTES 512
#else
#define QUARRY_PAGE_BYTES 64
#endif
#endif

/* Alignment, in bytes, of every block that is at least that long.
 * Range: 8 or 16. Default: what the ABI's max_align_t asks (8 on 32-bit ARM and on Xtensa, 16 on x86, RISC-V and 64-bit
 * CPUs).
 * Cost: with 16 on a 32-bit target every block above 8 bytes takes a multiple of 16. */
#ifndef QUARRY_ALIGN_BYTES
#ifdef __BIGGEST_ALIGNMENT__
#if defined(__arm__) || defined(__XTENSA__)
#define QUARRY_ALIGN_BYTES 8
#else
#define QUARRY_ALIGN_BYTES 16
#endif
#else
#define QUARRY_ALIGN_BYTES 16
#endif
#endif

/* How much is checked. Range: 0 to 4. Default: 1.
 * What each level costs in instructions and bytes stands in docs/levels.md.
 *   0  trusts the caller: a wrong pointer is undefined behaviour. Saves about a tenth of free's instructions.
 *   1  every free, realloc, resize and usable_size decides exactly whether the pointer is now a live block of this
 *      heap before it follows any pointer; links in free memory are validated before they are used.
 *   2  links in free memory are mixed with their own address and a secret made of options.entropy, so that an
 *      overflow or a write after free cannot steer the allocator; control data is guarded, so that any single changed
 *      bit of it is reported or has no effect; the size given to quarry_free_sized() and efree_size() is verified.
 *      More instructions, most on x86_64, and a word of control data for each page instead of a bit for each two
 *      pointers.
 *   3  what a block has beyond the bytes that were asked for is a canary, a pointer's size and a byte at least, and
 *      quarry_usable_size() and quarry_good_size() say no more than what was asked for; free memory is filled, and
 *      looked at before it is used again;
 *      a small block that was freed waits until 16 more were, or memory is short. What was written beyond a block's end
 *      is reported when it is freed, resized or checked, what was written to free memory when it is used again or
 *      checked. With QUARRY_LOCK_NONE a call that begins during another one is reported and refused (4 to 6
 *      instructions). Some ten times the instructions, and a step for each word of a block; creating a heap fills it.
 *   4  everything is checked after each call: for tests of programs that use little memory. */
#ifndef QUARRY_CHECK_LEVEL
#define QUARRY_CHECK_LEVEL 1
#endif

/* How calls on one heap exclude each other. Default: none.
 *   QUARRY_LOCK_NONE  the caller sees to it that calls on one heap do not overlap. No cost. From check level 3 an
 *                     overlap is reported.
 *   QUARRY_LOCK_IRQ   interrupts are masked during a call (one core): threads and interrupt handlers may share
 *                     a heap. Some 6 instructions a call. QUARRY_MASK_PRIORITY leaves urgent interrupts alone.
 *   QUARRY_LOCK_SMP   interrupts are masked and a spin lock is held (several cores). Some 15 instructions a call
 *                     and a word in the heap; not on ARMv6-M, which has no atomic instructions (RP2040: ports/rp2040).
 *                     A core that has lost some hundred times gets the lock next. A source's callback that calls its
 *                     own heap waits for itself: only the other three report QUARRY_REENTRY.
 *   QUARRY_LOCK_HOOK  quarry_lock_hook() and quarry_unlock_hook(), which you define, are called; the latter gets the
 *                     word that the former returned. */
#define QUARRY_LOCK_NONE 0
#define QUARRY_LOCK_IRQ  1
#define QUARRY_LOCK_SMP  2
#define QUARRY_LOCK_HOOK 3
#ifndef QUARRY_LOCK
#define QUARRY_LOCK QUARRY_LOCK_NONE
#endif

/* Which interrupts QUARRY_LOCK_IRQ masks, on Cortex-M3 and up: those of this priority and less urgent ones (greater
 * numbers), by BASEPRI. More urgent ones are never held back, and must not call the library. Other CPUs refuse it,
 * Cortex-M23 among them.
 * Unit: a priority as the CPU's registers hold it, in the top bits of a byte: with 4 bits for priorities
 * (NVIC_PRIO_BITS) the priority 5 is 5 << 4. Range: 32 to 255, or 0: all interrupts, by PRIMASK. (Below 32 a CPU with 3
 * bits masks nothing.) Default: 0. Cost: 1 instruction more a call. */
#ifndef QUARRY_MASK_PRIORITY
#define QUARRY_MASK_PRIORITY 0
#endif

/* 1: quarry_get_stats() knows used bytes, their peak, requests, frees, live blocks and failures. 0: these six stay 0.
 * Range: 0 or 1. Default: 1. Cost: some 6 to 9 instructions in each malloc and free, no memory. */
#ifndef QUARRY_STATS
#define QUARRY_STATS 1
#endif

/* Bytes of a chunk where a heap on a page provider is created with chunk_bytes 0.
 * Range: a power of two from 4 KB to 64 MB. Default: 64 KB (32-bit) or 2 MB (64-bit).
 * Cost: what is taken from the provider at once. */
#ifndef QUARRY_CHUNK_BYTES
#if UINTPTR_MAX > 0xFFFFFFFFu
#define QUARRY_CHUNK_BYTES 2097152
#else
#define QUARRY_CHUNK_BYTES 65536
#endif
#endif

/* 1: the calls of quarry/emalloc.h carry file and line, and a request's end reports blocks that were not freed.
 * Range: 0 or 1. Default: 0. Cost: some 150 instructions a call and, from the heap's source, 32 bytes (32-bit) or 64
 * bytes (64-bit) for each block that lives. 0 costs nothing. */
#ifndef QUARRY_TRACK
#define QUARRY_TRACK 0
#endif

/* How many blocks that were handed in by quarry_free_later() may wait for a call that frees them without anything being
 * written to them; more may wait, in a list through the blocks themselves. 0: there is no such function.
 * Range: 0, or a power of two from 2 to 64. Default: 0.
 * Cost: two words each in every heap, and seven words more; five times as much on ARMv6-M. Four instructions in each
 * call. 0 costs nothing. */
#ifndef QUARRY_FREE_LATER
#define QUARRY_FREE_LATER 0
#endif

/* Who is told which memory is a live block, so that a use after free and an access beside a block are seen when they
 * happen, not only when the heap is looked at: see docs/marking.md. Default: nobody.
 *   QUARRY_MARK_NONE      no instruction, no byte.
 *   QUARRY_MARK_ASAN      AddressSanitizer, on a host. The program is compiled with -fsanitize=address, the library
 *                         without. Each block is followed by 8 (32-bit) or 16 bytes that belong to nobody.
 *   QUARRY_MARK_VALGRIND  Valgrind's memcheck, on a host; needs its header, valgrind/memcheck.h. The same zones.
 *   QUARRY_MARK_MTE       the memory tags of AArch64 (FEAT_MTE2), which start code has switched on. A pointer carries
 *                         the tag of its block in bits 59 to 56. 16 bytes of each region.
 * Cost of the last three: each call that takes or gives a block back has a step for each 8 to 32 bytes of it, and
 * create, reset and destroy one for each 8 to 32 bytes of the heap. */
#define QUARRY_MARK_NONE     0
#define QUARRY_MARK_ASAN     1
#define QUARRY_MARK_VALGRIND 2
#define QUARRY_MARK_MTE      3
#ifndef QUARRY_MARK
#define QUARRY_MARK QUARRY_MARK_NONE
#endif

/* Events: what happens to blocks, for a recorder or a trace tool (ports/trace). A macro is called outside the lock.
 *   QUARRY_ON_ALLOC(heap, block, bytes, caller)        a block was allocated
 *   QUARRY_ON_FREE(heap, block, caller)                a live block is about to be freed
 *   QUARRY_ON_RESIZE(heap, old, block, bytes, caller)  the block at old has bytes now, and is at block
 *   QUARRY_ON_FAIL(heap, bytes, caller)                a request was answered NULL
 * bytes is what was asked for, caller the address behind the call. Default: none is defined, and nothing is called. Set
 * them in a header of your own (QUARRY_CONFIG_HEADER), for the library alone. The calls of quarry/emalloc.h, which have
 * hot paths of their own, and quarry_free_later() make no events.
 * Cost: what the macros do; with any of them some 5 instructions a call, and a lookup in each free. */
#if defined QUARRY_ON_ALLOC || defined QUARRY_ON_FREE || defined QUARRY_ON_RESIZE || defined QUARRY_ON_FAIL
#define QUARRY_HAS_EVENTS 1
#else
#define QUARRY_HAS_EVENTS 0
#endif
#ifndef QUARRY_ON_ALLOC
#define QUARRY_ON_ALLOC(heap, block, bytes, caller) ((void)0)
#endif
#ifndef QUARRY_ON_FREE
#define QUARRY_ON_FREE(heap, block, caller) ((void)0)
#endif
#ifndef QUARRY_ON_RESIZE
#define QUARRY_ON_RESIZE(heap, old, block, bytes, caller) ((void)0)
#endif
#ifndef QUARRY_ON_FAIL
#define QUARRY_ON_FAIL(heap, bytes, caller) ((void)0)
#endif

/* How many cores have a current heap (quarry/emalloc.h). Range: 1 to 64. Default: 1. Cost: two words a core; with more
 * than one, each call finds out which core it runs on: QUARRY_CORE_INDEX() answers 0 to QUARRY_CORES - 1. Default: the
 * port's arch_core_index(). An RTOS or kernel may have something faster, or a heap for each thread.
 * With more than one, QUARRY_LOCK is _SMP or _HOOK, also where each core has a heap of its own: the request heaps of
 * all cores take their chunks from one persistent heap. The cost is that of the lock, and constant sizes of emalloc()
 * have no paths of their own. */
#ifndef QUARRY_CORES
#define QUARRY_CORES 1
#endif
#ifndef QUARRY_CORE_INDEX
#define QUARRY_CORE_INDEX() arch_core_index()
#endif

/* How many slots of each bin a core caches, so that malloc and free of small blocks mostly take no lock: docs/cores.md.
 * 0: none. Range: 0, or a power of two from 2 to 64. Default: 0. Needs QUARRY_LOCK_SMP or _HOOK, and atomic
 * instructions. From check level 2, and with QUARRY_MARK, nothing is cached. QUARRY_CORE_INDEX() says whose cache a
 * call uses; what is no number of a core uses none.
 * Cost: QUARRY_CACHE + 1 words for each bin and core in every heap, 2 bits for each two pointers' worth of its first
 * chunk and a byte for each of its pages. 0 costs nothing. */
#ifndef QUARRY_CACHE
#define QUARRY_CACHE 0
#endif

/* IRQ is short for QUARRY_LOCK_IRQ, MTE for QUARRY_MARK_MTE, and so on. The short names are numbers for the comparisons
 * below only; before and after them they mean whatever they mean to the program. */
#pragma push_macro("NONE")
#pragma push_macro("IRQ")
#pragma push_macro("SMP")
#pragma push_macro("HOOK")
#pragma push_macro("ASAN")
#pragma push_macro("VALGRIND")
#pragma push_macro("MTE")
#undef NONE
#undef IRQ
#undef SMP
#undef HOOK
#undef ASAN
#undef VALGRIND
#undef MTE
#define NONE     100
#define IRQ      101
#define SMP      102
#define HOOK     103
#define ASAN     104
#define VALGRIND 105
#define MTE      106
#if QUARRY_LOCK == NONE
#undef QUARRY_LOCK
#define QUARRY_LOCK QUARRY_LOCK_NONE
#elif QUARRY_LOCK == IRQ
#undef QUARRY_LOCK
#define QUARRY_LOCK QUARRY_LOCK_IRQ
#elif QUARRY_LOCK == SMP
#undef QUARRY_LOCK
#define QUARRY_LOCK QUARRY_LOCK_SMP
#elif QUARRY_LOCK == HOOK
#undef QUARRY_LOCK
#define QUARRY_LOCK QUARRY_LOCK_HOOK
#endif
#if QUARRY_MARK == NONE
#undef QUARRY_MARK
#define QUARRY_MARK QUARRY_MARK_NONE
#elif QUARRY_MARK == ASAN
#undef QUARRY_MARK
#define QUARRY_MARK QUARRY_MARK_ASAN
#elif QUARRY_MARK == VALGRIND
#undef QUARRY_MARK
#define QUARRY_MARK QUARRY_MARK_VALGRIND
#elif QUARRY_MARK == MTE
#undef QUARRY_MARK
#define QUARRY_MARK QUARRY_MARK_MTE
#endif
#undef NONE
#undef IRQ
#undef SMP
#undef HOOK
#undef ASAN
#undef VALGRIND
#undef MTE
#pragma pop_macro("NONE")
#pragma pop_macro("IRQ")
#pragma pop_macro("SMP")
#pragma pop_macro("HOOK")
#pragma pop_macro("ASAN")
#pragma pop_macro("VALGRIND")
#pragma pop_macro("MTE")

#ifdef __cplusplus
#define QUARRY_STATIC_ASSERT static_assert
#else
#define QUARRY_STATIC_ASSERT _Static_assert
#endif

QUARRY_STATIC_ASSERT(QUARRY_PAGE_BYTES >= 64 && QUARRY_PAGE_BYTES <= 65536 &&
                             (QUARRY_PAGE_BYTES & (QUARRY_PAGE_BYTES - 1)) == 0,
                     "QUARRY_PAGE_BYTES must be a power of two from 64 to 65536");
QUARRY_STATIC_ASSERT(QUARRY_ALIGN_BYTES == 8 || QUARRY_ALIGN_BYTES == 16, "QUARRY_ALIGN_BYTES must be 8 or 16");
QUARRY_STATIC_ASSERT(QUARRY_ALIGN_BYTES >= sizeof(void *), "QUARRY_ALIGN_BYTES must hold a pointer");
QUARRY_STATIC_ASSERT(QUARRY_CHECK_LEVEL >= 0 && QUARRY_CHECK_LEVEL <= 4, "QUARRY_CHECK_LEVEL must be from 0 to 4");
QUARRY_STATIC_ASSERT(QUARRY_LOCK >= QUARRY_LOCK_NONE && QUARRY_LOCK <= QUARRY_LOCK_HOOK,
                     "QUARRY_LOCK must be one of QUARRY_LOCK_NONE, _IRQ, _SMP and _HOOK");
QUARRY_STATIC_ASSERT(QUARRY_MASK_PRIORITY == 0 || (QUARRY_MASK_PRIORITY >= 32 && QUARRY_MASK_PRIORITY <= 255),
                     "QUARRY_MASK_PRIORITY must be 0, or a priority in the top bits of a byte, 32 to 255");
QUARRY_STATIC_ASSERT(QUARRY_MASK_PRIORITY == 0 || QUARRY_LOCK == QUARRY_LOCK_IRQ,
                     "QUARRY_MASK_PRIORITY says what QUARRY_LOCK_IRQ masks, and needs that lock");
QUARRY_STATIC_ASSERT(QUARRY_STATS == 0 || QUARRY_STATS == 1, "QUARRY_STATS must be 0 or 1");
QUARRY_STATIC_ASSERT(QUARRY_CHUNK_BYTES >= 4096 && QUARRY_CHUNK_BYTES <= 67108864 &&
                             (QUARRY_CHUNK_BYTES & (QUARRY_CHUNK_BYTES - 1)) == 0,
                     "QUARRY_CHUNK_BYTES must be a power of two from 4 KB to 64 MB");
QUARRY_STATIC_ASSERT(QUARRY_TRACK == 0 || QUARRY_TRACK == 1, "QUARRY_TRACK must be 0 or 1");
QUARRY_STATIC_ASSERT(QUARRY_MARK >= QUARRY_MARK_NONE && QUARRY_MARK <= QUARRY_MARK_MTE,
                     "QUARRY_MARK must be one of QUARRY_MARK_NONE, _ASAN, _VALGRIND and _MTE");
QUARRY_STATIC_ASSERT(QUARRY_FREE_LATER == 0 || (QUARRY_FREE_LATER >= 2 && QUARRY_FREE_LATER <= 64 &&
                                                (QUARRY_FREE_LATER & (QUARRY_FREE_LATER - 1)) == 0),
                     "QUARRY_FREE_LATER must be 0, or a power of two from 2 to 64");
QUARRY_STATIC_ASSERT(QUARRY_CORES >= 1 && QUARRY_CORES <= 64, "QUARRY_CORES must be from 1 to 64");
QUARRY_STATIC_ASSERT(QUARRY_CORES == 1 || QUARRY_LOCK == QUARRY_LOCK_SMP || QUARRY_LOCK == QUARRY_LOCK_HOOK,
                     "QUARRY_CORES above 1 needs QUARRY_LOCK_SMP or QUARRY_LOCK_HOOK, as request heaps of all cores "
                     "share the persistent heap");

QUARRY_STATIC_ASSERT(QUARRY_CACHE == 0 ||
                             (QUARRY_CACHE >= 2 && QUARRY_CACHE <= 64 && (QUARRY_CACHE & (QUARRY_CACHE - 1)) == 0),
                     "QUARRY_CACHE must be 0, or a power of two from 2 to 64");
QUARRY_STATIC_ASSERT(QUARRY_CACHE == 0 || QUARRY_LOCK == QUARRY_LOCK_SMP || QUARRY_LOCK == QUARRY_LOCK_HOOK,
                     "QUARRY_CACHE needs QUARRY_LOCK_SMP or QUARRY_LOCK_HOOK: other locks cost less than a cache");

/* The options in the names that the linker sees (quarry/link_names.h). A value has one text, whatever expression the
 * program has for it, hence a table for each option. */
#if QUARRY_CHECK_LEVEL == 0
#define QUARRY_LEVEL_TEXT "0"
#elif QUARRY_CHECK_LEVEL == 1
#define QUARRY_LEVEL_TEXT "1"
#elif QUARRY_CHECK_LEVEL == 2
#define QUARRY_LEVEL_TEXT "2"
#elif QUARRY_CHECK_LEVEL == 3
#define QUARRY_LEVEL_TEXT "3"
#elif QUARRY_CHECK_LEVEL == 4
#define QUARRY_LEVEL_TEXT "4"
#endif

#if QUARRY_LOCK == QUARRY_LOCK_NONE
#define QUARRY_LOCK_TEXT "NONE"
#elif QUARRY_LOCK == QUARRY_LOCK_IRQ
#define QUARRY_LOCK_TEXT "IRQ"
#elif QUARRY_LOCK == QUARRY_LOCK_SMP
#define QUARRY_LOCK_TEXT "SMP"
#elif QUARRY_LOCK == QUARRY_LOCK_HOOK
#define QUARRY_LOCK_TEXT "HOOK"
#endif

#if QUARRY_MASK_PRIORITY / 100 == 0
#define QUARRY_PRIORITY_HUNDREDS ""
#elif QUARRY_MASK_PRIORITY / 100 == 1
#define QUARRY_PRIORITY_HUNDREDS "1"
#elif QUARRY_MASK_PRIORITY / 100 == 2
#define QUARRY_PRIORITY_HUNDREDS "2"
#endif

#if QUARRY_MASK_PRIORITY < 10
#define QUARRY_PRIORITY_TENS ""
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 0
#define QUARRY_PRIORITY_TENS "0"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 1
#define QUARRY_PRIORITY_TENS "1"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 2
#define QUARRY_PRIORITY_TENS "2"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 3
#define QUARRY_PRIORITY_TENS "3"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 4
#define QUARRY_PRIORITY_TENS "4"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 5
#define QUARRY_PRIORITY_TENS "5"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 6
#define QUARRY_PRIORITY_TENS "6"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 7
#define QUARRY_PRIORITY_TENS "7"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 8
#define QUARRY_PRIORITY_TENS "8"
#elif QUARRY_MASK_PRIORITY / 10 % 10 == 9
#define QUARRY_PRIORITY_TENS "9"
#endif

#if QUARRY_MASK_PRIORITY % 10 == 0
#define QUARRY_PRIORITY_ONES "0"
#elif QUARRY_MASK_PRIORITY % 10 == 1
#define QUARRY_PRIORITY_ONES "1"
#elif QUARRY_MASK_PRIORITY % 10 == 2
#define QUARRY_PRIORITY_ONES "2"
#elif QUARRY_MASK_PRIORITY % 10 == 3
#define QUARRY_PRIORITY_ONES "3"
#elif QUARRY_MASK_PRIORITY % 10 == 4
#define QUARRY_PRIORITY_ONES "4"
#elif QUARRY_MASK_PRIORITY % 10 == 5
#define QUARRY_PRIORITY_ONES "5"
#elif QUARRY_MASK_PRIORITY % 10 == 6
#define QUARRY_PRIORITY_ONES "6"
#elif QUARRY_MASK_PRIORITY % 10 == 7
#define QUARRY_PRIORITY_ONES "7"
#elif QUARRY_MASK_PRIORITY % 10 == 8
#define QUARRY_PRIORITY_ONES "8"
#elif QUARRY_MASK_PRIORITY % 10 == 9
#define QUARRY_PRIORITY_ONES "9"
#endif

#if QUARRY_PAGE_BYTES == 64
#define QUARRY_PAGE_TEXT "64"
#elif QUARRY_PAGE_BYTES == 128
#define QUARRY_PAGE_TEXT "128"
#elif QUARRY_PAGE_BYTES == 256
#define QUARRY_PAGE_TEXT "256"
#elif QUARRY_PAGE_BYTES == 512
#define QUARRY_PAGE_TEXT "512"
#elif QUARRY_PAGE_BYTES == 1024
#define QUARRY_PAGE_TEXT "1024"
#elif QUARRY_PAGE_BYTES == 2048
#define QUARRY_PAGE_TEXT "2048"
#elif QUARRY_PAGE_BYTES == 4096
#define QUARRY_PAGE_TEXT "4096"
#elif QUARRY_PAGE_BYTES == 8192
#define QUARRY_PAGE_TEXT "8192"
#elif QUARRY_PAGE_BYTES == 16384
#define QUARRY_PAGE_TEXT "16384"
#elif QUARRY_PAGE_BYTES == 32768
#define QUARRY_PAGE_TEXT "32768"
#elif QUARRY_PAGE_BYTES == 65536
#define QUARRY_PAGE_TEXT "65536"
#endif

#if QUARRY_ALIGN_BYTES == 8
#define QUARRY_ALIGN_TEXT "8"
#elif QUARRY_ALIGN_BYTES == 16
#define QUARRY_ALIGN_TEXT "16"
#endif

#if QUARRY_CHUNK_BYTES == 4096
#define QUARRY_CHUNK_TEXT "4096"
#elif QUARRY_CHUNK_BYTES == 8192
#define QUARRY_CHUNK_TEXT "8192"
#elif QUARRY_CHUNK_BYTES == 16384
#define QUARRY_CHUNK_TEXT "16384"
#elif QUARRY_CHUNK_BYTES == 32768
#define QUARRY_CHUNK_TEXT "32768"
#elif QUARRY_CHUNK_BYTES == 65536
#define QUARRY_CHUNK_TEXT "65536"
#elif QUARRY_CHUNK_BYTES == 131072
#define QUARRY_CHUNK_TEXT "131072"
#elif QUARRY_CHUNK_BYTES == 262144
#define QUARRY_CHUNK_TEXT "262144"
#elif QUARRY_CHUNK_BYTES == 524288
#define QUARRY_CHUNK_TEXT "524288"
#elif QUARRY_CHUNK_BYTES == 1048576
#define QUARRY_CHUNK_TEXT "1048576"
#elif QUARRY_CHUNK_BYTES == 2097152
#define QUARRY_CHUNK_TEXT "2097152"
#elif QUARRY_CHUNK_BYTES == 4194304
#define QUARRY_CHUNK_TEXT "4194304"
#elif QUARRY_CHUNK_BYTES == 8388608
#define QUARRY_CHUNK_TEXT "8388608"
#elif QUARRY_CHUNK_BYTES == 16777216
#define QUARRY_CHUNK_TEXT "16777216"
#elif QUARRY_CHUNK_BYTES == 33554432
#define QUARRY_CHUNK_TEXT "33554432"
#elif QUARRY_CHUNK_BYTES == 67108864
#define QUARRY_CHUNK_TEXT "67108864"
#endif

#if QUARRY_STATS == 0
#define QUARRY_STATS_TEXT "0"
#elif QUARRY_STATS == 1
#define QUARRY_STATS_TEXT "1"
#endif

#if QUARRY_TRACK == 0
#define QUARRY_TRACK_TEXT "0"
#elif QUARRY_TRACK == 1
#define QUARRY_TRACK_TEXT "1"
#endif

#if QUARRY_FREE_LATER == 0
#define QUARRY_LATER_TEXT "0"
#elif QUARRY_FREE_LATER == 2
#define QUARRY_LATER_TEXT "2"
#elif QUARRY_FREE_LATER == 4
#define QUARRY_LATER_TEXT "4"
#elif QUARRY_FREE_LATER == 8
#define QUARRY_LATER_TEXT "8"
#elif QUARRY_FREE_LATER == 16
#define QUARRY_LATER_TEXT "16"
#elif QUARRY_FREE_LATER == 32
#define QUARRY_LATER_TEXT "32"
#elif QUARRY_FREE_LATER == 64
#define QUARRY_LATER_TEXT "64"
#endif

#if QUARRY_CACHE == 0
#define QUARRY_CACHE_TEXT "0"
#elif QUARRY_CACHE == 2
#define QUARRY_CACHE_TEXT "2"
#elif QUARRY_CACHE == 4
#define QUARRY_CACHE_TEXT "4"
#elif QUARRY_CACHE == 8
#define QUARRY_CACHE_TEXT "8"
#elif QUARRY_CACHE == 16
#define QUARRY_CACHE_TEXT "16"
#elif QUARRY_CACHE == 32
#define QUARRY_CACHE_TEXT "32"
#elif QUARRY_CACHE == 64
#define QUARRY_CACHE_TEXT "64"
#endif

#if QUARRY_MARK == QUARRY_MARK_NONE
#define QUARRY_MARK_TEXT "NONE"
#elif QUARRY_MARK == QUARRY_MARK_ASAN
#define QUARRY_MARK_TEXT "ASAN"
#elif QUARRY_MARK == QUARRY_MARK_VALGRIND
#define QUARRY_MARK_TEXT "VALGRIND"
#elif QUARRY_MARK == QUARRY_MARK_MTE
#define QUARRY_MARK_TEXT "MTE"
#endif

#if QUARRY_CORES / 10 == 0
#define QUARRY_CORES_TENS ""
#elif QUARRY_CORES / 10 == 1
#define QUARRY_CORES_TENS "1"
#elif QUARRY_CORES / 10 == 2
#define QUARRY_CORES_TENS "2"
#elif QUARRY_CORES / 10 == 3
#define QUARRY_CORES_TENS "3"
#elif QUARRY_CORES / 10 == 4
#define QUARRY_CORES_TENS "4"
#elif QUARRY_CORES / 10 == 5
#define QUARRY_CORES_TENS "5"
#elif QUARRY_CORES / 10 == 6
#define QUARRY_CORES_TENS "6"
#endif

#if QUARRY_CORES % 10 == 0
#define QUARRY_CORES_ONES "0"
#elif QUARRY_CORES % 10 == 1
#define QUARRY_CORES_ONES "1"
#elif QUARRY_CORES % 10 == 2
#define QUARRY_CORES_ONES "2"
#elif QUARRY_CORES % 10 == 3
#define QUARRY_CORES_ONES "3"
#elif QUARRY_CORES % 10 == 4
#define QUARRY_CORES_ONES "4"
#elif QUARRY_CORES % 10 == 5
#define QUARRY_CORES_ONES "5"
#elif QUARRY_CORES % 10 == 6
#define QUARRY_CORES_ONES "6"
#elif QUARRY_CORES % 10 == 7
#define QUARRY_CORES_ONES "7"
#elif QUARRY_CORES % 10 == 8
#define QUARRY_CORES_ONES "8"
#elif QUARRY_CORES % 10 == 9
#define QUARRY_CORES_ONES "9"
#endif

#define QUARRY_LINK_OPTIONS                                                                                            \
    "__QUARRY_CHECK_LEVEL_" QUARRY_LEVEL_TEXT "__QUARRY_LOCK_" QUARRY_LOCK_TEXT                                        \
    "__QUARRY_PAGE_BYTES_" QUARRY_PAGE_TEXT "__QUARRY_ALIGN_BYTES_" QUARRY_ALIGN_TEXT                                  \
    "__QUARRY_CHUNK_BYTES_" QUARRY_CHUNK_TEXT "__QUARRY_STATS_" QUARRY_STATS_TEXT "__QUARRY_TRACK_" QUARRY_TRACK_TEXT  \
    "__QUARRY_FREE_LATER_" QUARRY_LATER_TEXT "__QUARRY_MARK_" QUARRY_MARK_TEXT "__QUARRY_CACHE_" QUARRY_CACHE_TEXT     \
    "__QUARRY_MASK_PRIORITY_" QUARRY_PRIORITY_HUNDREDS QUARRY_PRIORITY_TENS QUARRY_PRIORITY_ONES                       \
    "__QUARRY_CORES_" QUARRY_CORES_TENS QUARRY_CORES_ONES

#endif
