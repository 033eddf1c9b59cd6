/* SPDX-License-Identifier: MIT
 *
 * bare.cpp: a C++ program without an operating system, on newlib or nano. Its operator new and delete are those of
 * ports/cxx, its malloc is that of ports/newlib, and both use one heap. Containers, exceptions, iostream, alignment,
 * exhaustion, and threads that take turns in the middle of all that. BARE_IOSTREAM: there is flash enough for iostream.
 * nano's C++ library knows no exceptions: there it is compiled without.
 */
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#ifdef BARE_IOSTREAM
#include <iostream>
#include <sstream>
#endif

#include "libc_heap.h"
#include "quarry/cxx.hpp"

#include "check.hpp"

unsigned passed, misuses;

quarry_heap *quarry_cxx_heap()
{
    return quarry_libc_heap();
}

void quarry_cxx_out_of_memory(std::size_t bytes)
{
    std::printf("FAIL no %u bytes\n", static_cast<unsigned>(bytes));
    std::exit(1);
}

static void end_with_a_failure()
{
    std::printf("FAIL an exception that nobody caught\n");
    std::exit(1);
}

/* Made before main(): its constructor needs the heap. */
static const std::vector<int> made_early(200, 7);

static bool is_ours(const void *block)
{
    return quarry_owns(quarry_libc_heap(), block);
}

static std::size_t too_much()
{
    volatile std::size_t bytes = 64 << 20;
    return bytes;
}

static void test_malloc_and_operators_use_one_heap()
{
    const figures before(quarry_libc_heap());
    void *by_malloc = std::malloc(100);
    int *by_new = escape(new int(5));
    char *array = escape(new char[300]);
    CHECK(is_ours(by_malloc) && is_ours(by_new) && is_ours(array));
    CHECK(is_ours(made_early.data()) && made_early[199] == 7);
    CHECK(figures(quarry_libc_heap()).blocks == before.blocks + 3);
    delete by_new;
    delete[] array;
    std::free(by_malloc);
    CHECK(figures(quarry_libc_heap()).same_blocks_as(before));
}

/* Two containers that grow and shrink: more than a hundred requests. */
static bool work(int seed)
{
    std::map<int, std::string> map;
    std::vector<std::unique_ptr<int>> vector;
    for (int i = 0; i < 60; i++) {
        map[i * seed] = "a text that does not fit into the string itself";
        vector.emplace_back(new int(i));
        if (i % 3 == 0) {
            map.erase(i / 2 * seed);
        }
    }
    return map[59 * seed].size() == 47 && *vector[31] == 31;
}

static void test_containers_return_their_memory()
{
    const figures before(quarry_libc_heap());
    for (int i = 1; i < 5; i++) {
        CHECK(work(i));
    }
    CHECK(figures(quarry_libc_heap()).same_blocks_as(before));
    CHECK(quarry_check(quarry_libc_heap()));
}

static void test_exhaustion_without_exceptions_is_nullptr()
{
    const figures before(quarry_libc_heap());
    const std::size_t bytes = too_much();
    CHECK(escape(new (std::nothrow) char[bytes]) == nullptr);
    CHECK(escape(::operator new(bytes, std::nothrow)) == nullptr);
    CHECK(escape(::operator new (bytes, std::align_val_t{64}, std::nothrow)) == nullptr);
    CHECK(figures(quarry_libc_heap()).same_blocks_as(before));
}

struct alignas(64) line {
    char bytes[64];
};

static void test_over_aligned_objects_are_aligned()
{
    const figures before(quarry_libc_heap());
    line *one = escape(new line), *some = escape(new line[5]);
    CHECK(reinterpret_cast<std::uintptr_t>(one) % 64 == 0 && reinterpret_cast<std::uintptr_t>(some) % 64 == 0);
    CHECK(is_ours(one));
    delete one;
    delete[] some;
    CHECK(figures(quarry_libc_heap()).same_blocks_as(before));
}

#ifdef __cpp_exceptions
struct counted {
    static int live;
    std::string text = "a text that does not fit into the string itself";
    explicit counted(int number)
    {
        live++;
        if (number == 7) {
            live--;
            throw std::string("a text that does not fit into the string itself, either");
        }
    }
    ~counted()
    {
        live--;
    }
};
int counted::live;

static void test_exceptions_lose_no_memory()
{
    const figures before(quarry_libc_heap());
    unsigned caught = 0;
    for (int round = 0; round < 20; round++) {
        try {
            std::vector<std::unique_ptr<counted>> objects;
            for (int i = 0; i < 10; i++) {
                objects.emplace_back(new counted(i));
            }
        } catch (const std::string &text) {
            caught += text.size() == 55;
        }
        try {
            escape(::operator new(too_much()));
        } catch (const std::bad_alloc &) {
            caught++;
        }
        try {
            escape(std::vector<char>(too_much()).data());
        } catch (const std::bad_alloc &) {
            caught++;
        }
    }
    CHECK(caught == 60 && counted::live == 0);
    CHECK(figures(quarry_libc_heap()).same_blocks_as(before));
}
#endif

#ifdef BARE_IOSTREAM
static void test_iostream()
{
    const figures before(quarry_libc_heap());
    {
        std::ostringstream out;
        for (int i = 0; i < 100; i++) {
            out << i << ' ' << std::hex << i << std::dec << " a text that makes the buffer longer\n";
        }
        std::istringstream in(out.str());
        std::string word;
        unsigned words = 0;
        while (in >> word) {
            words++;
        }
        CHECK(words == 900);
    }
    CHECK(figures(quarry_libc_heap()).same_blocks_as(before));
    std::cout << "iostream: " << 3.5 << std::endl;
}
#endif

/* Threads that take turns: each has a stack, and runs until it calls take_turns(). */
enum { THREADS = 3, STACK_WORDS = 640, TURNS = 40 };

alignas(8) static std::uintptr_t stacks[THREADS][STACK_WORDS];
static void *stack_pointers[THREADS + 1]; /* the last one is main's */
static unsigned running = THREADS, ended;

/* Saves the registers that a call must keep, and the stack pointer to *from; then those of to are loaded. */
extern "C" void switch_stacks(void **from, void *to);
__asm__(".thumb\n.syntax unified\n.text\n.globl switch_stacks\n.type switch_stacks, %function\n.thumb_func\n"
        "switch_stacks:\n\tpush {r4-r11, lr}\n\tmov r2, sp\n\tstr r2, [r0]\n\tmov sp, r1\n\tpop {r4-r11, pc}\n");

static void take_turns()
{
    const unsigned from = running;
    running = (running + 1) % (THREADS + 1);
    switch_stacks(&stack_pointers[from], stack_pointers[running]);
}

static void run_a_thread()
{
    const int self = static_cast<int>(running);
    bool good = true;
    for (int turn = 0; turn < TURNS; turn++) {
        std::map<int, std::string> mine;
        for (int i = 0; i < 8; i++) {
            mine[i] = std::string(static_cast<std::size_t>(20 + self), static_cast<char>('a' + self));
            take_turns();
        }
        for (const auto &entry : mine) {
            good = good && entry.second[19] == static_cast<char>('a' + self);
        }
    }
    CHECK(good);
    ended++;
    for (;;) {
        take_turns();
    }
}

static void test_threads_that_take_turns_share_the_heap()
{
    const figures before(quarry_libc_heap());
    for (unsigned i = 0; i < THREADS; i++) {
        std::uintptr_t *top = &stacks[i][STACK_WORDS - 10]; /* eight registers, then where to begin */
        top[8] = reinterpret_cast<std::uintptr_t>(run_a_thread);
        stack_pointers[i] = top;
    }
    while (ended < THREADS) {
        take_turns();
    }
    CHECK(figures(quarry_libc_heap()).same_blocks_as(before));
    CHECK(quarry_check(quarry_libc_heap()));
}

int main()
{
    std::set_terminate(end_with_a_failure);
    std::printf("C++ on a heap of Quarry's\n"); /* stdio takes its buffer */
#ifdef BARE_IOSTREAM
    test_iostream(); /* and iostream its locale's parts, once */
    test_iostream();
#endif
    test_malloc_and_operators_use_one_heap();
    test_containers_return_their_memory();
    test_exhaustion_without_exceptions_is_nullptr();
    test_over_aligned_objects_are_aligned();
#ifdef __cpp_exceptions
    test_exceptions_lose_no_memory();
#endif
    test_threads_that_take_turns_share_the_heap();
    std::printf("%u passed, 0 failed\n", passed);
    return 0;
}
