/* SPDX-License-Identifier: MIT
 *
 * test.c: runs every test that is linked into the image, one line for each, and sums up. The list of tests is a
 * linker section; the order is that of the object files. The last line, alone, is what tests/qemu looks for:
 * "N passed, N failed" or "N passed, N failed, N skipped". main() returns 0, or 1 if a test failed.
 * Failed checks print file, line, text and values; after MESSAGES of them in one test the rest is only counted.
 * State is one small struct: the harness must fit beside a heap in 16 KB of RAM.
 */
#include "test.h"

#include "machine.h"

/* Enough to see the cause, few enough that a broken allocator does not fill a serial line for minutes. */
#define MESSAGES   6u
#define FIRST_SEED 0x51a7b003u

/* Set by the linker to the ends of the section quarry_tests. */
extern const struct test *const __start_quarry_tests[] __attribute__((visibility("hidden")));
extern const struct test *const __stop_quarry_tests[] __attribute__((visibility("hidden")));

static struct {
    unsigned passed;
    unsigned failed;
    unsigned skipped;
    unsigned failures; /* of the running test */
    const char *skip_reason;
    size_t skip_bytes;
    int line; /* of the running test, last noted */
    uint32_t seed;
    uint32_t random;
} state;

static size_t text_bytes(const char *text)
{
    size_t bytes = 0;

    while (text[bytes] != '\0')
        bytes++;
    return bytes;
}

void test_print(const char *text)
{
    machine_write(text, text_bytes(text));
}

/* By subtraction: a Cortex-M0 has no divider, and the image no library to stand in for it. */
void test_print_unsigned(uintptr_t value)
{
    uintptr_t powers[20];
    size_t count = 1;
    char text[21];
    size_t length = 0;

    powers[0] = 1;
    while (powers[count - 1] <= UINTPTR_MAX / 10 && value >= powers[count - 1] * 10) {
        powers[count] = powers[count - 1] * 10;
        count++;
    }
    while (count-- > 0) {
        char digit = '0';

        for (; value >= powers[count]; value -= powers[count])
            digit++;
        text[length++] = digit;
    }
    machine_write(text, length);
}

void test_print_hex(uintptr_t value)
{
    char text[2 + sizeof value * 2];
    size_t place = sizeof text;

    for (; place > 2; value >>= 4)
        text[--place] = "0123456789abcdef"[value & 15];
    text[0] = '0';
    text[1] = 'x';
    machine_write(text, sizeof text);
}

/* Counts a failure; true if it is still to be printed, and then the place has been. */
static bool fail_at(const char *text, const char *file, int line)
{
    state.failures++;
    if (state.failures > MESSAGES)
        return false;
    test_print("  ");
    test_print(file);
    test_print(":");
    test_print_unsigned((uintptr_t)line);
    if (state.line != 0) {
        test_print(" (test line ");
        test_print_unsigned((uintptr_t)state.line);
        test_print(")");
    }
    test_print(": not so: ");
    test_print(text);
    return true;
}

bool test_check(bool held, const char *text, const char *file, int line)
{
    if (!held && fail_at(text, file, line))
        test_print("\n");
    return held;
}

bool test_check_equal(uintptr_t a, uintptr_t b, const char *text, const char *file, int line)
{
    if (a != b && fail_at(text, file, line)) {
        test_print(": ");
        test_print_unsigned(a);
        test_print(" (");
        test_print_hex(a);
        test_print(") and ");
        test_print_unsigned(b);
        test_print(" (");
        test_print_hex(b);
        test_print(")\n");
    }
    return a == b;
}

void test_skip(const char *reason, size_t bytes)
{
    state.skip_reason = reason;
    state.skip_bytes = bytes;
}

bool test_is_over(void)
{
    return state.failures != 0 || state.skip_reason != NULL;
}

bool test_called_from(int line)
{
    state.line = line;
    return true;
}

void test_seed(uint32_t seed)
{
    state.seed = seed;
    state.random = seed != 0 ? seed : 1;
}

uint32_t test_random(void)
{
    uint32_t x = state.random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    state.random = x;
    return x;
}

/* Small bounds by multiplication; large ones, which tests ask for seldom, by trying until one is in range. */
size_t test_random_below(size_t bound)
{
    size_t mask = bound - 1;
    size_t value;
    unsigned shift;

    if (bound <= 0x10000u)
        return (size_t)(((test_random() >> 16) * (uint32_t)bound) >> 16);
    for (shift = 1; shift < sizeof mask * 8; shift *= 2)
        mask |= mask >> shift;
    do {
        value = test_random();
        if (sizeof value > 4)
            value = (value << 16 << 16) | test_random();
        value &= mask;
    } while (value >= bound);
    return value;
}

void test_run_once(const struct test *test)
{
    state.failures = 0;
    state.skip_reason = NULL;
    state.line = 0;
    test_seed(FIRST_SEED);
    test_heap_begin();
    test->run();
    test_heap_end();
    state.line = 0;
    test_memory_release();
}

__attribute__((weak)) void test_run(const struct test *test)
{
    test_run_once(test);
}

static void report(const struct test *test)
{
    if (state.failures != 0) {
        state.failed++;
        test_print("FAIL ");
        test_print(test->name);
        test_print(" checks failed: ");
        test_print_unsigned(state.failures);
        test_print(", seed ");
        test_print_hex(state.seed);
    } else if (state.skip_reason != NULL) {
        state.skipped++;
        test_print("skip ");
        test_print(test->name);
        test_print(": ");
        test_print(state.skip_reason);
        if (state.skip_bytes != 0) {
            test_print(" ");
            test_print_unsigned(state.skip_bytes);
        }
    } else {
        state.passed++;
        test_print("ok ");
        test_print(test->name);
    }
    test_print("\n");
}

int main(void)
{
    const struct test *const *test;

    test_print(machine_name);
    test_print(", seed ");
    test_print_hex(FIRST_SEED);
    test_print("\n");
    for (test = __start_quarry_tests; test != __stop_quarry_tests; test++) {
        test_run(*test);
        report(*test);
    }
    test_print_unsigned(state.passed);
    test_print(" passed, ");
    test_print_unsigned(state.failed);
    test_print(" failed");
    if (state.skipped != 0) {
        test_print(", ");
        test_print_unsigned(state.skipped);
        test_print(" skipped");
    }
    test_print("\n");
    return state.failed != 0;
}
