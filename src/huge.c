/* SPDX-License-Identifier: MIT
 *
 * huge.c: see huge.h.
 */
#include "huge.h"

/* Does the heap have any of this memory already? Then a source lies, which is reported. What is in use goes nowhere. */
static bool is_ours(const struct chunk_set *set, const void *memory, size_t bytes)
{
    if (QUARRY_CHECK_LEVEL == 0 || !qi_chunk_meets(set, memory, bytes))
        return false;
    qi_guard_report_damage(&set->source.guard, memory);
    return true;
}

struct added_chunk *qi_huge_acquire(struct chunk_set *set, size_t bytes)
{
    void *memory = qi_source_ask(&set->source, bytes, QUARRY_PAGE_BYTES);
    if (memory == NULL || is_ours(set, memory, bytes))
        return NULL;
    return qi_source_accept(&set->source, memory, bytes, QUARRY_PAGE_BYTES);
}

/* Makes memory longer in place, if the source can. */
static bool extend(struct chunk_set *set, uint8_t *memory, size_t old_bytes, size_t bytes)
{
    const size_t more_bytes = bytes - old_bytes;
    if (bytes - 1 > UINTPTR_MAX - (uintptr_t)memory) /* it would wrap round the address space */
        return false;
    if (!qi_source_extend(&set->source, memory, old_bytes, bytes) || is_ours(set, memory + old_bytes, more_bytes))
        return false;
    qi_source_count(&set->source, more_bytes);
    mark_taken_over(memory + old_bytes, more_bytes);
    mark_closed(memory + old_bytes, more_bytes);
    return true;
}

struct added_chunk *qi_huge_take(struct chunk_set *set, size_t bytes, size_t align_bytes)
{
    if (align_bytes < QUARRY_ALIGN_BYTES)
        align_bytes = QUARRY_ALIGN_BYTES;
    /* The memory begins at a page boundary, which may be as far from a larger boundary as that allows. */
    size_t lead = bits_round_up(sizeof(struct added_chunk), align_bytes);
    if (align_bytes > QUARRY_PAGE_BYTES)
        lead = bits_round_up(sizeof(struct added_chunk), QUARRY_PAGE_BYTES) + align_bytes - QUARRY_PAGE_BYTES;
    size_t total = bits_round_up(lead + bytes, UNITS_SOURCE_BYTES);
    struct added_chunk *huge = qi_huge_acquire(set, total);
    if (huge == NULL)
        return NULL;
    uintptr_t block = bits_round_up((uintptr_t)huge + sizeof *huge, align_bytes);
    huge->chunk.pages = (uint8_t *)block;
    huge->chunk.page_count = 0;
    huge->chunk.codes = NULL;
    huge->chunk.maps = NULL;
    huge->chunk.bytes = total;
    chunk_set_origin(huge, huge, true, 0);
    qi_chunk_insert(set, huge);
    return huge;
}

enum run_given qi_huge_give(struct run_set *set, struct added_chunk *huge)
{
    if (!qi_chunk_remove(&set->chunks, huge))
        return RUN_REFUSED;
    if (!qi_source_release(&set->chunks.source, huge, huge->chunk.bytes))
        qi_run_add_chunk(set, huge);
    return RUN_GIVEN;
}

/* The memory has another length now. Its place in the tree depends on that, and removing asks only for its start.
 * False, after a report: it was damaged while the source's callback ran. Where the damage lies beside it, it has its
 * new length all the same, so that the source is told of no other. */
static bool place_again(struct chunk_set *set, struct added_chunk *huge, size_t bytes)
{
    if (!chunk_is_sound(&huge->chunk))
        return qi_guard_report_damage(&set->source.guard, huge);
    bool is_out = qi_chunk_remove(set, huge);
    huge->chunk.bytes = bytes;
    if (is_out)
        qi_chunk_insert(set, huge);
    else
        chunk_close(&huge->chunk);
    return is_out;
}

bool qi_huge_resize(struct chunk_set *set, struct added_chunk *huge, size_t bytes)
{
    size_t old = huge->chunk.bytes;
    size_t lead = (size_t)(huge->chunk.pages - (uint8_t *)huge);
    size_t total = bits_round_up(lead + (bytes == 0 ? 1 : bytes), UNITS_SOURCE_BYTES); /* its start must stay */
    if (total == old)
        return true;
    if (!qi_chunk_may_be_removed(set,
                                 huge)) /* below, when the source has changed its length, is too late to find out */
        return false;
    if (total > old ? !extend(set, huge->start, old, total)
                    : !qi_source_truncate(&set->source, huge->start, old, total))
        return total < old;
    return place_again(set, huge, total) || total < old;
}
