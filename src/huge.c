/* SPDX-License-Identifier: MIT
 *
 * huge.c: see huge.h.
 */
#include "huge.h"

struct added_chunk *qi_huge_acquire(struct chunk_set *set, size_t bytes)
{
    void *memory = qi_source_acquire(&set->source, bytes);
    if (QUARRY_CHECK_LEVEL == 0 || memory == NULL || !qi_chunk_meets(set, memory, bytes))
        return memory;
    qi_guard_report_damage(&set->source.guard, memory); /* it is in use, so it does not go back */
    return NULL;
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
    if (total > old ? !qi_source_extend(&set->source, huge, old, total)
                    : !qi_source_truncate(&set->source, huge, old, total))
        return total < old;
    qi_chunk_remove(set, huge); /* its place in the tree depends on its length, and removing asks only for its start */
    huge->chunk.bytes = total;
    qi_chunk_insert(set, huge);
    return true;
}
