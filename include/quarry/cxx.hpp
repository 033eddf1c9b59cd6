/* SPDX-License-Identifier: MIT
 *
 * cxx.hpp: heaps for C++: quarry::allocator<T> for any container, quarry::memory_resource for those of std::pmr, and
 * the two functions by which a program and ports/cxx/operators.cpp know each other. C++11 and later, with and without
 * exceptions and RTTI. Header only; it costs what is used of it.
 *
 * A request that cannot be served throws std::bad_alloc, as C++ asks. Without exceptions it ends in
 * quarry_cxx_out_of_memory(). An object of either class is a pointer to a heap, which must outlive all its blocks.
 */
#ifndef QUARRY_CXX_HPP
#define QUARRY_CXX_HPP

#include <cstddef>
#include <new>
#include <type_traits>

#include "../quarry.h"

#if __STDC_HOSTED__ && __cplusplus >= 201703L && defined(__has_include)
#if __has_include(<memory_resource>)
#define QUARRY_CXX_HAS_MEMORY_RESOURCE 1
#include <memory_resource>
#endif
#endif

static_assert(QUARRY_ALIGN_BYTES >= alignof(std::max_align_t),
              "C++ needs blocks as aligned as max_align_t is: build the library and the program without "
              "QUARRY_ALIGN_BYTES, or with 16");
#ifdef __STDCPP_DEFAULT_NEW_ALIGNMENT__
static_assert(QUARRY_ALIGN_BYTES >= __STDCPP_DEFAULT_NEW_ALIGNMENT__,
              "QUARRY_ALIGN_BYTES is below what operator new promises (__STDCPP_DEFAULT_NEW_ALIGNMENT__)");
#endif

extern "C" {

/** The heap of operator new and delete, and of an allocator<T> without one. Yours to define where you use these.
 *  Returns    always the same heap, which it makes when it is first called: constructors of static objects may call
 *             operator new. NULL: there is none, and every request fails.
 *  Owner      the heap is the program's and lives until the program ends.
 *  Time       yours; each operator new and delete calls it once.
 *  Context    that of the operator that calls it: with threads, or interrupts that allocate, make the heap before they
 *             start.
 *  Misuse     none. */
quarry_heap *quarry_cxx_heap(void);

/** Called for a request that cannot be served in code without exceptions. Yours to define, if you like; it must not
 *  return. Without it, and where it returns, the CPU stops with a trap instruction.
 *  Units      bytes as asked for.
 *  Owner      the heap is untouched.
 *  Time       yours.
 *  Context    that of the request, without a lock.
 *  Misuse     none. */
void quarry_cxx_out_of_memory(std::size_t bytes) __attribute__((weak));
}

namespace quarry
{

/* What follows in namespace detail is for the classes below and for ports/cxx/operators.cpp. */
namespace detail
{

/* A block of bytes at a multiple of align_bytes, or nullptr. */
inline void *allocate(quarry_heap *heap, std::size_t bytes, std::size_t align_bytes) noexcept
{
    if (heap == nullptr) {
        return nullptr;
    }
    /* A block shorter than QUARRY_ALIGN_BYTES may be aligned to no more than its length. */
    if (align_bytes <= bytes && align_bytes <= QUARRY_ALIGN_BYTES) {
        return quarry_malloc(heap, bytes);
    }
    return quarry_aligned_alloc(heap, align_bytes, bytes);
}

/* With -fno-exceptions there is nothing to throw. */
[[noreturn]] inline void out_of_memory(std::size_t bytes)
{
#ifdef __cpp_exceptions
    (void)bytes;
    throw std::bad_alloc();
#else
    if (quarry_cxx_out_of_memory != nullptr) {
        quarry_cxx_out_of_memory(bytes);
    }
    __builtin_trap();
#endif
}

[[noreturn]] inline void array_too_long()
{
#ifdef __cpp_exceptions
    throw std::bad_array_new_length();
#else
    out_of_memory(static_cast<std::size_t>(-1));
#endif
}

} // namespace detail

/** An allocator for the containers of the standard library, on a heap.
 *  Returns    allocate() never answers nullptr: it throws std::bad_alloc, or std::bad_array_new_length where
 *             count * sizeof(T) overflows; without exceptions both end in quarry_cxx_out_of_memory().
 *  Units      count is objects of type T; every alignment of T that a chunk can hold is served.
 *  Owner      the heap must outlive the container. Moving and swapping containers carries the heap along; assigning a
 *             copy does not, so that elements are copied into the heap of the container that is assigned to.
 *  Time       as quarry_malloc() and quarry_free_sized().
 *  Context    as theirs.
 *  Misuse     as quarry_free_sized(), to the heap's hook. */
template <class T> class allocator
{
  public:
    using value_type = T;
    using propagate_on_container_move_assignment = std::true_type;
    using propagate_on_container_swap = std::true_type;
    using is_always_equal = std::false_type;

    /* On the heap of operator new. */
    allocator() noexcept : heap_(quarry_cxx_heap())
    {
    }
    explicit allocator(quarry_heap *heap) noexcept : heap_(heap)
    {
    }
    template <class U> allocator(const allocator<U> &other) noexcept : heap_(other.heap())
    {
    }

    quarry_heap *heap() const noexcept
    {
        return heap_;
    }

    T *allocate(std::size_t count)
    {
        if (count > static_cast<std::size_t>(-1) / sizeof(T)) {
            detail::array_too_long();
        }
        void *block = detail::allocate(heap_, count * sizeof(T), alignof(T));
        if (block == nullptr) {
            detail::out_of_memory(count * sizeof(T));
        }
        return static_cast<T *>(block);
    }

    void deallocate(T *block, std::size_t count) noexcept
    {
        quarry_free_sized(heap_, block, count * sizeof(T));
    }

  private:
    quarry_heap *heap_;
};

template <class T, class U> bool operator==(const allocator<T> &a, const allocator<U> &b) noexcept
{
    return a.heap() == b.heap();
}

template <class T, class U> bool operator!=(const allocator<T> &a, const allocator<U> &b) noexcept
{
    return a.heap() != b.heap();
}

#ifdef QUARRY_CXX_HAS_MEMORY_RESOURCE

/** A heap as a std::pmr::memory_resource (C++17, where the library has <memory_resource>).
 *  Returns    allocate() never answers nullptr: it throws std::bad_alloc; without exceptions it ends in
 *             quarry_cxx_out_of_memory(). is_equal(): both are resources of one heap; without RTTI: both are the same
 *             object, as the other's type cannot be told.
 *  Units      bytes, and an alignment that is a power of two up to what a chunk can hold.
 *  Owner      the heap must outlive the resource, and the resource its containers.
 *  Time       as quarry_malloc() and quarry_free_sized(), through a virtual call.
 *  Context    as theirs.
 *  Misuse     as quarry_free_sized(), to the heap's hook. */
class memory_resource : public std::pmr::memory_resource
{
  public:
    explicit memory_resource(quarry_heap *heap) noexcept : heap_(heap)
    {
    }

    quarry_heap *heap() const noexcept
    {
        return heap_;
    }

  private:
    void *do_allocate(std::size_t bytes, std::size_t align_bytes) override
    {
        void *block = detail::allocate(heap_, bytes, align_bytes);
        if (block == nullptr) {
            detail::out_of_memory(bytes);
        }
        return block;
    }

    void do_deallocate(void *block, std::size_t bytes, std::size_t /*align_bytes*/) override
    {
        quarry_free_sized(heap_, block, bytes);
    }

    bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override
    {
#ifdef __cpp_rtti
        const memory_resource *resource = dynamic_cast<const memory_resource *>(&other);
        return resource != nullptr && resource->heap_ == heap_;
#else
        return &other == this;
#endif
    }

    quarry_heap *heap_;
};

#endif

} // namespace quarry

#endif
