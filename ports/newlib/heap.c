/* SPDX-License-Identifier: MIT
 *
 * heap.c: the one heap of the C library: made once, before constructors run.
 */
#include "calls.h"

struct quarry_heap *quarry_libc_made_heap;

struct quarry_heap *quarry_libc_heap(void)
{
    static bool is_being_made;
    if (quarry_libc_made_heap == NULL && !is_being_made) {
        is_being_made = true;
        quarry_libc_made_heap = quarry_libc_make_heap();
        is_being_made = false;
    }
    return quarry_libc_made_heap;
}

/* Start code runs what is in this section before any constructor, and before there are threads. */
static void make_heap_at_start(void)
{
    quarry_libc_heap();
}
__attribute__((section(".preinit_array"), used)) static void (*const at_start)(void) = make_heap_at_start;
