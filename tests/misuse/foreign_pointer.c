/* SPDX-License-Identifier: MIT
 *
 * foreign_pointer.c: pointers that this heap never gave: from the stack, from static memory, from nowhere, from
 * another heap, into the heap's own control data and just outside its memory. Nothing at them may be read.
 */
#include "misuse.h"

static const unsigned long some_constants[8] = {1, 2, 3};

MISUSE(test_foreign_pointer_to_stack_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    return &m->largest_bytes; /* m lies on the caller's stack */
}

MISUSE(test_foreign_pointer_to_constant_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    return some_constants;
}

MISUSE(test_foreign_pointer_to_static_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    (void)m;
    return &test_log;
}

MISUSE(test_foreign_pointer_behind_null_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    return (const void *)(uintptr_t)1;
}

MISUSE(test_foreign_pointer_to_end_of_address_space_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, LARGE_BYTES);
    return (const void *)(UINTPTR_MAX & ~(uintptr_t)63);
}

MISUSE(test_foreign_pointer_to_last_byte_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    return (const void *)UINTPTR_MAX;
}

/* Half the address space away, aligned: nothing is mapped there, on any of our machines. */
MISUSE(test_foreign_pointer_never_mapped_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    return (const void *)(((uintptr_t)keep(m, SMALL_BYTES) ^ (UINTPTR_MAX / 2 + 1)) & ~(uintptr_t)4095);
}

MISUSE_ON_SOURCE(test_foreign_pointer_in_heap_on_source_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    keep(m, HUGE_BYTES);
    return &m->largest_bytes;
}

MISUSE(test_pointer_to_heap_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    return m->heap;
}

MISUSE(test_pointer_one_past_region_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    return m->region + MISUSE_REGION_BYTES;
}

MISUSE(test_pointer_before_region_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    keep(m, SMALL_BYTES);
    return m->region - 16;
}

MISUSE(test_pointer_one_past_large_is_reported, GONE)
{
    unsigned char *const block = keep(m, LARGE_BYTES);

    return block == NULL ? NULL : block + quarry_usable_size(m->heap, block);
}

MISUSE(test_pointer_one_past_lone_small_is_reported, GONE)
{
    unsigned char *const block = keep(m, SMALL_BYTES);

    return block == NULL ? NULL : block + quarry_usable_size(m->heap, block);
}

MISUSE_ON_SOURCE(test_pointer_one_past_huge_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    unsigned char *const block = keep(m, HUGE_BYTES);

    return block == NULL ? NULL : block + quarry_usable_size(m->heap, block);
}

MISUSE_ON_SOURCE(test_pointer_to_start_of_huge_grant_is_reported, KIND(QUARRY_INVALID_POINTER))
{
    unsigned char *const block = keep(m, HUGE_BYTES);

    return block == NULL ? NULL : block - 8; /* what the heap keeps before a huge block */
}
