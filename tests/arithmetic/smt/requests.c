/* SPDX-License-Identifier: MIT
 *
 * requests.c: what prove.py proves of the arguments of public calls: quarry.c's and emalloc.c's own functions.
 */
#include "prove.h"

#include "../../../src/quarry.c"

#define report emalloc_report
#include "../../../src/emalloc/emalloc.c"

/* A region's bytes are used if they end inside the address space, whose last byte stays out; otherwise none is. */
bool prove_region_bytes_in_space(uintptr_t region, size_t bytes)
{
    wide_t end = (wide_t)region + bytes;
    size_t expected = end <= UINTPTR_MAX ? bytes : end == (wide_t)UINTPTR_MAX + 1 ? bytes - 1 : 0;
    return region_bytes_in_space((const void *)region, bytes) == expected;
}

/* Powers of two, as far as sums of a request, an alignment and a page or a frame cannot overflow. */
bool prove_alignment_is_valid(size_t align_bytes, size_t bytes)
{
    ASSUME(bytes <= UNITS_REQUEST_MAX_BYTES + sizeof(uintptr_t));
    if (!alignment_is_valid(align_bytes))
        return !bits_is_power_of_two(align_bytes) || align_bytes > UNITS_REQUEST_MAX_BYTES / 4;
    wide_t sum = (wide_t)bytes + align_bytes + QUARRY_PAGE_BYTES + sizeof(struct added_chunk) + UNITS_SOURCE_BYTES;
    return bits_is_power_of_two(align_bytes) && sum <= SIZE_MAX;
}

/* halved: see words.c */
bool prove_emalloc_size_of_many(size_t nmemb, size_t size, size_t offset)
{
    wide_t halved = (wide_t)(nmemb >> 1) * size, product = (wide_t)nmemb * size, sum = product + offset;
    ASSUME(halved <= product);
    return qi_emalloc_size_of_many(nmemb, size, offset) == (sum > SIZE_MAX ? SIZE_MAX : (size_t)sum);
}
