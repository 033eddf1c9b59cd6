/* SPDX-License-Identifier: MIT
 *
 * names.h: the names that the linker sees. The functions of this port have other names in C, so that the compiler does
 * not take them for the C library's, whose behaviour it believes to know.
 *
 * With -DQUARRY_LIBC_WRAP the linker's option --wrap is to redirect the calls instead: see wrap.txt.
 */
#ifndef QUARRY_LIBC_NAMES_H
#define QUARRY_LIBC_NAMES_H

#include <errno.h>
#include <stdalign.h>
#include <stddef.h>

#include "libc_heap.h"

#ifdef QUARRY_LIBC_WRAP
#define LINKED_AS(name) __asm__("__wrap_" #name)
#else
#define LINKED_AS(name) __asm__(#name)
#endif

_Static_assert(QUARRY_ALIGN_BYTES >= alignof(max_align_t), "malloc must align to max_align_t: QUARRY_ALIGN_BYTES");

#endif
