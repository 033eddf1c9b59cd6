/* SPDX-License-Identifier: MIT
 *
 * libc_rules.h: what C and POSIX say of malloc() and its kin, whichever heap serves them: errno, alignments, products
 * that overflow. Ports that stand in for a C library's allocator hand their own functions in.
 */
#ifndef QUARRY_LIBC_RULES_H
#define QUARRY_LIBC_RULES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quarry.h"

/* A block where there is no heap: a wrong pointer. */
static inline void report_pointer(const void *block)
{
    const struct quarry_misuse misuse = {.kind = QUARRY_INVALID_POINTER, .pointer = block};
    quarry_panic(&misuse);
}

/* What a request answers: the block, or NULL with errno set. */
static inline void *with_errno(void *block)
{
    if (block == NULL)
        errno = ENOMEM;
    return block;
}

static inline bool is_power_of_two(size_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* aligned_alloc() and memalign(). */
static inline void *aligned_alloc_by(void *(*allocate)(size_t align_bytes, size_t bytes), size_t align_bytes,
                                     size_t bytes)
{
    if (is_power_of_two(align_bytes))
        return with_errno(allocate(align_bytes, bytes));
    errno = EINVAL;
    return NULL;
}

/* posix_memalign() tells what is wrong by its answer and leaves errno as allocate leaves it. */
static inline int posix_memalign_by(void *(*allocate)(size_t align_bytes, size_t bytes), void **block,
                                    size_t align_bytes, size_t bytes)
{
    if (!is_power_of_two(align_bytes) || align_bytes < sizeof(void *))
        return EINVAL;
    void *aligned = allocate(align_bytes, bytes);
    if (aligned == NULL)
        return ENOMEM;
    *block = aligned;
    return 0;
}

/* pvalloc(): whole pages. Sets no errno. */
static inline void *pvalloc_by(void *(*allocate)(size_t align_bytes, size_t bytes), size_t page_bytes, size_t bytes)
{
    if (bytes > SIZE_MAX - page_bytes)
        return NULL;
    return allocate(page_bytes, (bytes + page_bytes - 1) & ~(page_bytes - 1));
}

/* reallocarray(), where resize is realloc(). */
static inline void *reallocarray_by(void *(*resize)(void *block, size_t bytes), void *block, size_t count, size_t bytes)
{
    size_t all_bytes;
    return __builtin_mul_overflow(count, bytes, &all_bytes) ? with_errno(NULL) : resize(block, all_bytes);
}

#endif
