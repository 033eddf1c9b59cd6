/* SPDX-License-Identifier: MIT
 *
 * check.hpp: what the C++ tests of ports/cxx share: checks that are counted, and heaps whose misuse is counted.
 * The first failure ends a program at once: what follows it might crash.
 */
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cstdio>
#include <cstdlib>

#include "quarry.h"

extern unsigned passed, misuses;

inline void check(bool holds, const char *text, const char *file, int line)
{
    if (!holds) {
        std::printf("FAIL %s:%d: %s\n%u passed, 1 failed\n", file, line, text, passed);
        std::fflush(stdout);
        std::_Exit(1);
    }
    passed++;
}

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)

/* The optimizer must not pair a new with its delete and leave out both. */
template <class T> T *escape(T *pointer)
{
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

inline void count_misuse(void *, const quarry_misuse *)
{
    misuses++;
}

inline quarry_heap *make_heap(void *region, std::size_t bytes)
{
    quarry_options options = {};
    options.on_misuse = count_misuse;
    return quarry_create(region, bytes, &options);
}

/* The figures of a heap that must be the same before and after. */
struct figures {
    std::size_t blocks, used, failures;
    explicit figures(const quarry_heap *heap)
    {
        quarry_stats stats;
        quarry_get_stats(heap, &stats);
        blocks = stats.blocks;
        used = stats.used_bytes;
        failures = stats.failures;
    }
    bool same_blocks_as(const figures &other) const
    {
        return blocks == other.blocks && used == other.used;
    }
};

#endif
