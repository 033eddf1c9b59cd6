/* SPDX-License-Identifier: MIT
 *
 * emalloc_test.c: see emalloc_test.h. Scenes, then out of memory, printing, and values that compilers do not see.
 */
#include "emalloc_test.h"

#include "machine.h"

#if QUARRY_CORES > 1
__thread unsigned quarry_test_core;
#endif

/* --- scenes --- */

/* With QUARRY_TRACK each heap has a table besides. */
enum { TABLE_BYTES = QUARRY_TRACK ? 16 * GRANULE_BYTES : 0 };

static bool set_memory(struct scene *s, bool on_source, unsigned chunks)
{
    s->memory.options = test_options();
    if (on_source) {
        s->memory.source = &s->source.source;
        s->memory.options.chunk_bytes = CHUNK;
        return test_source_init(&s->source, chunks * CHUNK + TABLE_BYTES);
    }
    s->memory.region_bytes = chunks * CHUNK + CHUNK / 2 + TABLE_BYTES;
    s->memory.region = test_memory(s->memory.region_bytes, 8);
    return s->memory.region != NULL;
}

static void end(struct scene *s)
{
    if (quarry_persistent_heap() != NULL) {
        CHECK(quarry_check(s->persistent));
        if (s->heap != NULL)
            CHECK(quarry_check(s->heap));
        zend_mm_set_heap(s->heap);
        shutdown_memory_manager(true, true);
    }
    zend_mm_set_heap(NULL);
    CHECK_EQ(quarry_persistent_heap(), NULL);
    CHECK_EQ(s->source.errors, 0);
    if (s->source.source.release != NULL)
        CHECK_EQ(s->source.granted_bytes, 0);
}

void scene_run(scene_body body, bool on_source, unsigned chunks)
{
    static const struct scene none;
    struct scene s = none;

    test_print_forget();
    if (!set_memory(&s, on_source, chunks) || !CHECK(start_memory_manager(&s.memory)))
        return;
    s.heap = zend_mm_get_heap();
    s.persistent = quarry_persistent_heap();
    body(&s);
    end(&s);
}

void take_chunks(unsigned count)
{
    for (; count > 0; count--)
        test_fill(emalloc(BIG_BYTES), BIG_BYTES, count);
}

/* --- out of memory --- */

struct oom_log test_oom;

__attribute__((weak)) bool test_is_to_run_out(void)
{
    return false;
}

QUARRY_NORETURN void quarry_out_of_memory(struct quarry_heap *heap, size_t bytes)
{
    test_oom.heap = heap;
    test_oom.bytes = bytes;
    if (!test_oom.armed && !test_is_to_run_out()) {
        test_check(false, "out of memory, unexpectedly", __FILE__, __LINE__);
        machine_exit(1);
    }
    test_oom.armed = false;
    __builtin_longjmp(test_oom.place, 1);
}

/* --- printing --- */

char test_printed[PRINTED_BYTES];
static size_t printed_bytes;

void quarry_print(const char *text)
{
    for (; *text != '\0' && printed_bytes < PRINTED_BYTES - 1; text++)
        test_printed[printed_bytes++] = *text;
    test_printed[printed_bytes] = '\0';
}

void test_print_forget(void)
{
    printed_bytes = 0;
    test_printed[0] = '\0';
}

bool texts_are_equal(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

/* What follows the line that text begins with. */
static const char *behind_line(const char *text)
{
    while (*text != '\0' && *text++ != '\n') {
    }
    return text;
}

static bool has_line(const char *text, const char *line)
{
    for (; *text != '\0'; text = behind_line(text)) {
        const char *at = line, *end = behind_line(line);

        for (const char *same = text; at != end && *same == *at; same++)
            at++;
        if (at == end)
            return true;
    }
    return false;
}

static bool has_lines(const char *text, const char *lines)
{
    for (; *lines != '\0'; lines = behind_line(lines)) {
        if (!has_line(text, lines))
            return false;
    }
    return true;
}

static const char *last_line(const char *text)
{
    while (*behind_line(text) != '\0')
        text = behind_line(text);
    return text;
}

void expect_printed_(const char *const *texts)
{
    static char expected[PRINTED_BYTES];
    size_t bytes = 0;

    for (; *texts != NULL; texts++)
        for (const char *text = *texts; *text != '\0' && bytes < PRINTED_BYTES - 1; text++)
            expected[bytes++] = *text;
    expected[bytes] = '\0';
    if (!CHECK_EQ(printed_bytes, bytes) || !CHECK(has_lines(test_printed, expected)) ||
        !CHECK(has_lines(expected, test_printed)) ||
        !CHECK(texts_are_equal(last_line(test_printed), last_line(expected)))) {
        test_print("printed:\n");
        test_print(test_printed);
        test_print("expected:\n");
        test_print(expected);
    }
    test_print_forget();
}

/* --- values that compilers do not see --- */

size_t opaque_size(size_t bytes)
{
    volatile size_t hidden = bytes;

    return hidden;
}

unsigned char *opaque_pointer(const void *pointer)
{
    const volatile uintptr_t hidden = (uintptr_t)pointer;

    return (unsigned char *)hidden;
}
