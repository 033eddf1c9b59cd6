/* SPDX-License-Identifier: MIT
 *
 * hosted.cpp: a process whose operator new and delete are those of ports/cxx: every form, containers, exceptions,
 * alignment, new_handler, and several heaps beside it through quarry/cxx.hpp.
 */
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "quarry/cxx.hpp"

#include "check.hpp"

#if QUARRY_LOCK == QUARRY_LOCK_SMP
#include <thread>
#endif

unsigned passed, misuses;

enum { MAIN_BYTES = 8 << 20, OTHER_BYTES = 1 << 20 };

alignas(64) static unsigned char main_region[MAIN_BYTES], fast_region[OTHER_BYTES], slow_region[OTHER_BYTES];
static quarry_heap *fast, *slow;

quarry_heap *quarry_cxx_heap()
{
    static quarry_heap *heap;
    if (heap == nullptr) {
        heap = make_heap(main_region, sizeof main_region);
    }
    return heap;
}

/* Made before main(): its constructor needs the heap. */
static const std::vector<int> made_early(1000, 7);

static bool is_ours(const void *block)
{
    return quarry_owns(quarry_cxx_heap(), block);
}

static bool is_aligned(const void *block, std::size_t align_bytes)
{
    return reinterpret_cast<std::uintptr_t>(block) % align_bytes == 0;
}

/* More than the heap can ever serve, in a way that the compiler does not see. */
static std::size_t too_much()
{
    volatile std::size_t bytes = MAIN_BYTES;
    return bytes;
}

template <class F> static bool throws_bad_alloc(F call)
{
    try {
        call();
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

static const std::align_val_t align_256{256};

static void test_each_form_is_served_by_the_heap()
{
    const figures before(quarry_cxx_heap());
    for (std::size_t bytes = 0; bytes < 3000; bytes += 1 + bytes / 16) {
        void *blocks[] = {
                ::operator new(bytes),
                ::operator new[](bytes),
                ::operator new(bytes, std::nothrow),
                ::operator new[](bytes, std::nothrow),
                ::operator new(bytes),
                ::operator new[](bytes),
                ::operator new(bytes, align_256),
                ::operator new[](bytes, align_256),
                ::operator new(bytes, align_256, std::nothrow),
                ::operator new[](bytes, align_256, std::nothrow),
                ::operator new(bytes, align_256),
                ::operator new[](bytes, align_256),
        };
        unsigned good = 0;
        for (void *block : blocks) {
            CHECK(is_ours(block));
            good += quarry_usable_size(quarry_cxx_heap(), block) >= bytes;
            std::memset(block, 0xA5, bytes);
        }
        for (unsigned i = 6; i < 12; i++) {
            good += is_aligned(blocks[i], 256);
        }
        CHECK(good == 18);
        ::operator delete(blocks[0]);
        ::operator delete[](blocks[1]);
        ::operator delete(blocks[2], std::nothrow);
        ::operator delete[](blocks[3], std::nothrow);
        ::operator delete(blocks[4], bytes);
        ::operator delete[](blocks[5], bytes);
        ::operator delete(blocks[6], align_256);
        ::operator delete[](blocks[7], align_256);
        ::operator delete(blocks[8], align_256, std::nothrow);
        ::operator delete[](blocks[9], align_256, std::nothrow);
        ::operator delete(blocks[10], bytes, align_256);
        ::operator delete[](blocks[11], bytes, align_256);
    }
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

static void test_deleting_nullptr_does_nothing()
{
    const unsigned misuses_before = misuses;
    void *volatile none = nullptr;
    ::operator delete(none);
    ::operator delete[](none);
    ::operator delete(none, std::nothrow);
    ::operator delete[](none, std::nothrow);
    ::operator delete (none, std::size_t{8});
    ::operator delete[](none, std::size_t{8});
    ::operator delete(none, align_256);
    ::operator delete[](none, align_256);
    ::operator delete(none, align_256, std::nothrow);
    ::operator delete[](none, align_256, std::nothrow);
    ::operator delete (none, std::size_t{8}, align_256);
    ::operator delete[](none, std::size_t{8}, align_256);
    CHECK(misuses == misuses_before);
}

static void test_each_form_says_so_when_memory_is_out()
{
    const std::size_t bytes = too_much();
    const figures before(quarry_cxx_heap());
    CHECK(throws_bad_alloc([&] { escape(::operator new(bytes)); }));
    CHECK(throws_bad_alloc([&] { escape(::operator new[](bytes)); }));
    CHECK(throws_bad_alloc([&] { escape(::operator new(bytes, align_256)); }));
    CHECK(throws_bad_alloc([&] { escape(::operator new[](bytes, align_256)); }));
    CHECK(escape(::operator new(bytes, std::nothrow)) == nullptr);
    CHECK(escape(::operator new[](bytes, std::nothrow)) == nullptr);
    CHECK(escape(::operator new(bytes, align_256, std::nothrow)) == nullptr);
    CHECK(escape(::operator new[](bytes, align_256, std::nothrow)) == nullptr);
    const figures after(quarry_cxx_heap());
    CHECK(after.same_blocks_as(before));
    CHECK(after.failures == before.failures + 8);
    volatile std::size_t count = static_cast<std::size_t>(-1) / 4; /* times 8 overflows */
    CHECK(throws_bad_alloc([&] { escape(new double[count]); }));
}

static void test_exhaustion_to_the_last_block_and_back()
{
    const figures before(quarry_cxx_heap());
    void **chain = nullptr;
    unsigned blocks = 0;
    while (blocks < MAIN_BYTES / 5000) { /* all of them do not fit beside the control data */
        void **block = static_cast<void **>(escape(::operator new(5000, std::nothrow)));
        if (block == nullptr) {
            break;
        }
        *block = chain;
        chain = block;
        blocks++;
    }
    CHECK(blocks > MAIN_BYTES / 5000 * 9 / 10 && blocks < MAIN_BYTES / 5000);
    CHECK(throws_bad_alloc([] { escape(std::vector<int>(10000).data()); }));
    while (chain != nullptr) {
        void *block = chain;
        chain = static_cast<void **>(*chain);
        ::operator delete(block, 5000);
    }
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

static unsigned handler_calls;
static void *saved_for_the_handler;

static void free_what_was_saved()
{
    handler_calls++;
    ::operator delete(saved_for_the_handler);
    saved_for_the_handler = nullptr;
    if (handler_calls >= 3) {
        std::set_new_handler(nullptr);
    }
}

static void throw_from_handler()
{
    handler_calls++;
    throw std::bad_alloc();
}

static void allocate_in_the_handler()
{
    handler_calls++;
    ::operator delete(::operator new(100));
    std::set_new_handler(nullptr);
}

static void give_up_at_the_fifth_call()
{
    if (++handler_calls == 5) {
        std::set_new_handler(nullptr);
    }
}

static void test_new_handler_makes_room_and_the_request_is_served()
{
    const std::size_t most = 5 << 20;
    for (unsigned form = 0; form < 4; form++) {
        const figures before(quarry_cxx_heap());
        saved_for_the_handler = ::operator new(most);
        handler_calls = 0;
        std::set_new_handler(free_what_was_saved);
        void *block = form == 0   ? ::operator new(most)
                      : form == 1 ? ::operator new[](most, std::nothrow)
                      : form == 2 ? ::operator new(most, align_256)
                                  : ::operator new[](most, align_256, std::nothrow);
        CHECK(block != nullptr && is_ours(block));
        CHECK(handler_calls == 1);
        CHECK(std::set_new_handler(nullptr) == free_what_was_saved);
        ::operator delete(block);
        CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
    }
}

static void test_new_handler_is_called_until_it_gives_up()
{
    const std::size_t bytes = too_much();
    handler_calls = 0;
    std::set_new_handler(give_up_at_the_fifth_call);
    CHECK(throws_bad_alloc([&] { escape(::operator new(bytes)); }));
    CHECK(handler_calls == 5);
    handler_calls = 0;
    std::set_new_handler(give_up_at_the_fifth_call);
    CHECK(escape(::operator new(bytes, std::nothrow)) == nullptr);
    CHECK(handler_calls == 5);
}

static void test_new_handler_may_allocate_itself()
{
    const std::size_t bytes = too_much();
    const figures before(quarry_cxx_heap());
    handler_calls = 0;
    std::set_new_handler(allocate_in_the_handler);
    CHECK(throws_bad_alloc([&] { escape(::operator new(bytes)); }));
    CHECK(handler_calls == 1);
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

static void test_new_handler_that_throws_ends_the_request()
{
    const std::size_t bytes = too_much();
    handler_calls = 0;
    std::set_new_handler(throw_from_handler);
    CHECK(throws_bad_alloc([&] { escape(::operator new(bytes)); }));
    CHECK(throws_bad_alloc([&] { escape(::operator new[](bytes, align_256)); }));
    CHECK(escape(::operator new(bytes, std::nothrow)) == nullptr);
    CHECK(escape(::operator new[](bytes, align_256, std::nothrow)) == nullptr);
    CHECK(handler_calls == 4);
    std::set_new_handler(nullptr);
}

static void test_alignment_that_is_none_is_refused_without_the_handler()
{
    handler_calls = 0;
    std::set_new_handler(throw_from_handler);
    volatile std::size_t wrong[] = {0, 3, 24, static_cast<std::size_t>(-1)};
    for (volatile std::size_t &align_bytes : wrong) {
        const std::align_val_t alignment{align_bytes};
        CHECK(throws_bad_alloc([&] { escape(::operator new(64, alignment)); }));
        CHECK(escape(::operator new(64, alignment, std::nothrow)) == nullptr);
    }
    CHECK(handler_calls == 0);
    std::set_new_handler(nullptr);
}

struct alignas(64) line {
    char bytes[64];
};
struct alignas(4096) frame {
    char bytes[4096];
};

static void test_over_aligned_objects_are_aligned()
{
    const figures before(quarry_cxx_heap());
    std::vector<std::unique_ptr<line>> lines;
    for (unsigned i = 0; i < 300; i++) {
        lines.emplace_back(new line);
        CHECK(is_aligned(lines.back().get(), 64) && is_ours(lines.back().get()));
    }
    std::unique_ptr<frame[]> frames(new frame[3]);
    CHECK(is_aligned(frames.get(), 4096));
    std::vector<line> many(50);
    CHECK(is_aligned(many.data(), 64));
    lines = std::vector<std::unique_ptr<line>>();
    frames.reset();
    many = std::vector<line>();
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

static unsigned constructed, destroyed;
struct throws_at_the_tenth {
    std::string text = "too long for the small-string optimization of any library";
    throws_at_the_tenth()
    {
        if (++constructed == 10) {
            throw std::runtime_error("tenth");
        }
    }
    ~throws_at_the_tenth()
    {
        destroyed++;
    }
};

static void test_constructor_that_throws_loses_no_memory()
{
    const figures before(quarry_cxx_heap());
    bool caught = false;
    constructed = destroyed = 0;
    try {
        escape(new throws_at_the_tenth[20]);
    } catch (const std::runtime_error &error) {
        caught = std::strcmp(error.what(), "tenth") == 0;
    }
    CHECK(caught);
    CHECK(destroyed == 9);
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

static void test_containers_keep_their_contents_and_return_their_memory()
{
    const figures before(quarry_cxx_heap());
    {
        std::map<int, std::string> names;
        std::unordered_map<std::string, int> numbers;
        std::deque<int> queue;
        std::list<std::shared_ptr<int>> shared;
        std::function<int(int)> function;
        for (int i = 0; i < 2000; i++) {
            names[i] = "name that is longer than a small string " + std::to_string(i);
            numbers[names[i]] = i;
            queue.push_back(i);
            shared.push_back(std::make_shared<int>(i));
            if (i % 3 == 0) {
                names.erase(i / 2);
                queue.pop_front();
            }
        }
        const std::vector<int> captured(100, 3);
        function = [captured](int i) { return captured[static_cast<std::size_t>(i)]; };
        CHECK(figures(quarry_cxx_heap()).blocks > before.blocks + 8000); /* nodes, and texts of two containers */
        CHECK(names.at(1999) == "name that is longer than a small string 1999");
        CHECK(numbers.at(names.at(1500)) == 1500);
        CHECK(queue.front() == 667 && *shared.back() == 1999 && function(99) == 3);
        CHECK(quarry_check(quarry_cxx_heap()));
    }
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
    CHECK(made_early.size() == 1000 && made_early[999] == 7 && is_ours(made_early.data()));
}

template <class T> using fast_vector = std::vector<T, quarry::allocator<T>>;
using fast_string = std::basic_string<char, std::char_traits<char>, quarry::allocator<char>>;

static void test_allocator_puts_containers_into_several_heaps()
{
    const figures before(quarry_cxx_heap()), fast_before(fast), slow_before(slow);
    {
        fast_vector<int> in_fast{quarry::allocator<int>(fast)};
        fast_vector<int> in_slow{quarry::allocator<int>(slow)};
        std::map<int, int, std::less<int>, quarry::allocator<std::pair<const int, int>>> map{
                quarry::allocator<std::pair<const int, int>>(fast)};
        fast_vector<line> lines{quarry::allocator<line>(slow)};
        for (int i = 0; i < 1000; i++) {
            in_fast.push_back(i);
            in_slow.push_back(-i);
            map[i] = i;
        }
        lines.resize(20);
        CHECK(quarry_owns(fast, in_fast.data()) && quarry_owns(slow, in_slow.data()));
        CHECK(figures(fast).blocks == fast_before.blocks + 1001);
        CHECK(is_aligned(lines.data(), 64));
        const int *const data = in_fast.data();
        fast_vector<int> target(std::move(in_fast));
        CHECK(target.data() == data);
        target.swap(in_slow);
        CHECK(in_slow.data() == data && in_slow.get_allocator().heap() == fast && target[9] == -9);
        fast_vector<int> copy{quarry::allocator<int>(slow)};
        copy = in_slow;
        CHECK(quarry_owns(slow, copy.data()) && copy[999] == 999);
        copy = std::move(in_slow);
        CHECK(copy.data() == data);
        fast_string text("a text that does not fit into the string itself", quarry::allocator<char>(fast));
        CHECK(quarry_owns(fast, text.data()));
        const std::shared_ptr<int> shared = std::allocate_shared<int>(quarry::allocator<int>(slow), 5);
        CHECK(*shared == 5);
        CHECK(quarry::allocator<int>(fast) == quarry::allocator<char>(fast));
        CHECK(quarry::allocator<int>(fast) != quarry::allocator<int>(slow));
        CHECK(throws_bad_alloc([&] { quarry::allocator<int>(fast).allocate(static_cast<std::size_t>(-1) / 4 + 2); }));
        CHECK(throws_bad_alloc([&] { quarry::allocator<int>(fast).allocate(OTHER_BYTES); }));
        CHECK(throws_bad_alloc([&] { quarry::allocator<int>(nullptr).allocate(1); }));
        CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
        const fast_vector<int> by_default(10);
        CHECK(is_ours(by_default.data()));
    }
    CHECK(figures(fast).same_blocks_as(fast_before) && figures(slow).same_blocks_as(slow_before));
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}

#ifdef QUARRY_CXX_HAS_MEMORY_RESOURCE
static void test_memory_resource_serves_pmr_containers()
{
    const figures before(quarry_cxx_heap()), fast_before(fast), slow_before(slow);
    {
        quarry::memory_resource in_fast(fast), also_fast(fast), in_slow(slow), nowhere(nullptr);
        std::pmr::map<int, std::pmr::string> map(&in_fast);
        std::pmr::vector<std::pmr::string> vector(&in_slow);
        for (int i = 0; i < 500; i++) {
            map.emplace(i, "a text that does not fit into the string itself");
            vector.emplace_back("another text that does not fit into the string");
        }
        CHECK(quarry_owns(fast, map.at(77).data()) && quarry_owns(slow, vector[77].data()));
        CHECK(in_fast.is_equal(also_fast) && !in_fast.is_equal(in_slow));
        CHECK(!in_fast.is_equal(*std::pmr::new_delete_resource()));
        for (std::size_t align_bytes = 1; align_bytes <= 4096; align_bytes *= 2) {
            for (std::size_t bytes = 0; bytes < 70; bytes += 3) {
                void *block = in_fast.allocate(bytes, align_bytes);
                CHECK(is_aligned(block, align_bytes) && quarry_owns(fast, block));
                in_fast.deallocate(block, bytes, align_bytes);
            }
        }
        std::pmr::monotonic_buffer_resource buffer(1000, &in_fast);
        std::pmr::unsynchronized_pool_resource pool(&in_slow);
        std::pmr::list<int> list(&buffer), pooled(&pool);
        for (int i = 0; i < 500; i++) {
            list.push_back(i);
            pooled.push_back(i);
        }
        CHECK(throws_bad_alloc([&] { escape(in_fast.allocate(OTHER_BYTES)); }));
        CHECK(throws_bad_alloc([&] { escape(nowhere.allocate(1)); }));
        CHECK(quarry_check(fast) && quarry_check(slow));
    }
    CHECK(figures(fast).same_blocks_as(fast_before) && figures(slow).same_blocks_as(slow_before));
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
}
#endif

#if QUARRY_LOCK == QUARRY_LOCK_SMP
static void test_threads_share_the_heap()
{
    const figures before(quarry_cxx_heap());
    bool good[4] = {};
    {
        std::vector<std::thread> threads;
        for (int seed = 0; seed < 4; seed++) {
            threads.emplace_back([seed, &good] {
                bool all_good = true;
                for (int round = 0; round < 50; round++) {
                    std::map<int, std::string> map;
                    for (int i = 0; i < 50; i++) {
                        map[i] = std::string(static_cast<std::size_t>(20 + i), static_cast<char>('a' + seed));
                    }
                    for (const auto &entry : map) {
                        all_good = all_good && entry.second.back() == 'a' + seed;
                    }
                }
                good[seed] = all_good;
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
    }
    CHECK(good[0] && good[1] && good[2] && good[3]);
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
    CHECK(quarry_check(quarry_cxx_heap()));
}
#endif

static void test_placement_in_several_heaps_needs_no_operator()
{
    const figures before(quarry_cxx_heap());
    void *in_fast = quarry_malloc(fast, sizeof(line) * 4), *in_slow = quarry_malloc(slow, sizeof(std::string));
    std::string *text = new (in_slow) std::string("short");
    CHECK(*text == "short" && static_cast<void *>(text) == in_slow);
    text->~basic_string();
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
    quarry_free(fast, in_fast);
    quarry_free(slow, in_slow);
}

static void test_misuse_is_reported_and_changes_nothing()
{
    const figures before(quarry_cxx_heap());
    const unsigned misuses_before = misuses;
    int on_stack = 0;
    char *block = static_cast<char *>(escape(::operator new(100)));
    ::operator delete(escape<void>(&on_stack));
    ::operator delete(escape<void>(block + 16));
    ::operator delete[](escape<void>(block + 1), std::size_t{100});
    void *volatile freed = block;
    ::operator delete(block);
    ::operator delete(freed);
    CHECK(misuses == misuses_before + 4);
    CHECK(figures(quarry_cxx_heap()).same_blocks_as(before));
    CHECK(quarry_check(quarry_cxx_heap()));
}

int main()
{
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    fast = make_heap(fast_region, sizeof fast_region);
    slow = make_heap(slow_region, sizeof slow_region);
    test_each_form_is_served_by_the_heap();
    test_deleting_nullptr_does_nothing();
    test_each_form_says_so_when_memory_is_out();
    test_exhaustion_to_the_last_block_and_back();
    test_new_handler_makes_room_and_the_request_is_served();
    test_new_handler_is_called_until_it_gives_up();
    test_new_handler_may_allocate_itself();
    test_new_handler_that_throws_ends_the_request();
    test_alignment_that_is_none_is_refused_without_the_handler();
    test_over_aligned_objects_are_aligned();
    test_constructor_that_throws_loses_no_memory();
    test_containers_keep_their_contents_and_return_their_memory();
    test_allocator_puts_containers_into_several_heaps();
#ifdef QUARRY_CXX_HAS_MEMORY_RESOURCE
    test_memory_resource_serves_pmr_containers();
#endif
#if QUARRY_LOCK == QUARRY_LOCK_SMP
    test_threads_share_the_heap();
#endif
    test_placement_in_several_heaps_needs_no_operator();
    test_misuse_is_reported_and_changes_nothing();
    std::printf("%u passed, 0 failed\n", passed);
    return 0;
}
