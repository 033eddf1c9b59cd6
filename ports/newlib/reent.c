/* SPDX-License-Identifier: MIT
 *
 * reent.c: newlib's second set of names: each function that gets the struct with the calling thread's errno.
 *
 * newlib and nano call these themselves, e.g. from printf(): a program that replaces only malloc() has two heaps.
 * picolibc has no such names, and this file is empty there.
 */
#include "calls.h"

#ifdef __PICOLIBC__
typedef int picolibc_has_no_such_names;
#else
#include <reent.h>

void *libc_malloc_r(struct _reent *reent, size_t bytes) LINKED_AS(_malloc_r);
void *libc_calloc_r(struct _reent *reent, size_t count, size_t bytes) LINKED_AS(_calloc_r);
void *libc_realloc_r(struct _reent *reent, void *block, size_t bytes) LINKED_AS(_realloc_r);
void *libc_reallocf_r(struct _reent *reent, void *block, size_t bytes) LINKED_AS(_reallocf_r);
void libc_free_r(struct _reent *reent, void *block) LINKED_AS(_free_r);
void libc_cfree_r(struct _reent *reent, void *block) LINKED_AS(_cfree_r);
void *libc_memalign_r(struct _reent *reent, size_t align_bytes, size_t bytes) LINKED_AS(_memalign_r);
void *libc_valloc_r(struct _reent *reent, size_t bytes) LINKED_AS(_valloc_r);
void *libc_pvalloc_r(struct _reent *reent, size_t bytes) LINKED_AS(_pvalloc_r);
size_t libc_malloc_usable_size_r(struct _reent *reent, void *block) LINKED_AS(_malloc_usable_size_r);
int libc_malloc_trim_r(struct _reent *reent, size_t pad_bytes) LINKED_AS(_malloc_trim_r);
int libc_mallopt_r(struct _reent *reent, int parameter, int value) LINKED_AS(_mallopt_r);

static inline void *answer(struct _reent *reent, void *block)
{
    if (block == NULL)
        reent->_errno = ENOMEM;
    return block;
}

void *libc_malloc_r(struct _reent *reent, size_t bytes)
{
    return answer(reent, heap_malloc(bytes));
}

void *libc_calloc_r(struct _reent *reent, size_t count, size_t bytes)
{
    return answer(reent, heap_calloc(count, bytes));
}

void *libc_realloc_r(struct _reent *reent, void *block, size_t bytes)
{
    void *changed = heap_realloc(block, bytes);
    return bytes != 0 ? answer(reent, changed) : changed;
}

void *libc_reallocf_r(struct _reent *reent, void *block, size_t bytes)
{
    void *changed = heap_reallocf(block, bytes);
    return bytes != 0 ? answer(reent, changed) : changed;
}

void libc_free_r(struct _reent *reent, void *block)
{
    (void)reent;
    heap_free(block);
}

void libc_cfree_r(struct _reent *reent, void *block)
{
    (void)reent;
    heap_free(block);
}

void *libc_memalign_r(struct _reent *reent, size_t align_bytes, size_t bytes)
{
    if (is_power_of_two(align_bytes))
        return answer(reent, heap_aligned_alloc(align_bytes, bytes));
    reent->_errno = EINVAL;
    return NULL;
}

void *libc_valloc_r(struct _reent *reent, size_t bytes)
{
    return answer(reent, heap_valloc(bytes));
}

void *libc_pvalloc_r(struct _reent *reent, size_t bytes)
{
    return answer(reent, heap_pvalloc(bytes));
}

size_t libc_malloc_usable_size_r(struct _reent *reent, void *block)
{
    (void)reent;
    return heap_usable_size(block);
}

int libc_malloc_trim_r(struct _reent *reent, size_t pad_bytes)
{
    (void)reent, (void)pad_bytes;
    return heap_trim();
}

int libc_mallopt_r(struct _reent *reent, int parameter, int value)
{
    (void)reent, (void)parameter, (void)value;
    return 0;
}
#endif
