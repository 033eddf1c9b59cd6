/* SPDX-License-Identifier: MIT
 *
 * emalloc.h: the calls of PHP's Zend memory manager (8.2) on a Quarry heap: request heaps, persistent memory, custom
 * heaps, observers, leak report. docs/emalloc.md lists every function of the original with what differs.
 *
 * emalloc() serves from the current heap, which is a request heap: it is emptied as a whole when the request (the
 * frame, the packet) ends. pemalloc(size, 1) serves from the persistent heap, which no request's end touches. A request
 * heap is a quarry_heap, so all of quarry.h may be asked of it; and any quarry_heap may be made the current heap.
 *
 *     static unsigned char region[64 * 1024];
 *     const struct quarry_memory memory = {.region = region, .region_bytes = sizeof region};
 *     start_memory_manager(&memory);
 *     for (;;) {
 *         handle(emalloc(100));
 *         shutdown_memory_manager(true, false);      // every block is gone, freed or not
 *     }
 *
 * What holds for every function here:
 *   Failure   what cannot be served goes to quarry_out_of_memory(), which does not return; only the fallible calls
 *             (femalloc and its kin, and all while zend_mm_set_fallible(true) holds) answer NULL. Nothing has changed
 *             then. Overflow of count * size + offset is treated the same way.
 *   Misuse    as in quarry.h: to the heap's on_misuse hook, or quarry_panic(); nothing changes.
 *   Time      as the quarry_ function that does the work, and some ten instructions; a few more with observers, custom
 *             handlers or QUARRY_TRACK.
 *   Context   as quarry.h says of calls on one heap. The current heap is one for each core (QUARRY_CORES): what changes
 *             a heap's handlers, observers or life must not run while another core or an interrupt uses that heap.
 *             The heaps of start_memory_manager() and zend_mm_startup() share memory, so a call on one may release what
 *             another has cached: the lock of the persistent heap is entered for that. With QUARRY_LOCK_SMP or _HOOK a
 *             callback of the persistent heap's source must therefore call none of these heaps.
 *   quarry.h  its functions may be called on a request heap. quarry_reset(), _trim(), _set_limit() and _destroy() see
 *             to cached chunks, the leak report and the current heap; those on blocks serve as ever, but handlers,
 *             observers and zend_mm_set_max_allocs() do not know of them, and a block of theirs is in no leak report.
 *   State     the current heap of each core, the persistent heap and where both got their memory: some words that are
 *             not in any heap, the only ones of the library. Programs that do not use this header do not have them.
 */
#ifndef QUARRY_EMALLOC_H
#define QUARRY_EMALLOC_H

#include "quarry.h"

#ifdef __cplusplus
extern "C" {
#define QUARRY_NORETURN [[noreturn]]
#else
#define QUARRY_NORETURN _Noreturn
#endif

/* --- Words of the original that its users' code has in it; what the user's own headers define is left alone --- */

#ifndef ZEND_API
#define ZEND_API
#endif
#ifndef ZEND_FASTCALL
#define ZEND_FASTCALL
#endif
#ifndef ZEND_ATTRIBUTE_MALLOC
#define ZEND_ATTRIBUTE_MALLOC            __attribute__((__malloc__))
#define ZEND_ATTRIBUTE_ALLOC_SIZE(X)     __attribute__((__alloc_size__(X)))
#define ZEND_ATTRIBUTE_ALLOC_SIZE2(X, Y) __attribute__((__alloc_size__(X, Y)))
#endif

#if !defined(SUCCESS) && !defined(ZEND_TYPES_H)
typedef enum { SUCCESS = 0, FAILURE = -1 } ZEND_RESULT_CODE;
typedef ZEND_RESULT_CODE zend_result;
#define SUCCESS SUCCESS
#define FAILURE FAILURE
#endif

/* With QUARRY_TRACK every call carries the place that made it, and where a wrapper relays a call (the _rel forms, in a
 * function declared with ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC), the wrapper's place too. */
#ifndef ZEND_DEBUG
#define ZEND_DEBUG QUARRY_TRACK
#elif !!ZEND_DEBUG != QUARRY_TRACK
#error "ZEND_DEBUG must be QUARRY_TRACK: both say whether a call carries its place"
#endif
#ifndef ZEND_FILE_LINE_D
#if QUARRY_TRACK
#define ZEND_FILE_LINE_D             const char *__zend_filename, const uint32_t __zend_lineno
#define ZEND_FILE_LINE_DC            , ZEND_FILE_LINE_D
#define ZEND_FILE_LINE_ORIG_D        const char *__zend_orig_filename, const uint32_t __zend_orig_lineno
#define ZEND_FILE_LINE_ORIG_DC       , ZEND_FILE_LINE_ORIG_D
#define ZEND_FILE_LINE_C             __FILE__, __LINE__
#define ZEND_FILE_LINE_CC            , ZEND_FILE_LINE_C
#define ZEND_FILE_LINE_EMPTY_C       NULL, 0
#define ZEND_FILE_LINE_EMPTY_CC      , ZEND_FILE_LINE_EMPTY_C
#define ZEND_FILE_LINE_RELAY_C       __zend_filename, __zend_lineno
#define ZEND_FILE_LINE_RELAY_CC      , ZEND_FILE_LINE_RELAY_C
#define ZEND_FILE_LINE_ORIG_RELAY_C  __zend_orig_filename, __zend_orig_lineno
#define ZEND_FILE_LINE_ORIG_RELAY_CC , ZEND_FILE_LINE_ORIG_RELAY_C
#else
#define ZEND_FILE_LINE_D
#define ZEND_FILE_LINE_DC
#define ZEND_FILE_LINE_ORIG_D
#define ZEND_FILE_LINE_ORIG_DC
#define ZEND_FILE_LINE_C
#define ZEND_FILE_LINE_CC
#define ZEND_FILE_LINE_EMPTY_C
#define ZEND_FILE_LINE_EMPTY_CC
#define ZEND_FILE_LINE_RELAY_C
#define ZEND_FILE_LINE_RELAY_CC
#define ZEND_FILE_LINE_ORIG_RELAY_C
#define ZEND_FILE_LINE_ORIG_RELAY_CC
#endif
#endif

#define ZEND_MM_CHUNK_SIZE     ((size_t)QUARRY_CHUNK_BYTES)
#define ZEND_MM_PAGE_SIZE      ((size_t)QUARRY_PAGE_BYTES)
#define ZEND_MM_MIN_SMALL_SIZE QUARRY_GRANULE_BYTES
#define ZEND_MM_MAX_SMALL_SIZE QUARRY_SMALL_MAX_BYTES
#define ZEND_MM_MAX_LARGE_SIZE (ZEND_MM_CHUNK_SIZE - ZEND_MM_CHUNK_SIZE / 32)

/* Every block is aligned to as much as it can hold of this. */
#ifndef ZEND_MM_ALIGNMENT
#define ZEND_MM_ALIGNMENT QUARRY_ALIGN_BYTES
#endif
#define ZEND_MM_ALIGNMENT_MASK                   (~((size_t)ZEND_MM_ALIGNMENT - 1))
#define ZEND_MM_ALIGNED_SIZE(size)               (((size) + ZEND_MM_ALIGNMENT - 1) & ZEND_MM_ALIGNMENT_MASK)
#define ZEND_MM_ALIGNED_SIZE_EX(size, alignment) (((size) + ((alignment)-1)) & ~((alignment)-1))
#define ZEND_MM_OVERHEAD                         0 /* where a block came from is kept beside the heap */

typedef struct quarry_heap zend_mm_heap;

/* --- Life ------------------------------------------------------------------------------------------------------ */

/* What the manager lives on: a region, or, if source is not NULL, a page provider. */
struct quarry_memory {
    void *region;
    size_t region_bytes;
    const struct quarry_source *source; /* copied */
    /* Of request heaps: chunk_bytes (0: QUARRY_CHUNK_BYTES, on a region at most a sixteenth of it, but never less than
     * the smallest that is allowed) and limit_bytes. The hooks are those of the persistent heap too, but that on_oom is
     * asked for request heaps only. Copied. */
    struct quarry_options options;
};

/** Make the persistent heap and the first request heap, and make that the current heap of this core.
 *  Returns    true; or false, nothing made and all memory given back, iff memory gives no room for both, an option is
 *             out of range, or the manager has been started already.
 *  Owner      a region belongs to the manager until the full shutdown: the persistent heap lies in it, and takes what
 *             request heaps need in chunks out of it. On a source each heap has chunks of its own.
 *  Time       as quarry_create(), twice.
 *  Context    thread; one core.
 *  Misuse     none. */
bool start_memory_manager(const struct quarry_memory *memory) QUARRY_LINK_NAME(start_memory_manager);

/** End the request of the current heap, or everything.
 *  full_shutdown false: every block of the current heap is gone, as are limits of its figures: usage and peaks begin
 *             anew. Handlers, observers, limit and data stay. Some chunks are cached for the next request: as many as
 *             the average of the last requests needed, where each request counts as much as all before it.
 *  full_shutdown true: the current heap, all request heaps of start_memory_manager() and zend_mm_startup() and the
 *             persistent heap give all memory back; each request heap's request ends before. No core has one of them as
 *             its current heap afterwards.
 *  silent     false: with QUARRY_TRACK, blocks that are still live are reported to quarry_print(), by place.
 *  Time       grows with the number of chunks, and clears a byte or two for each of their pages; not with blocks
 *             (but with QUARRY_TRACK).
 *  Context    thread.
 *  Misuse     a block of an ended request is a dead pointer: freeing it is reported. QUARRY_REENTRY, and nothing
 *             happens, if a callback of one of the heaps that would end is running. */
void shutdown_memory_manager(bool silent, bool full_shutdown);

/** Make one more request heap where the manager has its memory: requests nest. It is not made the current heap.
 *  Returns    the heap, or NULL iff there is no memory for its first chunk or the manager was not started.
 *  Owner      caller, until zend_mm_shutdown(heap, true, ...).
 *  Time       control data of a byte or two is cleared for each page of a chunk.
 *  Context    thread. */
zend_mm_heap *zend_mm_startup(void) QUARRY_LINK_NAME(zend_mm_startup);

/** The same as a debugging heap: a red zone on both sides of each block is looked at when the block is freed or moved,
 *  and when the request ends (QUARRY_OVERRUN); every realloc moves; freed blocks are filled. A request's end frees
 *  everything, after reporting leaks if it is not silent. A block costs 32 bytes, and an entry of 24 bytes (32-bit) or
 *  40 (64-bit) in a table; each call costs some 200 instructions and the filling. The heap's source gives the table's
 *  memory, which neither the heap's limit nor zend_memory_usage() counts. Where the source has none left, kept and
 *  empty chunks serve, then on_oom is asked, and then the request has failed.
 *  efree_size() with another size than was asked for is reported from check level 2, see there.
 *  Without QUARRY_TRACK, emalloc() of a constant size asks it, as it asks custom handlers, for the bin's size. */
zend_mm_heap *zend_mm_startup_tracked(void) QUARRY_LINK_NAME(zend_mm_startup_tracked);

/* A storage: where the chunks of one heap come from. handlers and data were copied. */
typedef struct _zend_mm_storage zend_mm_storage;
typedef void *(*zend_mm_chunk_alloc_t)(zend_mm_storage *storage, size_t size, size_t alignment);
typedef void (*zend_mm_chunk_free_t)(zend_mm_storage *storage, void *chunk, size_t size);
typedef bool (*zend_mm_chunk_truncate_t)(zend_mm_storage *storage, void *chunk, size_t old_size, size_t new_size);
typedef bool (*zend_mm_chunk_extend_t)(zend_mm_storage *storage, void *chunk, size_t old_size, size_t new_size);

/* size is a multiple of 4,096. alignment is always ZEND_MM_CHUNK_SIZE, as in the original; what is only aligned to
 * QUARRY_PAGE_BYTES is accepted as well. chunk_truncate and chunk_extend may be NULL; so may chunk_free: then nothing
 * is ever given back. A handler must not call the heap that calls it: that is reported, and fails.
 *
 * A handler must return. The heap waits for it in the middle of a call, with its lock held: after a longjmp() out of a
 * handler the heap refuses every further call, its shutdown included, as one from the handler (QUARRY_REENTRY), and the
 * lock stays as it is. So a handler that allocates from some other heap does so by fallible calls: a
 * quarry_out_of_memory() that leaves by longjmp() would leave the handler too. */
typedef struct _zend_mm_handlers {
    zend_mm_chunk_alloc_t chunk_alloc;
    zend_mm_chunk_free_t chunk_free;
    zend_mm_chunk_truncate_t chunk_truncate;
    zend_mm_chunk_extend_t chunk_extend;
} zend_mm_handlers;

struct _zend_mm_storage {
    const zend_mm_handlers handlers;
    void *data;
};

/** Make a request heap on storage handlers, with chunks of ZEND_MM_CHUNK_SIZE. The manager need not be started.
 *  Returns    the heap, or NULL iff handlers or chunk_alloc is NULL, the first chunk cannot be had, or data_size bytes
 *             do not fit into it beside the heap's control data and one page.
 *  Owner      handlers is copied; data_size bytes at data are copied into the heap, and storage->data points to the
 *             copy, until the full shutdown. With data NULL or data_size 0, storage->data is data itself.
 *  Time       as zend_mm_startup(), and the copying.
 *  Context    thread. */
zend_mm_heap *zend_mm_startup_ex(const zend_mm_handlers *handlers, void *data, size_t data_size)
        QUARRY_LINK_NAME(zend_mm_startup_ex);

/** The heap's storage; NULL: it was not made by zend_mm_startup_ex(). */
zend_mm_storage *zend_mm_get_storage(zend_mm_heap *heap);

/** shutdown_memory_manager() for any heap; the persistent heap is left alone. After a full one the heap is nobody's
 *  current heap. Of a heap that quarry_create() made: quarry_reset() or quarry_destroy(). */
void zend_mm_shutdown(zend_mm_heap *heap, bool full_shutdown, bool silent);

/* --- The current heap ------------------------------------------------------------------------------------------ */

/** The current heap of this core; NULL: none. A few instructions, from anywhere. */
zend_mm_heap *zend_mm_get_heap(void);

/** Make a heap the current one of this core; NULL: none, so that every request is refused.
 *  Returns    the one before.
 *  Owner      any quarry_heap will do; one that quarry_create() made has no handlers, observers or leak report.
 *  Context    thread or ISR of this core. */
zend_mm_heap *zend_mm_set_heap(zend_mm_heap *new_heap);

/** Is the current heap served by Quarry, not by custom handlers? false without a current heap. */
bool is_zend_mm(void);

/** Does the address lie in memory of the current heap, in use or not? quarry_owns() tells whether it is a live block.
 *  Time       a lookup, see quarry.h; nothing at ptr is read. */
bool is_zend_ptr(const void *ptr);

/* --- Blocks of the current heap -------------------------------------------------------------------------------- */

/** Called with a request that cannot be served, outside the lock, the heap as it was. Weak: yours may free nothing and
 *  must not return; it resets the machine, or leaves by longjmp(). The library's stops the CPU with a trap.
 *  A request from a source's callback or a storage's handler: longjmp() must not leave that, see zend_mm_handlers.
 *  heap NULL: there is no current heap, or no persistent one. bytes SIZE_MAX: the size overflowed. */
QUARRY_NORETURN void quarry_out_of_memory(struct quarry_heap *heap, size_t bytes);

void *_emalloc(size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_emalloc) ZEND_ATTRIBUTE_MALLOC
        ZEND_ATTRIBUTE_ALLOC_SIZE(1);
void *_ecalloc(size_t nmemb, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_ecalloc) ZEND_ATTRIBUTE_MALLOC ZEND_ATTRIBUTE_ALLOC_SIZE2(1, 2);
void *_erealloc(void *ptr, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_erealloc)
        ZEND_ATTRIBUTE_ALLOC_SIZE(2);
/* Copies copy_size bytes at most when the block moves. */
void *_erealloc2(void *ptr, size_t size, size_t copy_size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_erealloc2) ZEND_ATTRIBUTE_ALLOC_SIZE(2);
void _efree(void *ptr ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_efree);
/* nmemb * size + offset bytes. */
void *_safe_emalloc(size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_safe_emalloc) ZEND_ATTRIBUTE_MALLOC;
void *_safe_erealloc(void *ptr, size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_safe_erealloc);
char *_estrdup(const char *s ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_estrdup) ZEND_ATTRIBUTE_MALLOC;
char *_estrndup(const char *s, size_t length ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_estrndup) ZEND_ATTRIBUTE_MALLOC;
/* What may be used of a live block; 0: custom handlers, or no live block. */
size_t _zend_mem_block_size(void *ptr ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_zend_mem_block_size);

/* Fallible: NULL where the calls above go to quarry_out_of_memory(). */
void *_femalloc(size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_femalloc) ZEND_ATTRIBUTE_MALLOC
        ZEND_ATTRIBUTE_ALLOC_SIZE(1);
void *_fecalloc(size_t nmemb, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_fecalloc) ZEND_ATTRIBUTE_MALLOC ZEND_ATTRIBUTE_ALLOC_SIZE2(1, 2);
void *_ferealloc(void *ptr, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_ferealloc)
        ZEND_ATTRIBUTE_ALLOC_SIZE(2);
void *_ferealloc2(void *ptr, size_t size, size_t copy_size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_ferealloc2) ZEND_ATTRIBUTE_ALLOC_SIZE(2);
void *_safe_femalloc(size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_safe_femalloc) ZEND_ATTRIBUTE_MALLOC;
void *_safe_ferealloc(void *ptr, size_t nmemb, size_t size, size_t offset ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_safe_ferealloc);
/* All requests of the current heap are fallible while true. */
bool zend_mm_is_fallible(void);
void zend_mm_set_fallible(bool fallible);

/* A constant size reaches its bin without a lookup: a function for each bin, chosen by the compiler. Rows: number of
 * the bin, granules of its slots. */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define QUARRY_GRANULE_BYTES 16
#else
#define QUARRY_GRANULE_BYTES 8
#endif
#define QUARRY_BINS_TO_16(_, x, y)                                                                                     \
    _(0, 1, x, y)                                                                                                      \
    _(1, 2, x, y)                                                                                                      \
    _(2, 3, x, y)                                                                                                      \
    _(3, 4, x, y)                                                                                                      \
    _(4, 5, x, y)                                                                                                      \
    _(5, 6, x, y)                                                                                                      \
    _(6, 7, x, y)                                                                                                      \
    _(7, 8, x, y)                                                                                                      \
    _(8, 9, x, y)                                                                                                      \
    _(9, 10, x, y)                                                                                                     \
    _(10, 11, x, y)                                                                                                    \
    _(11, 12, x, y)                                                                                                    \
    _(12, 13, x, y)                                                                                                    \
    _(13, 14, x, y)                                                                                                    \
    _(14, 15, x, y)                                                                                                    \
    _(15, 16, x, y)
#define QUARRY_BINS_TO_32(_, x, y)                                                                                     \
    _(16, 20, x, y)                                                                                                    \
    _(17, 24, x, y)                                                                                                    \
    _(18, 28, x, y)                                                                                                    \
    _(19, 32, x, y)
#define QUARRY_BINS_TO_128(_, x, y)                                                                                    \
    _(20, 40, x, y)                                                                                                    \
    _(21, 48, x, y)                                                                                                    \
    _(22, 56, x, y)                                                                                                    \
    _(23, 64, x, y)                                                                                                    \
    _(24, 80, x, y)                                                                                                    \
    _(25, 96, x, y)                                                                                                    \
    _(26, 112, x, y)                                                                                                   \
    _(27, 128, x, y)
#if QUARRY_PAGE_BYTES / QUARRY_GRANULE_BYTES >= 32
#define QUARRY_SMALL_MAX_BYTES ((size_t)128 * QUARRY_GRANULE_BYTES)
#define QUARRY_BINS(_, x, y)   QUARRY_BINS_TO_16(_, x, y) QUARRY_BINS_TO_32(_, x, y) QUARRY_BINS_TO_128(_, x, y)
#elif QUARRY_PAGE_BYTES / QUARRY_GRANULE_BYTES >= 16
#define QUARRY_SMALL_MAX_BYTES ((size_t)32 * QUARRY_GRANULE_BYTES)
#define QUARRY_BINS(_, x, y)   QUARRY_BINS_TO_16(_, x, y) QUARRY_BINS_TO_32(_, x, y)
#else
#define QUARRY_SMALL_MAX_BYTES ((size_t)16 * QUARRY_GRANULE_BYTES)
#define QUARRY_BINS(_, x, y)   QUARRY_BINS_TO_16(_, x, y)
#endif

#define QUARRY_BIN_CALLS(number, granules, x, y)                                                                       \
    void *_emalloc_bin_##number(void) QUARRY_LINK_NAME(_emalloc_bin_##number) ZEND_ATTRIBUTE_MALLOC;                   \
    void _efree_bin_##number(void *ptr) QUARRY_LINK_NAME(_efree_bin_##number);
QUARRY_BINS(QUARRY_BIN_CALLS, , )

/* Parts of one chain of conditions: NOLINTBEGIN(bugprone-macro-parentheses) */
#define QUARRY_BIN_TAKE(number, granules, size, y)                                                                     \
    (size) <= (size_t)(granules)*QUARRY_GRANULE_BYTES ? _emalloc_bin_##number():
#define QUARRY_BIN_GIVE(number, granules, ptr, size)                                                                   \
    (size) <= (size_t)(granules)*QUARRY_GRANULE_BYTES ? _efree_bin_##number(ptr):
/* NOLINTEND(bugprone-macro-parentheses) */

/* Not where a call carries its place, nor where a canary, or a zone behind each block, makes another slot of it. */
#if QUARRY_TRACK || QUARRY_CHECK_LEVEL >= 3 || QUARRY_MARK == QUARRY_MARK_ASAN || QUARRY_MARK == QUARRY_MARK_VALGRIND
#define emalloc(size)         _emalloc((size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define efree_size(ptr, size) _efree_size((ptr), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#else
#define emalloc(size)                                                                                                  \
    (__builtin_constant_p(size) ? (QUARRY_BINS(QUARRY_BIN_TAKE, (size_t)(size), ) _emalloc(size)) : _emalloc(size))
#define efree_size(ptr, size)                                                                                          \
    (__builtin_constant_p(size) ? (QUARRY_BINS(QUARRY_BIN_GIVE, ptr, (size_t)(size)) _efree_size(ptr, size))           \
                                : _efree_size(ptr, size))
#endif

/* For a caller who knows the size that was asked for: from check level 2 a wrong one is reported, QUARRY_WRONG_SIZE. */
void _efree_size(void *ptr, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_efree_size);

/* A size that is known to be large or huge needs nothing special here. */
#define _emalloc_large                  _emalloc
#define _emalloc_huge                   _emalloc
#define _efree_large                    _efree_size
#define _efree_huge                     _efree_size
#define emalloc_large(size)             _emalloc((size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define emalloc_huge(size)              _emalloc((size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define efree_large(ptr)                _efree((ptr)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define efree_huge(ptr)                 _efree((ptr)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define efree(ptr)                      _efree((ptr)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define ecalloc(nmemb, size)            _ecalloc((nmemb), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define erealloc(ptr, size)             _erealloc((ptr), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define erealloc2(ptr, size, copy_size) _erealloc2((ptr), (size), (copy_size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define safe_emalloc(nmemb, size, offset)                                                                              \
    _safe_emalloc((nmemb), (size), (offset)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define safe_erealloc(ptr, nmemb, size, offset)                                                                        \
    _safe_erealloc((ptr), (nmemb), (size), (offset)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define erealloc_recoverable(ptr, size)             erealloc(ptr, size)
#define erealloc2_recoverable(ptr, size, copy_size) erealloc2(ptr, size, copy_size)
#define estrdup(s)                                  _estrdup((s)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define estrndup(s, length)                         _estrndup((s), (length)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define zend_mem_block_size(ptr)                    _zend_mem_block_size((ptr)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)

#define emalloc_rel(size)         _emalloc((size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define efree_rel(ptr)            _efree((ptr)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define efree_size_rel(ptr, size) _efree_size((ptr), (size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define ecalloc_rel(nmemb, size)  _ecalloc((nmemb), (size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define erealloc_rel(ptr, size)   _erealloc((ptr), (size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define erealloc2_rel(ptr, size, copy_size)                                                                            \
    _erealloc2((ptr), (size), (copy_size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define erealloc_recoverable_rel(ptr, size)             erealloc_rel(ptr, size)
#define erealloc2_recoverable_rel(ptr, size, copy_size) erealloc2_rel(ptr, size, copy_size)
#define safe_emalloc_rel(nmemb, size, offset)                                                                          \
    _safe_emalloc((nmemb), (size), (offset)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define safe_erealloc_rel(ptr, nmemb, size, offset)                                                                    \
    _safe_erealloc((ptr), (nmemb), (size), (offset)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define estrdup_rel(s)               _estrdup((s)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define estrndup_rel(s, length)      _estrndup((s), (length)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define zend_mem_block_size_rel(ptr) _zend_mem_block_size((ptr)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)

/* For users whose headers have a HashTable. */
#define ALLOC_HASHTABLE(ht)     ((ht) = (HashTable *)emalloc(sizeof(HashTable)))
#define ALLOC_HASHTABLE_REL(ht) ((ht) = (HashTable *)emalloc_rel(sizeof(HashTable)))
#define FREE_HASHTABLE(ht)      efree_size(ht, sizeof(HashTable))
#define FREE_HASHTABLE_REL(ht)  efree_size_rel(ht, sizeof(HashTable))

/* fallible: an expression that decides. */
#define femalloc(size, fallible)                                                                                       \
    ((fallible) ? _femalloc((size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC) : emalloc_large(size))
#define fecalloc(nmemb, size, fallible)                                                                                \
    ((fallible) ? _fecalloc((nmemb), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC) : ecalloc(nmemb, size))
#define ferealloc(ptr, size, fallible)                                                                                 \
    ((fallible) ? _ferealloc((ptr), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC) : erealloc(ptr, size))
#define ferealloc2(ptr, size, copy_size, fallible)                                                                     \
    ((fallible) ? _ferealloc2((ptr), (size), (copy_size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)                     \
                : erealloc2(ptr, size, copy_size))
#define safe_femalloc(nmemb, size, offset, fallible)                                                                   \
    ((fallible) ? _safe_femalloc((nmemb), (size), (offset)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)                   \
                : safe_emalloc(nmemb, size, offset))
#define safe_ferealloc(ptr, nmemb, size, offset, fallible)                                                             \
    ((fallible) ? _safe_ferealloc((ptr), (nmemb), (size), (offset)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)           \
                : safe_erealloc(ptr, nmemb, size, offset))

/* --- Persistent blocks ----------------------------------------------------------------------------------------- */

/** The persistent heap; NULL: the manager is not started. A full shutdown ends it; neither quarry_destroy() nor
 *  quarry_reset() may be called on it, as on a region request heaps lie in its blocks. */
struct quarry_heap *quarry_persistent_heap(void);

/* As their namesakes without "zend" in a C library, but that they do not answer NULL: see Failure. */
void *__zend_malloc(size_t len) ZEND_ATTRIBUTE_MALLOC ZEND_ATTRIBUTE_ALLOC_SIZE(1);
void *__zend_calloc(size_t nmemb, size_t len) ZEND_ATTRIBUTE_MALLOC ZEND_ATTRIBUTE_ALLOC_SIZE2(1, 2);
void *__zend_realloc(void *p, size_t len) ZEND_ATTRIBUTE_ALLOC_SIZE(2);
void __zend_free(void *p);
char *__zend_strdup(const char *s) ZEND_ATTRIBUTE_MALLOC;
char *zend_strndup(const char *s, size_t length) ZEND_ATTRIBUTE_MALLOC;
void *_safe_malloc(size_t nmemb, size_t size, size_t offset) ZEND_ATTRIBUTE_MALLOC;
void *_safe_realloc(void *ptr, size_t nmemb, size_t size, size_t offset);

/* persistent true: a block of the persistent heap, to be given back with persistent true. */
#define pemalloc(size, persistent)         ((persistent) ? __zend_malloc(size) : emalloc(size))
#define pecalloc(nmemb, size, persistent)  ((persistent) ? __zend_calloc((nmemb), (size)) : ecalloc(nmemb, size))
#define perealloc(ptr, size, persistent)   ((persistent) ? __zend_realloc((ptr), (size)) : erealloc(ptr, size))
#define pefree(ptr, persistent)            ((persistent) ? __zend_free(ptr) : efree(ptr))
#define pefree_size(ptr, size, persistent) ((persistent) ? __zend_free(ptr) : efree_size(ptr, size))
#define pestrdup(s, persistent)            ((persistent) ? __zend_strdup(s) : estrdup(s))
#define pestrndup(s, length, persistent)   ((persistent) ? zend_strndup((s), (length)) : estrndup(s, length))
#define safe_pemalloc(nmemb, size, offset, persistent)                                                                 \
    ((persistent) ? _safe_malloc((nmemb), (size), (offset)) : safe_emalloc(nmemb, size, offset))
#define safe_perealloc(ptr, nmemb, size, offset, persistent)                                                           \
    ((persistent) ? _safe_realloc((ptr), (nmemb), (size), (offset)) : safe_erealloc(ptr, nmemb, size, offset))
#define perealloc2(ptr, size, copy_size, persistent)                                                                   \
    ((persistent) ? __zend_realloc((ptr), (size)) : erealloc2(ptr, size, copy_size))
#define perealloc_recoverable(ptr, size, persistent)             perealloc(ptr, size, persistent)
#define perealloc2_recoverable(ptr, size, copy_size, persistent) perealloc2(ptr, size, copy_size, persistent)

#define pemalloc_rel(size, persistent)        ((persistent) ? __zend_malloc(size) : emalloc_rel(size))
#define pecalloc_rel(nmemb, size, persistent) ((persistent) ? __zend_calloc((nmemb), (size)) : ecalloc_rel(nmemb, size))
#define perealloc_rel(ptr, size, persistent)  ((persistent) ? __zend_realloc((ptr), (size)) : erealloc_rel(ptr, size))
#define perealloc2_rel(ptr, size, copy_size, persistent)                                                               \
    ((persistent) ? __zend_realloc((ptr), (size)) : erealloc2_rel(ptr, size, copy_size))
#define perealloc_recoverable_rel(ptr, size, persistent)             perealloc_rel(ptr, size, persistent)
#define perealloc2_recoverable_rel(ptr, size, copy_size, persistent) perealloc2_rel(ptr, size, copy_size, persistent)
#define pefree_rel(ptr, persistent)                                  ((persistent) ? __zend_free(ptr) : efree_rel(ptr))
#define pestrdup_rel(s, persistent)                                  ((persistent) ? __zend_strdup(s) : estrdup_rel(s))

#define fpemalloc(size, persistent, fallible) ((persistent) ? __zend_malloc(size) : femalloc(size, fallible))
#define fperealloc(ptr, size, persistent, fallible)                                                                    \
    ((persistent) ? __zend_realloc((ptr), (size)) : ferealloc(ptr, size, fallible))
#define fperealloc2(ptr, size, copy_size, persistent, fallible)                                                        \
    ((persistent) ? __zend_realloc((ptr), (size)) : ferealloc2(ptr, size, copy_size, fallible))
#define safe_fpemalloc(nmemb, size, offset, persistent, fallible)                                                      \
    ((persistent) ? _safe_malloc((nmemb), (size), (offset)) : safe_femalloc(nmemb, size, offset, fallible))
#define safe_fperealloc(ptr, nmemb, size, offset, persistent, fallible)                                                \
    ((persistent) ? _safe_realloc((ptr), (nmemb), (size), (offset))                                                    \
                  : safe_ferealloc(ptr, nmemb, size, offset, fallible))

/* --- Blocks of a heap that is named ------------------------------------------------------------------------------ */

void *_zend_mm_alloc(zend_mm_heap *heap, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_zend_mm_alloc) ZEND_ATTRIBUTE_MALLOC ZEND_ATTRIBUTE_ALLOC_SIZE(2);
void *_zend_mm_calloc(zend_mm_heap *heap, size_t nmemb, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_zend_mm_calloc) ZEND_ATTRIBUTE_MALLOC ZEND_ATTRIBUTE_ALLOC_SIZE2(2, 3);
void _zend_mm_free(zend_mm_heap *heap, void *p ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_zend_mm_free);
void *_zend_mm_realloc(zend_mm_heap *heap, void *p, size_t size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_zend_mm_realloc) ZEND_ATTRIBUTE_ALLOC_SIZE(3);
void *_zend_mm_realloc2(zend_mm_heap *heap, void *p, size_t size,
                        size_t copy_size ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) QUARRY_LINK_NAME(_zend_mm_realloc2)
        ZEND_ATTRIBUTE_ALLOC_SIZE(3);
size_t _zend_mm_block_size(zend_mm_heap *heap, void *p ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
        QUARRY_LINK_NAME(_zend_mm_block_size);

#define zend_mm_alloc(heap, size) _zend_mm_alloc((heap), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define zend_mm_calloc(heap, nmemb, size)                                                                              \
    _zend_mm_calloc((heap), (nmemb), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define zend_mm_free(heap, p)          _zend_mm_free((heap), (p)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define zend_mm_realloc(heap, p, size) _zend_mm_realloc((heap), (p), (size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define zend_mm_realloc2(heap, p, size, copy_size)                                                                     \
    _zend_mm_realloc2((heap), (p), (size), (copy_size)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)
#define zend_mm_block_size(heap, p) _zend_mm_block_size((heap), (p)ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC)

#define zend_mm_alloc_rel(heap, size) _zend_mm_alloc((heap), (size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define zend_mm_free_rel(heap, p)     _zend_mm_free((heap), (p)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define zend_mm_realloc_rel(heap, p, size)                                                                             \
    _zend_mm_realloc((heap), (p), (size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define zend_mm_realloc2_rel(heap, p, size, copy_size)                                                                 \
    _zend_mm_realloc2((heap), (p), (size), (copy_size)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)
#define zend_mm_block_size_rel(heap, p) _zend_mm_block_size((heap), (p)ZEND_FILE_LINE_RELAY_CC ZEND_FILE_LINE_CC)

/* --- Limits and figures of the current heap ----------------------------------------------------------------------- */

/** Set the most bytes that the current heap may have from its source, cached chunks included.
 *  Returns    SUCCESS; or FAILURE, nothing changed, iff it has more already even without cached chunks (empty
 *             chunks have been released then). A request that would go above the limit first has cached chunks
 *             released, is tried once more, and then fails.
 *  Time       grows with the chunks given back. */
zend_result zend_set_memory_limit(size_t memory_limit);

/** Bytes of the current heap: real_usage false, the usable sizes of its live blocks (needs QUARRY_STATS, otherwise as
 *  true); true, what it has from its source, cached chunks included. 0 without a current heap. */
size_t zend_memory_usage(bool real_usage);
/** The most that zend_memory_usage() was since the request began, or since zend_memory_reset_peak_usage(). */
size_t zend_memory_peak_usage(bool real_usage);
void zend_memory_reset_peak_usage(void);

/** Give back to the heap's source what no block needs: empty chunks, cached ones included.
 *  Returns    bytes given back; 0 for NULL. With custom handlers: what their gc answers, or 0.
 *  Time       grows with the chunks given back. */
size_t zend_mm_gc(zend_mm_heap *heap);

/** For tests of what happens when memory runs out: after max_allocs further allocations of the current heap each one
 *  fails, until this is called again. 0: no such limit. */
void zend_mm_set_max_allocs(uint64_t max_allocs);
/** Has an allocation failed because of it? */
bool zend_mm_max_allocs_hit(void);

/* --- Custom heaps and observers ----------------------------------------------------------------------------------- */

#define ZEND_MM_CUSTOM_HEAP_NONE  0
#define ZEND_MM_CUSTOM_HEAP_STD   1
#define ZEND_MM_CUSTOM_HEAP_DEBUG 2

/** Have a heap's blocks served by functions of your own; all NULL: by Quarry again. The heap must be one of
 *  start_memory_manager(), zend_mm_startup() or zend_mm_startup_ex(); for others QUARRY_INVALID_POINTER is reported.
 *  Blocks that the heap has at that time stay until the request ends, but cannot be freed before Quarry serves it
 *  again. A handler that answers NULL has failed: see Failure. Handlers are called outside the lock. */
void zend_mm_set_custom_handlers(zend_mm_heap *heap, void *(*_malloc)(size_t), void (*_free)(void *),
                                 void *(*_realloc)(void *, size_t));
/** The same with what zend_mm_gc() and zend_mm_shutdown() call; either may be NULL: then these do nothing but what they
 *  do to the heap's own memory: a full shutdown gives it back. */
void zend_mm_set_custom_handlers_ex(zend_mm_heap *heap, void *(*_malloc)(size_t), void (*_free)(void *),
                                    void *(*_realloc)(void *, size_t), size_t (*_gc)(void),
                                    void (*_shutdown)(bool full, bool silent));
/** What was set; NULL where nothing was. */
void zend_mm_get_custom_handlers(zend_mm_heap *heap, void *(**_malloc)(size_t), void (**_free)(void *),
                                 void *(**_realloc)(void *, size_t));
void zend_mm_get_custom_handlers_ex(zend_mm_heap *heap, void *(**_malloc)(size_t), void (**_free)(void *),
                                    void *(**_realloc)(void *, size_t), size_t (**_gc)(void),
                                    void (**_shutdown)(bool full, bool silent));
/** The same with the place of each call: file and line, and the wrapper's where one relayed it. Without QUARRY_TRACK
 *  these are NULL and 0. */
void zend_mm_set_custom_debug_handlers(zend_mm_heap *heap,
                                       void *(*_malloc)(size_t, const char *, uint32_t, const char *, uint32_t),
                                       void (*_free)(void *, const char *, uint32_t, const char *, uint32_t),
                                       void *(*_realloc)(void *, size_t, const char *, uint32_t, const char *,
                                                         uint32_t));
/** Has the heap custom handlers, or is it a tracked one? */
bool zend_mm_is_custom_heap(zend_mm_heap *new_heap);

/* Sees every call on a heap and replaces nothing: limits, gc and the end of a request work as ever. It is the caller's,
 * and must stay until it is removed, or until the heap's full shutdown returns, which removes it. Any function may be
 * NULL. Functions must not call the heap, but may add and remove observers, themselves too: what is removed is told no
 * more, what is added is told from the next event on. They are called outside the lock. */
struct quarry_observer {
    void *context;
    void (*allocated)(void *context, zend_mm_heap *heap, void *block, size_t bytes); /* after it */
    void (*freed)(void *context, zend_mm_heap *heap, void *block);                   /* before it; block is not NULL */
    void (*resized)(void *context, zend_mm_heap *heap, void *old_block, void *block, size_t bytes); /* after it */
    void (*failed)(void *context, zend_mm_heap *heap, size_t bytes);    /* before out_of_memory or NULL */
    void (*collected)(void *context, zend_mm_heap *heap, size_t bytes); /* after zend_mm_gc() */
    void (*ended)(void *context, zend_mm_heap *heap, bool full);        /* before a request's end */
    /* Quarry's; all zero before it is added for the first time. */
    struct quarry_observer *next;
    zend_mm_heap *heap;
    size_t number;
};

/** Add an observer to a heap as custom handlers are; they are called in the order in which they were added.
 *  Returns    true; false, nothing changed, iff observer is NULL, or has been added already, to this heap or another
 *             one (a struct for each heap will do), or the heap is none that can have observers. */
bool quarry_add_observer(zend_mm_heap *heap, struct quarry_observer *observer);
/** Returns   true; false iff it is not there. NULL never is. */
bool quarry_remove_observer(zend_mm_heap *heap, struct quarry_observer *observer);

/** Where the leak report goes: zero-terminated text, in pieces; lines end with a newline. Weak: the library's does
 *  nothing. Called outside the lock. Must not call the heap. */
void quarry_print(const char *text);

#ifdef __cplusplus
}
#endif

#endif
