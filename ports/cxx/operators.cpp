/* SPDX-License-Identifier: MIT
 *
 * operators.cpp: every operator new and delete that a program may replace, on the heap of quarry_cxx_heap().
 *
 * All 20 forms stand in this one file, in every standard from C++11 on: if one were left to the C++ library, its blocks
 * would come from another heap, and the program would free blocks of one heap in the other.
 * A request that fails calls the new_handler and is tried again, until it is served, the handler throws, or there is no
 * handler (std::set_new_handler). Then the forms without std::nothrow throw std::bad_alloc, or, in a build with
 * -fno-exceptions, end in quarry_cxx_out_of_memory(); those with std::nothrow answer nullptr and throw nothing.
 */
#include "quarry/cxx.hpp"

namespace std
{
/* C++17's <new> has the definition; this declares the type for older standards, and says nothing new in others. */
enum class align_val_t : size_t;
} // namespace std

namespace
{

const std::size_t no_alignment = 1;

std::size_t number(std::align_val_t alignment)
{
    return static_cast<std::size_t>(alignment);
}

bool is_power_of_two(std::size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

/* The loop that C++ describes. An alignment that cannot be right is refused at once: no handler could mend it. */
void *allocate_or_null(std::size_t bytes, std::size_t align_bytes)
{
    while (is_power_of_two(align_bytes)) {
        void *block = quarry::detail::allocate(quarry_cxx_heap(), bytes, align_bytes);
        if (block != nullptr) {
            return block;
        }
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) {
            return nullptr;
        }
        handler();
    }
    return nullptr;
}

void *allocate(std::size_t bytes, std::size_t align_bytes)
{
    void *block = allocate_or_null(bytes, align_bytes);
    if (block == nullptr) {
        quarry::detail::out_of_memory(bytes);
    }
    return block;
}

/* The handler may throw. */
void *allocate_nothrow(std::size_t bytes, std::size_t align_bytes) noexcept
{
#ifdef __cpp_exceptions
    try {
        return allocate_or_null(bytes, align_bytes);
    } catch (...) {
        return nullptr;
    }
#else
    return allocate_or_null(bytes, align_bytes);
#endif
}

/* The heap of a block. Where there is no heap, no block can be live, and the caller's bug is reported as one. */
quarry_heap *heap_of(void *block) noexcept
{
    quarry_heap *heap = quarry_cxx_heap();
    if (heap == nullptr) {
        const quarry_misuse misuse = {QUARRY_INVALID_POINTER, nullptr, block, 0};
        quarry_panic(&misuse);
    }
    return heap;
}

void free_block(void *block) noexcept
{
    quarry_heap *heap = block == nullptr ? nullptr : heap_of(block);
    if (heap != nullptr) {
        quarry_free(heap, block);
    }
}

void free_block(void *block, std::size_t bytes) noexcept
{
    quarry_heap *heap = block == nullptr ? nullptr : heap_of(block);
    if (heap != nullptr) {
        quarry_free_sized(heap, block, bytes);
    }
}

} // namespace

void *operator new(std::size_t bytes)
{
    return allocate(bytes, no_alignment);
}

void *operator new[](std::size_t bytes)
{
    return allocate(bytes, no_alignment);
}

void *operator new(std::size_t bytes, const std::nothrow_t &) noexcept
{
    return allocate_nothrow(bytes, no_alignment);
}

void *operator new[](std::size_t bytes, const std::nothrow_t &) noexcept
{
    return allocate_nothrow(bytes, no_alignment);
}

void *operator new(std::size_t bytes, std::align_val_t alignment)
{
    return allocate(bytes, number(alignment));
}

void *operator new[](std::size_t bytes, std::align_val_t alignment)
{
    return allocate(bytes, number(alignment));
}

void *operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return allocate_nothrow(bytes, number(alignment));
}

void *operator new[](std::size_t bytes, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return allocate_nothrow(bytes, number(alignment));
}

void operator delete(void *block) noexcept
{
    free_block(block);
}

void operator delete[](void *block) noexcept
{
    free_block(block);
}

void operator delete(void *block, const std::nothrow_t &) noexcept
{
    free_block(block);
}

void operator delete[](void *block, const std::nothrow_t &) noexcept
{
    free_block(block);
}

void operator delete(void *block, std::size_t bytes) noexcept
{
    free_block(block, bytes);
}

void operator delete[](void *block, std::size_t bytes) noexcept
{
    free_block(block, bytes);
}

void operator delete(void *block, std::align_val_t) noexcept
{
    free_block(block);
}

void operator delete[](void *block, std::align_val_t) noexcept
{
    free_block(block);
}

void operator delete(void *block, std::align_val_t, const std::nothrow_t &) noexcept
{
    free_block(block);
}

void operator delete[](void *block, std::align_val_t, const std::nothrow_t &) noexcept
{
    free_block(block);
}

void operator delete(void *block, std::size_t bytes, std::align_val_t) noexcept
{
    free_block(block, bytes);
}

void operator delete[](void *block, std::size_t bytes, std::align_val_t) noexcept
{
    free_block(block, bytes);
}
