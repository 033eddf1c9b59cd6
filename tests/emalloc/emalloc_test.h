/* SPDX-License-Identifier: MIT
 *
 * emalloc_test.h: what the tests of quarry/emalloc.h share: scenes, and what the image has instead of the library's
 * weak functions. ON_REGION_OF(name, chunks) { ... } is a test that finds the manager started on a region that has room
 * for so many chunks, ON_SOURCE_OF one on the harness's page provider; the body gets struct scene *s. However it ends,
 * the manager is then shut down, and every byte must have gone back to the provider.
 *
 * quarry_out_of_memory() leaves by a jump to the RUNS_OUT() that waits for it; without one the image ends.
 * quarry_print() collects text.
 */
#ifndef QUARRY_EMALLOC_TEST_H
#define QUARRY_EMALLOC_TEST_H

#include "quarry/emalloc.h"

#include "fixture.h"

#define CHUNK SMALLEST_CHUNK_BYTES

/* For tests of where a block lies, or of what exactly fits: from check level 3 a freed slot waits before it is taken
 * again, and blocks are longer by their canary. */
#define NEEDS_PLAIN_SLOTS()                                                                                            \
    do {                                                                                                               \
        if (QUARRY_CHECK_LEVEL >= 3)                                                                                   \
            SKIP("from check level 3 slots wait before they are taken again");                                         \
    } while (0)
/* For tests of what level 0 does not look at. */
#define NEEDS_CHECKS()                                                                                                 \
    do {                                                                                                               \
        if (QUARRY_CHECK_LEVEL == 0)                                                                                   \
            SKIP("check level 0 trusts its caller");                                                                   \
    } while (0)
/* One fits into any chunk, even a heap's first; two do not. */
#define BIG_BYTES (CHUNK / 8 * 5)
/* What no chunk can hold. */
#define HUGE_BYTES (2 * CHUNK - 500)
/* Large, not small, on every target. */
#define LARGE_BYTES ((size_t)(sizeof(void *) > 4 ? 2500u : 300u))

struct scene {
    struct quarry_memory memory;
    struct test_source source; /* of ON_SOURCE */
    zend_mm_heap *heap;        /* the first current one; a body that shuts it down sets NULL */
    struct quarry_heap *persistent;
};

typedef void (*scene_body)(struct scene *s);

void scene_run(scene_body body, bool on_source, unsigned chunks);

#define SCENE(name, on_source, chunks)                                                                                 \
    TEST_IN(name, scene_run(name##_body, on_source, chunks), MAYBE_UNUSED struct scene *s)
#define ON_REGION_OF(name, chunks) SCENE(name, false, chunks)
#define ON_SOURCE_OF(name, chunks) SCENE(name, true, chunks)
/* As much as the smallest machine has. */
#define ON_REGION(name) SCENE(name, false, 2)
#define ON_SOURCE(name) SCENE(name, true, 2)

/* What a call that runs out of memory said. */
struct oom_log {
    struct quarry_heap *heap;
    size_t bytes;
    bool armed;
    void *place[5];
};
extern struct oom_log test_oom;

/* An image that makes calls fail defines it: such a call leaves the test from here. */
bool test_is_to_run_out(void);

/* Does the call, an expression, go to quarry_out_of_memory()? */
#define RUNS_OUT(call)                                                                                                 \
    (test_called_from(__LINE__), test_oom.armed = true,                                                                \
     __builtin_setjmp(test_oom.place) != 0 || ((void)(call), test_oom.armed = false))

/* It does, and with that heap and that many bytes. */
#define EXPECT_OOM(call, of_heap, of_bytes)                                                                            \
    do {                                                                                                               \
        CHECK(RUNS_OUT(call));                                                                                         \
        CHECK_EQ(test_oom.heap, (of_heap));                                                                            \
        CHECK_EQ(test_oom.bytes, (of_bytes));                                                                          \
    } while (0)

/* What was printed since test_print_forget(). */
enum { PRINTED_BYTES = 768 };
extern char test_printed[PRINTED_BYTES];
void test_print_forget(void);
/* These texts, one after the other, are what was printed, but for the order of the lines before the last; then forgets
 * it. */
#define expect_printed(...) (test_called_from(__LINE__), expect_printed_((const char *const[]){__VA_ARGS__, NULL}))
void expect_printed_(const char *const *texts);

/* A constant that compilers do not know, so that they do not warn of sizes that are wrong on purpose. */
size_t opaque_size(size_t bytes);
unsigned char *opaque_pointer(const void *pointer);

/* So many blocks of BIG_BYTES, a chunk each. */
void take_chunks(unsigned count);

bool texts_are_equal(const char *a, const char *b);

/* This line of this file as the report names it. */
#define PLACE          __FILE__ "(" PLACE_TEXT(__LINE__) ")"
#define PLACE_TEXT(x)  PLACE_TEXT_(x)
#define PLACE_TEXT_(x) #x

#endif
