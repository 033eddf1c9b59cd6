/* SPDX-License-Identifier: MIT
 *
 * test.h: what every test program of the project is written with. A file of tests includes this header, writes
 * TEST(test_unit_situation_outcome) { ... } and is linked with the harness; there is no list to keep.
 *
 *   CHECK(c), CHECK_EQ(a, b)  count a failure, say where and go on
 *   REQUIRE(c)                the same, and leaves the (void) function: what follows would crash
 *   SKIP(reason)              leaves the test and counts it as skipped
 *   test_memory(...)          dirty memory, guarded on both sides, the machine's own; all taken back after the test
 *
 * The same programs run in a process and on bare machines without a libc, down to 16 KB of RAM: nothing here
 * allocates, and whatever grows with a test lies in test_memory().
 * Does not: time anything, or survive a fault (the machine's own handler ends the image).
 */
#ifndef QUARRY_TEST_H
#define QUARRY_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long random tests go on: 1 suits a small machine under QEMU, 20 a process. */
#ifndef TEST_SCALE
#if __STDC_HOSTED__
#define TEST_SCALE 20
#else
#define TEST_SCALE 1
#endif
#endif

struct test {
    const char *name;
    void (*run)(void);
};

/* gcc and clang drop what nobody refers to (used). So does lld (retain; gcc knows that only for some targets, and
 * warns for the others), unless the linker script says KEEP; GNU ld keeps what __start_ and __stop_ refer to. */
#ifdef __clang__
#if __has_attribute(retain)
#define TEST_KEPT __attribute__((used, retain, section("quarry_tests")))
#endif
#endif
#ifndef TEST_KEPT
#define TEST_KEPT __attribute__((used, section("quarry_tests")))
#endif

/* The section holds pointers, not structs: a compiler may pad structs in a section, but never words. */
#define TEST(name)                                                                                                     \
    static void name(void);                                                                                            \
    static const struct test name##_entry = {#name, name};                                                             \
    TEST_KEPT static const struct test *const name##_listed = &name##_entry;                                           \
    static void name(void)

#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQ(a, b)   test_check_equal((uintptr_t)(a), (uintptr_t)(b), #a " == " #b, __FILE__, __LINE__)
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!CHECK(condition))                                                                                         \
            return;                                                                                                    \
    } while (0)
#define SKIP(reason)                                                                                                   \
    do {                                                                                                               \
        test_skip(reason, 0);                                                                                          \
        return;                                                                                                        \
    } while (0)

/* Both answer whether the check held. */
bool test_check(bool held, const char *text, const char *file, int line);
bool test_check_equal(uintptr_t a, uintptr_t b, const char *text, const char *file, int line);

/* Mark the running test as skipped; bytes is the figure that explains why, 0: none. The caller then returns. */
void test_skip(const char *reason, size_t bytes);

/* Has the running test failed or been skipped? Loops stop on it, so that one fault gives one page of output. */
bool test_is_over(void);

/* Remembers the line of a test that calls a checking helper, for the helper's message; always true. */
bool test_called_from(int line);

void test_print(const char *text);
void test_print_unsigned(uintptr_t value);
void test_print_hex(uintptr_t value);

/* A xorshift generator, restarted from a fixed seed for each test; test_seed restarts it with another. A test
 * that fails prints the seed that it last set. */
void test_seed(uint32_t seed);
uint32_t test_random(void);
/* 0 to bound - 1, without a division; bound from 1. */
size_t test_random_below(size_t bound);

/* bytes of memory at an address that is align_offset above a multiple of 64. Filled with garbage; bytes beside
 * it are guarded and looked at when the test ends. NULL: the machine has not that much, and the test is marked as
 * skipped with the figure. */
void *test_memory(size_t bytes, size_t align_offset);
/* The same at a multiple of align_bytes, a power of two. */
void *test_memory_aligned(size_t bytes, size_t align_bytes);
/* What a test_memory(bytes, 63) can still give. */
size_t test_memory_left(void);
/* Looks at the guards and takes all memory back; done after each test, or earlier by a test that begins anew. */
void test_memory_release(void);

/* A pattern that differs for each seed and place, to see who wrote where. */
void test_fill(void *memory, size_t bytes, uint32_t seed);
bool test_is_filled(const void *memory, size_t bytes, uint32_t seed);
bool test_is_zero(const void *memory, size_t bytes);

/* Runs a test from a fresh start. An image that defines test_run() itself runs each test as often as it likes; what
 * counts is how the last run ended. */
void test_run_once(const struct test *test);
void test_run(const struct test *test);

/* Called by the runner around each test: harness/test_heap.c, which knows of heaps, starts and ends its own records. */
void test_heap_begin(void);
void test_heap_end(void);

#endif
