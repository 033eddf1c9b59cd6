/* SPDX-License-Identifier: MIT
 *
 * subject.h: the allocator that is asked, and how its answers are written down.
 *
 * The same sources are built twice: with original.c and the library of PHP's embedding, whose functions have the names
 * and types that quarry/emalloc.h declares, and with quarry.c and Quarry. What has another name or form on each side is
 * declared here and defined in these two files.
 *
 * The program calls _emalloc(), not the macro emalloc(): what a macro makes of a constant size belongs to one side only
 * (subject_constant).
 */
#ifndef TESTS_DIFFERENTIAL_SUBJECT_H
#define TESTS_DIFFERENTIAL_SUBJECT_H

#include "quarry/emalloc.h"

/* --- What the two adapters define --------------------------------------------------------------------------------- */

/** Start the manager: a current heap with one chunk, and no limit. */
void subject_start(void);

/** pefree(block, 1). */
void subject_persistent_free(void *block);

/* emalloc() and efree_size() with a constant: number 0 to SUBJECT_CONSTANTS - 1 of these sizes. */
enum { SUBJECT_CONSTANTS = 7 };
#define SUBJECT_CONSTANT_BYTES                                                                                         \
    {                                                                                                                  \
        8, 24, 100, 1500, 3000, 100000, 3 * 1024 * 1024                                                                \
    }
void *subject_constant(size_t number);
void subject_constant_free(size_t number, void *block);

/* --- Answers: one line each, "question = answer" ------------------------------------------------------------------ */

__attribute__((format(printf, 1, 2))) void ask(const char *question, ...);
__attribute__((format(printf, 1, 2))) void answer(const char *text, ...);
void answer_yes_no(bool yes);

/** Ask and answer at once. */
void say_yes_no(const char *question, bool yes);
void say_number(const char *question, size_t number);

/** Answer with how a call ends that may not return: it is made in a child process. "returns", or "does not return".
 *  What the child did is lost: it may break its heap. */
void say_end(const char *question, void (*call)(void));

/** In a child: end it as a call that does not return would. */
_Noreturn void fail_here(void);

/* --- Contents: each block is filled from its number --------------------------------------------------------------- */

void fill(void *block, size_t bytes, uint32_t number);
bool is_filled(const void *block, size_t bytes, uint32_t number);
bool is_zero(const void *block, size_t bytes);

/** Is that what zend_memory_usage(false) says? The original counts an entry of its list, HUGE_ENTRY_BYTES, for each
 *  huge block; huge_most is how many blocks may be huge: where huge begins is not the same on both sides. */
enum { HUGE_ENTRY_BYTES = 24, HUGE_LEAST_BYTES = 2000000 };
bool usage_is(size_t bytes, size_t huge_most);

/** No compiler may know what comes out: sizes that are impossible on purpose, pointers that are wrong on purpose. */
size_t opaque(size_t value);
void *opaque_pointer(void *pointer);

/* --- Groups of questions: each leaves the heap empty. ------------------------------------------------------------- */

void ask_sizes(void);
void ask_contents(void);
void ask_usage(void);
void ask_limit(void);
void ask_collection(void);
void ask_requests(void);
void ask_pointers(void);
void ask_heaps(void);
void ask_storage(void);
void ask_handlers(void);
void ask_persistent(void);
void ask_random(void);
void ask_misuse(void);

#endif
