/* SPDX-License-Identifier: MIT
 *
 * huge.c: see huge.h.
 */
#include "huge.h"

#include "bytes.h"

/* --- memory --- */

/* Does the heap have any of this memory already? Then a source lies, which is reported. What is in use goes nowhere. */
static bool is_ours(const struct chunk_set *set, const void *memory, size_t bytes)
{
    if (caller_valid(!qi_chunk_meets(set, memory, bytes)))
        return false;
    qi_report_damage(&set->source.reporter, memory);
    return true;
}

struct added_chunk *qi_huge_acquire(const struct huge_memory *memory, size_t bytes, size_t align_bytes)
{
    struct source *source = &memory->set->source;
    struct added_chunk *added = qi_source_ask(source, bytes, align_bytes);
    if (added == NULL || is_ours(memory->set, added, bytes) ||
        qi_source_accept(source, added, bytes, align_bytes) == NULL)
        return NULL;
    added->chunk.bytes = bytes;
    chunk_set_origin(added, added, true, 0);
    if (memory->reserve != NULL)
        qi_reserve_add_piece(memory->reserve, added);
    return added;
}

void qi_huge_release(const struct huge_memory *memory, struct added_chunk *added)
{
    if (memory->reserve != NULL)
        qi_reserve_free(memory->set, memory->reserve, added);
    else
        qi_source_release(&memory->set->source, added->start, added->chunk.bytes);
}

/* Makes memory longer in place, if the source can. */
static bool extend_piece(const struct huge_memory *memory, const struct added_chunk *piece, size_t bytes)
{
    struct source *source = &memory->set->source;
    const size_t old_bytes = piece->chunk.bytes, more_bytes = bytes - old_bytes;
    uint8_t *more = (uint8_t *)((uintptr_t)piece->start + old_bytes);
    if (bytes - 1 > UINTPTR_MAX - (uintptr_t)piece->start) /* it would wrap round the address space */
        return false;
    /* What the heap has already is not asked for: if the source gave it, it could not be told that this is refused. */
    if (!caller_valid(!qi_chunk_meets(memory->set, more, more_bytes)))
        return false;
    if (!qi_source_extend(source, piece->start, old_bytes, bytes))
        return false;
    qi_source_count(source, more_bytes);
    memory_freed(NULL, more, more_bytes);
    return true;
}

/* --- blocks --- */

/* How much memory a block needs that is aligned to no more than a page, and one that has its struct behind it. */
static size_t bytes_with_header(size_t bytes, size_t align_bytes)
{
    return bits_round_up(bits_round_up(sizeof(struct added_chunk), align_bytes) + bytes, UNITS_SOURCE_BYTES);
}

static size_t bytes_with_trailer(size_t pad_bytes, size_t bytes)
{
    return bits_round_up(pad_bytes + bytes + sizeof(struct added_chunk), UNITS_SOURCE_BYTES);
}

/* Puts the struct at the end of its memory. */
static struct added_chunk *move_to_end(struct added_chunk *added)
{
    struct added_chunk *last = (struct added_chunk *)(void *)(added->start + added->chunk.bytes - sizeof *added);
    if (last != added)
        qi_bytes_copy(last, added, sizeof *last);
    return last;
}

/* Makes all of a part that is in no tree and no list a block. */
static struct added_chunk *make_block(struct chunk_set *set, struct added_chunk *part, size_t align_bytes)
{
    struct added_chunk *huge = align_bytes > QUARRY_PAGE_BYTES ? move_to_end(part) : part;
    uintptr_t from = (uintptr_t)huge->start + (huge == part ? sizeof *huge : 0);
    huge->chunk.pages = (uint8_t *)bits_round_up(from, align_bytes);
    huge->chunk.page_count = 0;
    huge->chunk.codes = NULL;
    huge->chunk.maps = NULL;
    qi_chunk_insert(set, huge);
    return huge;
}

struct added_chunk *qi_huge_allocate(const struct huge_memory *memory, size_t bytes, size_t align_bytes)
{
    size_t total, source_align_bytes = QUARRY_PAGE_BYTES;
    if (align_bytes < QUARRY_ALIGN_BYTES)
        align_bytes = QUARRY_ALIGN_BYTES;
    if (align_bytes > QUARRY_PAGE_BYTES) {
        source_align_bytes = align_bytes < memory->align_bytes ? align_bytes : memory->align_bytes;
        total = bytes_with_trailer(align_bytes - source_align_bytes, bytes);
    } else {
        total = bytes_with_header(bytes, align_bytes);
    }
    struct added_chunk *part = qi_huge_acquire(memory, total, source_align_bytes);
    return part == NULL ? NULL : make_block(memory->set, part, align_bytes);
}

/* How much of an idle part an aligned block takes. */
static size_t bytes_in_part(const struct added_chunk *part, size_t bytes, size_t align_bytes)
{
    const uintptr_t start = (uintptr_t)part->start;
    return bytes_with_trailer(bits_round_up(start, align_bytes) - start, bytes);
}

/* The idle part for a block that is aligned to more than a page. */
static struct added_chunk *find_aligned(const struct reserve *reserve, size_t bytes, size_t align_bytes)
{
    struct added_chunk *part = qi_reserve_find(reserve, bytes_with_trailer(0, bytes), 0);
    for (unsigned tries = HUGE_TRIES; part != NULL && tries != 0; tries--) {
        if (bytes_in_part(part, bytes, align_bytes) <= part->chunk.bytes)
            return part;
        part = qi_reserve_find(reserve, bytes_with_trailer(0, bytes), part->position + 1);
    }
    return qi_reserve_find(reserve, bytes_with_trailer(align_bytes - QUARRY_PAGE_BYTES, bytes), 0);
}

struct added_chunk *qi_huge_allocate_idle(const struct huge_memory *memory, size_t bytes, size_t align_bytes)
{
    if (align_bytes < QUARRY_ALIGN_BYTES)
        align_bytes = QUARRY_ALIGN_BYTES;
    size_t total = bytes_with_header(bytes, align_bytes);
    struct added_chunk *part;
    if (align_bytes > QUARRY_PAGE_BYTES) {
        part = find_aligned(memory->reserve, bytes, align_bytes);
        total = part == NULL ? 0 : bytes_in_part(part, bytes, align_bytes);
    } else {
        part = qi_reserve_find(memory->reserve, total, 0);
    }
    if (part == NULL || !qi_reserve_allocate(memory->set, memory->reserve, part, total))
        return NULL;
    return make_block(memory->set, part, align_bytes);
}

enum run_freed qi_huge_free(const struct huge_memory *memory, struct added_chunk *huge)
{
    if (!qi_chunk_remove(memory->set, huge))
        return RUN_REFUSED;
    qi_huge_release(memory, huge);
    return RUN_FREED;
}

/* --- changing a block's length --- */

static bool has_trailer(const struct added_chunk *huge)
{
    return (uintptr_t)huge->start != (uintptr_t)huge;
}

/* The struct of a block that has it behind, for a while not at its memory's end, but where its end will be. */
static struct added_chunk *move_before(struct added_chunk *huge, size_t total)
{
    struct added_chunk *last = (struct added_chunk *)(void *)(huge->start + total - sizeof *huge);
    qi_bytes_copy(last, huge, sizeof *last);
    return last;
}

/* Puts a block into the tree whose memory has another length now; where its struct is. */
static struct added_chunk *insert_resized(const struct huge_memory *memory, struct added_chunk *huge, bool tail)
{
    if (tail)
        huge = move_to_end(huge);
    qi_chunk_insert(memory->set, huge);
    return huge;
}

/* By the idle memory behind the block, or for that. */
static bool resize_part(const struct huge_memory *memory, struct added_chunk **block, size_t total)
{
    struct added_chunk *huge = *block;
    const bool tail = has_trailer(huge), longer = total > huge->chunk.bytes;
    if (longer && !qi_reserve_extend(memory->set, memory->reserve, huge, total))
        return false;
    if (!qi_chunk_remove(memory->set, huge))
        return false;
    if (tail && !longer)
        huge = move_before(huge, total);
    if (longer)
        huge->chunk.bytes = total;
    else
        qi_reserve_truncate(memory->set, memory->reserve, huge, total);
    *block = insert_resized(memory, huge, tail);
    return true;
}

/* The memory has another length now, or the struct is to go back to its end. False, after a report: it was damaged
 * while the source's callback ran. Where the damage lies beside it, it has its new length all the same, so that the
 * source is told of no other. */
static bool place_again(const struct huge_memory *memory, struct added_chunk **block, bool tail, size_t total)
{
    struct added_chunk *huge = *block;
    if (!chunk_is_valid(&huge->chunk))
        return qi_report_damage(&memory->set->source.reporter, huge);
    /* Its place in the tree depends on its length, and removing asks only for its start. */
    const bool is_out = qi_chunk_remove(memory->set, huge), is_longer = total > huge->chunk.bytes;
    huge->chunk.bytes = total;
    if (!is_out) {
        chunk_seal(&huge->chunk);
        return false;
    }
    if (memory->reserve != NULL && is_longer)
        qi_reserve_add_piece(memory->reserve, huge);
    *block = insert_resized(memory, huge, tail);
    return true;
}

/* By the source. The block stays in the tree, as it is, until the source has answered. */
static bool extend_block(const struct huge_memory *memory, struct added_chunk **block, size_t total)
{
    struct added_chunk *huge = *block;
    const bool is_piece = (huge->part & CHUNK_IS_FIRST) != 0 && (huge->part & CHUNK_IS_LAST) != 0;
    const bool tail = has_trailer(huge);
    if ((memory->reserve != NULL && !is_piece) || !extend_piece(memory, huge, total))
        return false;
    return place_again(memory, block, tail, total);
}

static void truncate_block(const struct huge_memory *memory, struct added_chunk **block, size_t total)
{
    const bool tail = has_trailer(*block);
    const size_t old = (*block)->chunk.bytes;
    if (tail) { /* out of what will be gone */
        qi_chunk_remove(memory->set, *block);
        *block = move_before(*block, total);
        qi_chunk_insert(memory->set, *block);
    }
    const bool done = qi_source_truncate(&memory->set->source, (*block)->start, old, total);
    if (done || tail)
        place_again(memory, block, tail, done ? total : old);
}

bool qi_huge_resize(const struct huge_memory *memory, struct added_chunk **block, size_t bytes)
{
    struct added_chunk *huge = *block;
    const size_t header = (size_t)(huge->chunk.pages - huge->start),
                 used = bytes == 0 ? 1 : bytes; /* its start stays */
    const size_t total =
            has_trailer(huge) ? bytes_with_trailer(header, used) : bits_round_up(header + used, UNITS_SOURCE_BYTES);
    if (total == huge->chunk.bytes)
        return true;
    /* When the source has changed its length is too late to find out. */
    if (!qi_chunk_may_be_removed(memory->set, huge))
        return false;
    if (memory->reserve != NULL && resize_part(memory, block, total))
        return true;
    if (total > (*block)->chunk.bytes)
        return extend_block(memory, block, total);
    truncate_block(memory, block, total);
    return true;
}
