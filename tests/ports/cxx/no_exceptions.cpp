/* SPDX-License-Identifier: MIT
 *
 * no_exceptions.cpp: ports/cxx in a program with -fno-exceptions and -fno-rtti. It is built twice: as an ordinary
 * program, and with NO_LIBRARY, linked by gcc, which knows no C++ library, with ports/cxx/no_library.cpp instead.
 */
#include <csetjmp>
#include <cstdint>
#include <new>

#include "quarry/cxx.hpp"

#include "check.hpp"

#ifndef NO_LIBRARY
#include <map>
#include <string>
#include <vector>
#endif

unsigned passed, misuses;

alignas(64) static unsigned char region[1 << 20];

static bool there_is_no_heap;

quarry_heap *quarry_cxx_heap()
{
    static quarry_heap *heap;
    if (there_is_no_heap) {
        return nullptr;
    }
    if (heap == nullptr) {
        heap = make_heap(region, sizeof region);
    }
    return heap;
}

static std::jmp_buf caller;
static bool may_be_refused;
static std::size_t refused_bytes;
static unsigned handler_calls;

static unsigned panics;
void quarry_panic(const quarry_misuse *misuse)
{
    panics += misuse->kind == QUARRY_INVALID_POINTER && misuse->heap == nullptr;
}

void quarry_cxx_out_of_memory(std::size_t bytes)
{
    CHECK(may_be_refused);
    refused_bytes = bytes;
    std::longjmp(caller, 1);
}

/* What the hook is told when call fails; 0: it does not fail. */
template <class F> static std::size_t refusal_of(F call)
{
    refused_bytes = 0;
    may_be_refused = true;
    if (setjmp(caller) == 0) {
        call();
    }
    may_be_refused = false;
    return refused_bytes;
}

static void give_up_at_the_fifth_call()
{
    if (++handler_calls == 5) {
        std::set_new_handler(nullptr);
    }
}

static const std::align_val_t align_64{64};

static void test_operators_serve_and_the_memory_returns()
{
    const figures before(quarry_cxx_heap());
    unsigned good = 0;
    for (std::size_t i = 0; i < 500; i++) {
        int *one = new int(7);
        char *array = new char[i];
        void *aligned = ::operator new(i, align_64);
        good += quarry_owns(quarry_cxx_heap(), one) && quarry_owns(quarry_cxx_heap(), array) &&
                reinterpret_cast<std::uintptr_t>(aligned) % 64 == 0;
        delete one;
        delete[] array;
        ::operator delete(aligned, align_64);
    }
    CHECK(good == 500);
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

static void test_exhaustion_is_nullptr_or_the_hook()
{
    volatile std::size_t bytes = 2 << 20, three = 3, count = static_cast<std::size_t>(-1) / 4;
    CHECK(escape(::operator new(bytes, std::nothrow)) == nullptr);
    CHECK(escape(::operator new[](bytes, align_64, std::nothrow)) == nullptr);
    CHECK(refusal_of([&] { escape(::operator new(bytes)); }) == 2 << 20);
    CHECK(refusal_of([&] { escape(::operator new[](bytes, align_64)); }) == 2 << 20);
    CHECK(refusal_of([&] { escape(::operator new (8, std::align_val_t{three})); }) == 8);
    CHECK(refusal_of([&] { quarry::allocator<double>().allocate(count); }) == static_cast<std::size_t>(-1));
    CHECK(refusal_of([&] { quarry::allocator<char>().allocate(bytes); }) == 2 << 20);
#ifdef NO_LIBRARY
    CHECK(refusal_of([&] { escape(new double[count]); }) == static_cast<std::size_t>(-1));
#endif
}

static void test_without_a_heap_every_request_fails()
{
    int on_stack;
    void *volatile foreign = &on_stack;
    there_is_no_heap = true;
    CHECK(escape(::operator new(8, std::nothrow)) == nullptr);
    CHECK(refusal_of([] { escape(::operator new[](8)); }) == 8);
    ::operator delete(foreign);
    ::operator delete[](foreign, align_64);
    CHECK(panics == 2);
    there_is_no_heap = false;
}

static void test_new_handler_is_called_until_it_gives_up()
{
    volatile std::size_t bytes = 2 << 20;
    std::set_new_handler(give_up_at_the_fifth_call);
    CHECK(std::get_new_handler() == give_up_at_the_fifth_call);
    CHECK(escape(::operator new(bytes, std::nothrow)) == nullptr);
    CHECK(handler_calls == 5);
    CHECK(std::set_new_handler(nullptr) == nullptr);
}

#ifndef NO_LIBRARY
static void test_containers_keep_their_contents_and_return_their_memory()
{
    const figures before(quarry_cxx_heap());
    {
        std::map<int, std::string> map;
        std::vector<int, quarry::allocator<int>> vector;
        for (int i = 0; i < 1000; i++) {
            map[i] = "a text that does not fit into the string itself " + std::to_string(i);
            vector.push_back(i);
        }
        CHECK(map.at(500) == "a text that does not fit into the string itself 500" && vector[999] == 999);
        CHECK(figures(quarry_cxx_heap()).blocks == before.blocks + 2001);
    }
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

#ifdef QUARRY_CXX_HAS_MEMORY_RESOURCE
static void test_memory_resource_without_rtti_is_equal_to_itself_only()
{
    quarry::memory_resource one(quarry_cxx_heap()), other(quarry_cxx_heap());
    std::pmr::vector<int> vector(1000, 5, &one);
    CHECK(quarry_owns(quarry_cxx_heap(), vector.data()));
    CHECK(one.is_equal(one) && !one.is_equal(other));
    CHECK(refusal_of([&] { escape(one.allocate(2 << 20)); }) == 2 << 20);
}
#endif
#endif

int main()
{
    test_operators_serve_and_the_memory_returns();
    test_exhaustion_is_nullptr_or_the_hook();
    test_without_a_heap_every_request_fails();
    test_new_handler_is_called_until_it_gives_up();
#ifndef NO_LIBRARY
    test_containers_keep_their_contents_and_return_their_memory();
#ifdef QUARRY_CXX_HAS_MEMORY_RESOURCE
    test_memory_resource_without_rtti_is_equal_to_itself_only();
#endif
#endif
    std::printf("%u passed, 0 failed\n", passed);
    return 0;
}
