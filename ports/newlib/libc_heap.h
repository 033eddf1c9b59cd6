/* SPDX-License-Identifier: MIT
 *
 * libc_heap.h: the heap behind malloc() where Quarry stands in for the allocator of newlib, nano or picolibc.
 *
 *     quarry_get_stats(quarry_libc_heap(), &stats);
 */
#ifndef QUARRY_LIBC_HEAP_H
#define QUARRY_LIBC_HEAP_H

#include "quarry.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The heap that malloc() and its family use. It is made before constructors run, or by the first call if that is
 *  earlier.
 *  Returns    the heap, or NULL iff there is none: quarry_libc_make_heap() answered NULL, or is running.
 *  Units      none.
 *  Owner      the port. The heap is never destroyed.
 *  Time       a few instructions; the first call: quarry_libc_make_heap().
 *  Context    any; the first call: one thread, no interrupt. .bss must be cleared before.
 *  Misuse     none is detected. */
struct quarry_heap *quarry_libc_heap(void);

/** Makes that heap. Weak: a program may define its own, e.g. to add a region, a limit, or hooks. The port's makes a
 *  heap without options on the first of these ranges that the linker script defines and that has room for one:
 *      __heap_start to __heap_end                   linker/heap-region.ld, picolibc
 *      __HeapBase to __HeapLimit                    CMSIS, nRF
 *      end or _end to __StackLimit or __HeapLimit   CMSIS (older), Pico; __StackLimit counts if it is above end
 *      _end to _estack - _Min_Stack_Size            STM32CubeIDE
 *  Returns    the heap, or NULL: then each request is answered NULL with ENOMEM.
 *  Units      none.
 *  Owner      what it returns belongs to the port.
 *  Time       as quarry_create().
 *  Context    one thread; called once, with no lock held. Requests that it makes itself are answered NULL.
 *  Misuse     none is detected. */
struct quarry_heap *quarry_libc_make_heap(void);

#ifdef __cplusplus
}
#endif

#endif
