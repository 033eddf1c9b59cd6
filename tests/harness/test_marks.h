/* SPDX-License-Identifier: MIT
 *
 * test_marks.h: takes marks off memory (QUARRY_MARK): many tests leave their heap as it is, and the memory it lay in,
 * dead blocks included, is the next test's. Does nothing in other builds.
 */
#ifndef QUARRY_TEST_MARKS_H
#define QUARRY_TEST_MARKS_H

#include "quarry.h"

#if QUARRY_MARK == QUARRY_MARK_ASAN
#include <sanitizer/asan_interface.h>
#define TEST_UNMARK(start, bytes) __asan_unpoison_memory_region(start, bytes)
#elif QUARRY_MARK == QUARRY_MARK_VALGRIND
#include <valgrind/memcheck.h>
#define TEST_UNMARK(start, bytes) ((void)VALGRIND_MAKE_MEM_DEFINED(start, bytes))
#elif QUARRY_MARK == QUARRY_MARK_MTE
#include "arch.h"
#define TEST_UNMARK(start, bytes) arch_tag_set(start, bytes)
#else
#define TEST_UNMARK(start, bytes) ((void)(start), (void)(bytes))
#endif

/* start is a bare pointer. Whole granules: those that only begin or end in the bytes too. */
static inline void test_unmark(void *start, size_t bytes)
{
    const uintptr_t first = (uintptr_t)start & ~(uintptr_t)15;
    const uintptr_t end = ((uintptr_t)start + bytes + 15) & ~(uintptr_t)15;

    TEST_UNMARK((void *)first, (size_t)(end - first));
}

#endif
