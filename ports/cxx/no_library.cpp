/* SPDX-License-Identifier: MIT
 *
 * no_library.cpp: what operators.cpp and the compiler want of the C++ library, for programs that link none (-nostdlib,
 * kernels): new_handler, std::nothrow, and the end of a new T[n] whose size overflows.
 *
 * Only for such programs: where there is a libsupc++ or libstdc++, these are its own. Setting a handler must not race.
 */
#include "quarry/cxx.hpp"

static std::new_handler current_handler;

namespace std
{

const nothrow_t nothrow{};

new_handler get_new_handler() noexcept
{
    return current_handler;
}

new_handler set_new_handler(new_handler handler) noexcept
{
    const new_handler previous = current_handler;
    current_handler = handler;
    return previous;
}

} // namespace std

extern "C" [[noreturn]] void __cxa_throw_bad_array_new_length();

/* Compilers call this by its name in the C++ ABI. */
extern "C" void __cxa_throw_bad_array_new_length()
{
    quarry::detail::array_too_long();
}
