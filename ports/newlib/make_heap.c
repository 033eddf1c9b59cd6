/* SPDX-License-Identifier: MIT
 *
 * make_heap.c: the heap's memory, as the linker script names it.
 *
 * Each name is a weak reference, whose address is 0 where the script does not define it.
 */
#include "libc_heap.h"

#define LINKER_SYMBOL(name) extern char name[] __attribute__((weak))

LINKER_SYMBOL(__heap_start);
LINKER_SYMBOL(__heap_end);
LINKER_SYMBOL(__HeapBase);
LINKER_SYMBOL(__HeapLimit);
LINKER_SYMBOL(end);
LINKER_SYMBOL(_end);
LINKER_SYMBOL(__StackLimit);
LINKER_SYMBOL(_estack);
LINKER_SYMBOL(_Min_Stack_Size); /* its address is a number of bytes */

/* The heap between the two, or NULL if one is not defined, or if there is no room. */
static struct quarry_heap *make_heap_between(char *start, uintptr_t limit)
{
    const uintptr_t first = (uintptr_t)start;
    return first != 0 && first < limit ? quarry_create(start, limit - first, NULL) : NULL;
}

__attribute__((weak)) struct quarry_heap *quarry_libc_make_heap(void)
{
    char *const image_end = (uintptr_t)end != 0 ? end : _end;
    struct quarry_heap *heap = make_heap_between(__heap_start, (uintptr_t)__heap_end);
    if (heap == NULL)
        heap = make_heap_between(__HeapBase, (uintptr_t)__HeapLimit);
    if (heap == NULL)
        heap = make_heap_between(image_end, (uintptr_t)__StackLimit);
    if (heap == NULL)
        heap = make_heap_between(image_end, (uintptr_t)__HeapLimit);
    if (heap == NULL && (uintptr_t)_Min_Stack_Size != 0) /* a heap up to _estack would lie in the stack */
        heap = make_heap_between(image_end, (uintptr_t)_estack - (uintptr_t)_Min_Stack_Size);
    return heap;
}
