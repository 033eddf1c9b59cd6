/* SPDX-License-Identifier: MIT
 *
 * faults.h: the tests of the API and of emalloc.h once more, with faults. run.c runs each test again and again; each
 * time one thing fails that did not: the n-th call of a source or answer of on_oom, or the n-th call that took memory
 * from a source meets a limit. n grows until there is no n-th. calls.c stands between tests and library
 * (the linker's --wrap) and injects; ledger.c knows which heaps and sources there are and what lies in them.
 *
 * What must hold, whatever failed:
 *   - a call that is refused for it has changed nothing: blocks, what is in them, figures;
 *   - the same call made again, without the fault, is served, and the test then passes as if nothing had happened: all
 *     of its own checks count. Only where the fault was no refusal (a block was moved because it could not be extended)
 *     may the test see what it does not expect, and is given up where it does;
 *   - in the end every heap is sound, all of its memory can be had again, and all memory is back at its source.
 *
 * RECORD      no fault: what is called, and what the answers are; everything else is compared with it
 * REFUSE      the event fails; a call that is refused is made again
 * GIVE_UP     the same, but the caller is told. That is for emalloc(), which then does not return
 * NO_ROOM     the limit is what the heap has
 * LITTLE_ROOM the limit is one byte below what the heap is about to have
 * NO_RELEASE, NO_EXTEND, NO_TRUNCATE   sources without that callback, for the whole test
 */
#ifndef QUARRY_FAULTS_H
#define QUARRY_FAULTS_H

#include "../emalloc/emalloc_test.h"

enum faults_mode { RECORD, REFUSE, GIVE_UP, NO_ROOM, LITTLE_ROOM, NO_RELEASE, NO_EXTEND, NO_TRUNCATE };

enum faults_kind { ON_OOM, ACQUIRE, EXTEND, TRUNCATE };

/* So many calls of a test, and things in them that may fail, are told apart. */
enum { MOST_CALLS = 1 << 17, MOST_EVENTS = 4096, OUTSIDE = -1 };

struct faults_event {
    int32_t call; /* of the library; OUTSIDE: none that we see */
    uint32_t bytes;
    unsigned char kind; /* enum faults_kind */
    bool in_scene;      /* of emalloc_test.h */
};

struct faults {
    enum faults_mode mode;
    unsigned chosen;     /* event, or with a limit the event whose call meets it */
    unsigned calls;      /* of the library, so far */
    unsigned events;     /* that might fail, so far */
    unsigned depth;      /* of calls: callbacks and the library's own parts call the library too */
    bool injected;       /* the fault has happened */
    bool may_differ;     /* and it was no refusal, so the test may see what it does not expect */
    bool wants_to_end;   /* it did, inside a callback */
    bool is_over;        /* nothing is injected or compared any more */
    bool in_scene;       /* of emalloc_test.h, which ends what it began */
    bool hook_ran;       /* on_oom was asked during this call: what it did is no fault */
    void **place;        /* where a test that is given up goes on */
    size_t memory_bytes; /* that the test was given */
    size_t left_bytes;   /* that it can be given at most */
    unsigned refused;    /* calls that were refused for a fault, in all runs of the test */
    unsigned runs;       /* of the test */
};
extern struct faults faults;

/* What RECORD has seen. */
extern struct faults_event faults_events[MOST_EVENTS];
extern unsigned char faults_refusals[MOST_CALLS / 8]; /* a bit for each call: NULL or false was the answer */

/* The library's functions, and those of the harness, as they are without us (the linker's --wrap). */
#define FAULTS_REAL(type, name, ...)                                                                                   \
    type __real_##name(__VA_ARGS__);                                                                                   \
    type __wrap_##name(__VA_ARGS__)
/* The same for a function whose name at the linker ends with the options (quarry/link_names.h). */
#define FAULTS_REAL_LINKED(type, name, ...)                                                                            \
    type __real_##name(__VA_ARGS__) QUARRY_LINK_NAME(__real_##name);                                                   \
    type __wrap_##name(__VA_ARGS__) QUARRY_LINK_NAME(__wrap_##name)
FAULTS_REAL(void *, quarry_malloc, struct quarry_heap *heap, size_t bytes);
FAULTS_REAL(void *, quarry_calloc, struct quarry_heap *heap, size_t count, size_t bytes);
FAULTS_REAL(void *, quarry_realloc, struct quarry_heap *heap, void *block, size_t bytes);
FAULTS_REAL(void *, quarry_aligned_alloc, struct quarry_heap *heap, size_t align_bytes, size_t bytes);
FAULTS_REAL(void *, quarry_aligned_realloc, struct quarry_heap *heap, void *block, size_t align_bytes, size_t bytes);
FAULTS_REAL(bool, quarry_resize, struct quarry_heap *heap, void *block, size_t bytes);
FAULTS_REAL(void, quarry_free, struct quarry_heap *heap, void *block);
FAULTS_REAL(void, quarry_free_sized, struct quarry_heap *heap, void *block, size_t bytes);
FAULTS_REAL_LINKED(struct quarry_heap *, quarry_create, void *region, size_t region_bytes,
                   const struct quarry_options *options);
FAULTS_REAL_LINKED(struct quarry_heap *, quarry_create_from_source, const struct quarry_source *source,
                   const struct quarry_options *options);
struct chunk_group;
FAULTS_REAL(struct quarry_heap *, qi_request_create, struct chunk_group *group, const struct quarry_options *options);
FAULTS_REAL(struct quarry_heap *, qi_request_create_alone, const struct quarry_source *source, size_t extra_bytes);
FAULTS_REAL(bool, quarry_add_region, struct quarry_heap *heap, void *region, size_t region_bytes);
FAULTS_REAL(bool, quarry_set_limit, struct quarry_heap *heap, size_t limit_bytes);
FAULTS_REAL(void, quarry_destroy, struct quarry_heap *heap);
FAULTS_REAL(void, quarry_get_stats, const struct quarry_heap *heap, struct quarry_stats *stats);
FAULTS_REAL(void, quarry_reset_peaks, struct quarry_heap *heap);
FAULTS_REAL(struct quarry_source, quarry_source_from_heap, struct quarry_heap *parent);
FAULTS_REAL(bool, test_source_init, struct test_source *source, size_t bytes);
FAULTS_REAL(bool, test_check, bool held, const char *text, const char *file, int line);
FAULTS_REAL(bool, test_check_equal, uintptr_t a, uintptr_t b, const char *text, const char *file, int line);
FAULTS_REAL(void, test_memory_release, void);
FAULTS_REAL(bool, expect_all_free_, struct quarry_heap *heap, size_t largest_bytes);
FAULTS_REAL(bool, expect_misuse_, const struct quarry_heap *heap, unsigned kinds);
FAULTS_REAL(void, expect_printed_, const char *const *texts);
FAULTS_REAL(void, scene_run, scene_body body, bool on_source, unsigned chunks);

/* Our own checks always count. */
#define test_check       __real_test_check
#define test_check_equal __real_test_check_equal

/* Each thing that may fail asks whether it does. */
bool faults_strike(enum faults_kind kind, size_t bytes);

/* Ends the test: what the ledger knows is looked at and given back, then run.c goes on. */
_Noreturn void faults_give_up(void);

/* --- ledger.c --- */

void ledger_clear(void);
void ledger_add_heap(struct quarry_heap *heap, bool on_source, bool is_request,
                     bool (*on_oom)(void *context, struct quarry_heap *heap, size_t bytes));
void ledger_drop_heap(const struct quarry_heap *heap);
bool (*ledger_on_oom(const struct quarry_heap *heap))(void *context, struct quarry_heap *heap, size_t bytes);
void ledger_add_source(struct test_source *source);

/* A region or a limit changed what the heap can hold. */
void ledger_forget_largest(const struct quarry_heap *heap);

/* Calls that were refused for a fault alone, which the test must not see in the heap's figures. */
void ledger_count_refusal(const struct quarry_heap *heap);
unsigned ledger_refusals(const struct quarry_heap *heap);
/* The heap counts its failures anew. */
void ledger_forget_refusals(const struct quarry_heap *heap);

/* What all heaps look like, and what lies in the blocks of this one, which may be NULL. */
void ledger_note(struct quarry_heap *heap);
void ledger_expect_unchanged(struct quarry_heap *heap);

/* Frees all blocks, looks at the heap and destroys it, the newest first; not these two. Sources must then have all of
 * their memory, unless with_sources is false: they are gone. */
void ledger_end_heaps(const struct quarry_heap *but, const struct quarry_heap *nor);
void ledger_expect_given_back(void);
/* The same for heaps on regions, when a test has returned: what lay in its frame is gone. */
void ledger_end_regions(void);

#endif
