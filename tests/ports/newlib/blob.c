/* SPDX-License-Identifier: MIT
 *
 * blob.c: stands for an allocator that cannot be left out, in a ROM or in a part that was linked before: the linker's
 * option --wrap leads calls past it, so that none of these functions is ever called.
 */
#include <stddef.h>

void *malloc(size_t bytes);
void free(void *block);
void *realloc(void *block, size_t bytes);
void *_malloc_r(void *reent, size_t bytes);
void _free_r(void *reent, void *block);

void *malloc(size_t bytes)
{
    (void)bytes;
    __builtin_trap();
}

void free(void *block)
{
    (void)block;
    __builtin_trap();
}

void *realloc(void *block, size_t bytes)
{
    (void)block, (void)bytes;
    __builtin_trap();
}

void *_malloc_r(void *reent, size_t bytes)
{
    (void)reent, (void)bytes;
    __builtin_trap();
}

void _free_r(void *reent, void *block)
{
    (void)reent, (void)block;
    __builtin_trap();
}
