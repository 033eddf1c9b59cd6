/* SPDX-License-Identifier: MIT
 *
 * pages.c: what prove.py proves of pages: units.h, chunk.c, run.h and huge.h. What depends on the page size is proven
 * for the page size that the compiler is told.
 */
#include "prove.h"

#include "../../../src/chunk.c"
#include "../../../src/huge.h"
#include "../../../src/run.c"

/* Requests, and what is added to them before they are rounded: a canary. */
#define REQUEST_MOST ((size_t)UNITS_REQUEST_MAX_BYTES + sizeof(uintptr_t))

/* --- units.h --- */

bool prove_units_pages_from_bytes(size_t bytes)
{
    ASSUME(bytes <= REQUEST_MOST);
    size_t pages = units_pages_from_bytes(bytes), rounded = units_bytes_from_pages(pages);
    return rounded >= bytes && rounded - bytes < QUARRY_PAGE_BYTES && rounded >> UNITS_PAGE_SHIFT == pages;
}

/* Pages, and the most that an alignment adds to them. */
bool prove_units_pages_and_alignment(size_t bytes, unsigned power)
{
    ASSUME(bytes <= REQUEST_MOST && power < BITS_WORD);
    size_t align_bytes = (size_t)1 << power;
    ASSUME(align_bytes <= UNITS_REQUEST_MAX_BYTES / 4 && align_bytes > QUARRY_PAGE_BYTES);
    size_t pages = units_pages_from_bytes(bytes) + (align_bytes >> UNITS_PAGE_SHIFT) - 1;
    return (wide_t)pages << UNITS_PAGE_SHIFT >= (wide_t)bytes + align_bytes - QUARRY_PAGE_BYTES &&
           pages <= SIZE_MAX >> UNITS_PAGE_SHIFT;
}

/* --- chunk.h, chunk.c --- */

/* What so many pages and their control data need; wide, so that it cannot overflow. */
#define NEEDED_BYTES(pages) ((wide_t)CHUNK_CONTROL_BYTES(pages) + ((wide_t)(pages) << UNITS_PAGE_SHIFT))

/* Longer spans are chunks.c's: for these z3 finds an answer in seconds, for all of them in none that we waited for. */
#define FIT_MOST_BYTES ((size_t)0xFFFF)

/* So many pages fit, or there are none; and whatever other number fits is not larger. */
bool prove_chunk_pages_that_fit(size_t span, size_t other)
{
    ASSUME(span <= FIT_MOST_BYTES && other <= span >> UNITS_PAGE_SHIFT && NEEDED_BYTES(other) <= span);
    size_t pages = qi_chunk_pages_that_fit(span);
    return other <= pages && (pages == 0 || NEEDED_BYTES(pages) <= span);
}

/* Of the loop: it has not gone below the other number, nor above where it began. */
bool invariant_chunk_pages_that_fit(size_t span, size_t other, size_t pages)
{
    return (other <= pages) & (pages <= span >> UNITS_PAGE_SHIFT);
}

/* An address lies in a page iff it lies between the first page's start and the last one's end; pages do not wrap. */
bool prove_chunk_holds(uintptr_t pages, size_t page_count, uintptr_t address)
{
    ASSUME((pages & (QUARRY_PAGE_BYTES - 1)) == 0 && page_count <= SIZE_MAX >> UNITS_PAGE_SHIFT);
    ASSUME((wide_t)pages + ((wide_t)page_count << UNITS_PAGE_SHIFT) <= (wide_t)UINTPTR_MAX + 1);
    const struct chunk chunk = {.pages = (uint8_t *)pages, .page_count = page_count};
    bool inside = address >= pages && address - pages < page_count << UNITS_PAGE_SHIFT;
    return chunk_holds(&chunk, (const void *)address) == inside;
}

/* Stretches that do not wrap: with an address in common they overlap. */
bool prove_chunk_overlaps_is_complete(uintptr_t one, size_t one_bytes, uintptr_t other, size_t other_bytes,
                                      uintptr_t common)
{
    ASSUME(one_bytes <= UINTPTR_MAX - one && other_bytes <= UINTPTR_MAX - other);
    ASSUME(one <= common && common < one + one_bytes && other <= common && common < other + other_bytes);
    return overlaps(one, one_bytes, other, other_bytes);
}

/* If they overlap, the later start lies in both. */
bool prove_chunk_overlaps_is_valid(uintptr_t one, size_t one_bytes, uintptr_t other, size_t other_bytes)
{
    ASSUME(one_bytes != 0 && one_bytes <= UINTPTR_MAX - one && other_bytes != 0 && other_bytes <= UINTPTR_MAX - other);
    ASSUME(overlaps(one, one_bytes, other, other_bytes));
    uintptr_t later = one > other ? one : other;
    return later < one + one_bytes && later < other + other_bytes;
}

/* --- run.h --- */

bool prove_run_class_is_in_range(size_t pages)
{
    return run_class(pages) < RUN_CLASSES;
}

/* What the search relies on: each run of a higher class is longer than any of this one. */
bool prove_run_class_rises(size_t pages, size_t more)
{
    ASSUME(pages <= more);
    return run_class(pages) <= run_class(more);
}

/* Exact to 8 pages, two classes a doubling to 64, then one (32-bit) or two, up to the last class. */
bool prove_run_class_changes_where_documented(size_t pages)
{
    if (pages <= RUN_EXACT_PAGES)
        return pages == 0 || run_class(pages) == pages - 1;
    unsigned power = bits_highest(pages);
    bool has_halves = pages < RUN_SHORT_PAGES || sizeof(void *) == 8;
    bool begins = pages == (size_t)1 << power || (pages == (size_t)3 << (power - 1) && has_halves);
    unsigned before = run_class(pages - 1);
    return run_class(pages) == (begins && before + 1 < RUN_CLASSES ? before + 1 : before);
}

/* --- huge.h --- */

bool prove_huge_good_bytes(size_t bytes)
{
    ASSUME(bytes <= REQUEST_MOST);
    size_t good = huge_good_bytes(bytes);
    size_t lead = (sizeof(struct added_chunk) + QUARRY_ALIGN_BYTES - 1) & ~(size_t)(QUARRY_ALIGN_BYTES - 1);
    return good >= bytes && good - bytes < UNITS_SOURCE_BYTES && good <= SIZE_MAX - lead &&
           ((good + lead) & (UNITS_SOURCE_BYTES - 1)) == 0 && huge_good_bytes(good) == good;
}
