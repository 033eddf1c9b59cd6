/* SPDX-License-Identifier: MIT
 *
 * calls.c: see calls.h. The model's blocks first, then what justifies a refusal, then each call.
 */
#include "calls.h"

#include <string.h>

#include "bin_shapes.h"
#include "report.h"

/* --- blocks --- */

static void remove_block(unsigned index)
{
    model.count--;
    memmove(&model.blocks[index], &model.blocks[index + 1], (model.count - index) * sizeof model.blocks[0]);
}

/* No overlap is the order of addresses. */
static void insert_block(size_t offset, size_t bytes)
{
    unsigned index = model.count;
    EXPECT(model.count < BLOCKS_MOST);
    for (; index != 0 && model.blocks[index - 1].offset > offset; index--)
        model.blocks[index] = model.blocks[index - 1];
    const struct block block = {(uint32_t)offset, (uint32_t)bytes};
    model.blocks[index] = block;
    model.count++;
    if (index != 0)
        EXPECT(model.blocks[index - 1].offset + model.blocks[index - 1].bytes <= offset);
    if (index + 1 < model.count)
        EXPECT(offset + bytes <= model.blocks[index + 1].offset);
    state_fill(&block);
}

/* A block of at least QUARRY_ALIGN_BYTES is aligned to that, a smaller one to the largest power of two in it. */
static size_t alignment_of(size_t usable_bytes)
{
    size_t align_bytes = QUARRY_ALIGN_BYTES;
    while (align_bytes > usable_bytes)
        align_bytes /= 2;
    return align_bytes;
}

/* While memory is not short, which a free run of four slots and of three pages says (no bin's shortest run is longer),
 * a block has what quarry_good_size() told. */
static void expect_good_size(const struct known *known, size_t usable_bytes, size_t bytes)
{
    size_t good_bytes = quarry_good_size(heap, bytes), most = 4 * good_bytes + QUARRY_PAGE_BYTES;
    EXPECT(usable_bytes >= good_bytes);
    if (known->stats.largest_free_bytes >= most && known->stats.largest_free_bytes >= 3 * QUARRY_PAGE_BYTES)
        EXPECT_EQ(usable_bytes, good_bytes);
}

void calls_add_block(const unsigned char *pointer, const struct request *request)
{
    size_t offset = (size_t)(pointer - memory), usable_bytes = quarry_usable_size(heap, pointer);
    EXPECT_EQ(misuse_log.count, 0);
    EXPECT(usable_bytes >= request->bytes && usable_bytes != 0);
    EXPECT(memory_is_heaps(offset, usable_bytes, model.has_second));
    EXPECT_EQ((uintptr_t)pointer % alignment_of(usable_bytes), 0);
    if (request->align_bytes != 0)
        EXPECT_EQ((uintptr_t)pointer % request->align_bytes, 0);
    observe_handed_out(offset);
    insert_block(offset, usable_bytes);
}

static void expect_contents(const unsigned char *at, size_t first_offset, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (at[i] != state_byte(first_offset, i))
            report_failure_of("a block's bytes changed: block, byte", first_offset, i);
}

/* All blocks but one hold what they held. */
static void expect_others_kept(const struct image *before, size_t but_offset)
{
    for (unsigned i = 0; i < before->model.count; i++) {
        const struct block *block = &before->model.blocks[i];
        if (block->offset != but_offset && memcmp(memory + block->offset, before->memory + block->offset, block->bytes))
            report_failure_of("another block's bytes changed: block, bytes", block->offset, block->bytes);
    }
}

/* --- refusals --- */

/* What memory that is there must serve. */
static bool must_be_served(const struct known *known, const struct request *request)
{
    size_t align_bytes = request->align_bytes,
           slack = align_bytes > QUARRY_PAGE_BYTES ? align_bytes - QUARRY_PAGE_BYTES : 0;
    size_t bytes = request->bytes == 0 ? 1 : request->bytes;
    bytes = (bytes + QUARRY_PAGE_BYTES - 1) / QUARRY_PAGE_BYTES * QUARRY_PAGE_BYTES;
    if (bytes + slack <= known->stats.largest_free_bytes)
        return true;
    return align_bytes <= 1 && known_has_slot(known, quarry_good_size(heap, request->bytes));
}

static void expect_refusal(const struct scope *scope, const struct known *known, const struct request *request)
{
    EXPECT(!must_be_served(known, request));
    if (scope->frames != 0 && request->bytes <= SIZE_MAX / 4)
        EXPECT(memory_answers.acquires_refused != 0);
}

/* A failed request changes no figure but failures, unless chunks that were kept went back to the source. */
static void expect_figures(const struct scope *scope, const struct known *known, bool failed)
{
    static struct image now;
    const struct quarry_stats *old = &known->stats;
    struct quarry_stats stats;
    size_t used = 0;
    state_save(&now);
    quarry_get_stats(heap, &stats);
    for (unsigned i = 0; i < model.count; i++)
        used += model.blocks[i].bytes;
    EXPECT_EQ(stats.used_bytes, used);
    EXPECT_EQ(stats.blocks, model.count);
    EXPECT_EQ(stats.failures, old->failures + failed);
    EXPECT(stats.used_peak_bytes >= used && stats.used_peak_bytes >= old->used_peak_bytes);
    EXPECT(stats.acquired_peak_bytes >= stats.acquired_bytes && stats.acquired_peak_bytes >= old->acquired_peak_bytes);
    if (failed && scope->frames == 0) {
        EXPECT_EQ(stats.free_bytes, old->free_bytes);
        EXPECT_EQ(stats.largest_free_bytes, old->largest_free_bytes);
    }
    EXPECT_EQ(misuse_log.count, 0);
    state_restore(&now);
}

/* --- the calls --- */

/* Answers whether the request failed. */
static bool take(const struct scope *scope, const struct request *request, const struct known *known,
                 const struct image *before)
{
    unsigned char *pointer;
    if (request->is_zeroed)
        pointer = quarry_calloc(heap, 1, request->bytes);
    else if (request->align_bytes != 0)
        pointer = quarry_aligned_alloc(heap, request->align_bytes, request->bytes);
    else
        pointer = quarry_malloc(heap, request->bytes);
    expect_others_kept(before, SIZE_MAX);
    if (pointer == NULL) {
        expect_refusal(scope, known, request);
        return true;
    }
    for (size_t i = 0; request->is_zeroed && i < request->bytes; i++)
        EXPECT_EQ(pointer[i], 0);
    calls_add_block(pointer, request);
    /* Pages that were a huge block's may serve what else would be one, with less to spare. */
    if (request->align_bytes == 0 && (scope->frames == 0 || request->bytes < FRAME_BYTES))
        expect_good_size(known, quarry_usable_size(heap, pointer), request->bytes);
    return false;
}

static void give(const struct call *call, const struct image *before)
{
    const struct block block = model.blocks[call->block];
    remove_block(call->block);
    if (call->kind == CALL_FREE_SIZED)
        quarry_free_sized(heap, memory + block.offset, block.bytes);
    else
        quarry_free(heap, memory + block.offset);
    expect_others_kept(before, block.offset);
    EXPECT(!quarry_owns(heap, memory + block.offset));
}

static bool change(const struct scope *scope, const struct call *call, const struct known *known,
                   const struct image *before)
{
    const struct request *request = &scope->request[call->request];
    const struct block block = model.blocks[call->block];
    unsigned char *old = memory + block.offset;
    bool aligned = request->align_bytes == 0 || (uintptr_t)old % request->align_bytes == 0;
    unsigned char *pointer = request->align_bytes == 0
                                     ? quarry_realloc(heap, old, request->bytes)
                                     : quarry_aligned_realloc(heap, old, request->align_bytes, request->bytes);
    expect_others_kept(before, block.offset);
    if (pointer == NULL) {
        expect_contents(old, block.offset, block.bytes);
        EXPECT(!aligned || request->bytes > block.bytes); /* shrinking never fails */
        /* Nor does growing into the free run behind; but pages that are to become a slot are moved, or refused. */
        EXPECT(!aligned || known->kind[call->block] != QUARRY_LARGE || request->bytes <= BIN_MAX_BYTES ||
               request->bytes > block.bytes + known->room_bytes[call->block]);
        expect_refusal(scope, known, request);
        return true;
    }
    expect_contents(pointer, block.offset, request->bytes < block.bytes ? request->bytes : block.bytes);
    remove_block(call->block);
    calls_add_block(pointer, request);
    EXPECT(pointer == old || !quarry_owns(heap, old));
    return false;
}

static void resize(const struct scope *scope, const struct call *call, const struct known *known,
                   const struct image *before)
{
    const struct block block = model.blocks[call->block];
    size_t bytes = scope->request[call->request].bytes, room = known->room_bytes[call->block];
    unsigned char *pointer = memory + block.offset;
    bool done = quarry_resize(heap, pointer, bytes);
    expect_others_kept(before, block.offset);
    switch (known->kind[call->block]) {
    case QUARRY_SMALL:
        EXPECT_EQ(done, bytes <= block.bytes);
        break;
    case QUARRY_LARGE:
        EXPECT_EQ(done, bytes <= block.bytes + room);
        break;
    default:
        EXPECT(done || bytes > block.bytes); /* growing is for the source to say */
        /* The source is not asked for what the heap has already. */
        EXPECT(done || memory_answers.extends_refused != 0 || !(scope->can & CAN_EXTEND) || bytes > SIZE_MAX / 4 ||
               memory_is_granted_behind(block.offset, bytes));
    }
    if (!done) {
        EXPECT_EQ(quarry_usable_size(heap, pointer), block.bytes);
        expect_contents(pointer, block.offset, block.bytes);
        return;
    }
    expect_contents(pointer, block.offset, bytes < block.bytes ? bytes : block.bytes);
    remove_block(call->block);
    insert_block(block.offset, quarry_usable_size(heap, pointer));
    EXPECT(quarry_usable_size(heap, pointer) >= bytes);
    if (known->kind[call->block] == QUARRY_LARGE)
        EXPECT(quarry_usable_size(heap, pointer) < (bytes == 0 ? 1 : bytes) + QUARRY_PAGE_BYTES);
}

static void add_region(void)
{
    EXPECT(quarry_add_region(heap, memory + second_region.offset, second_region.bytes));
    model.has_second = 1;
}

static void reset(const struct scope *scope)
{
    struct quarry_stats stats;
    quarry_reset(heap);
    model.count = 0;
    quarry_get_stats(heap, &stats); /* there is no spare that this could give back */
    if (scope->can & CAN_RELEASE)
        EXPECT_EQ(stats.chunks, 1);
}

static void trim(const struct known *known)
{
    size_t granted = memory_granted_bytes(), bytes = quarry_trim(heap);
    EXPECT_EQ(bytes, granted - memory_granted_bytes());
    EXPECT(bytes <= known->stats.acquired_bytes);
}

void calls_make(const struct scope *scope, const struct call *call, const struct known *known,
                const struct image *before)
{
    bool failed = false;
    memset(&memory_answers, 0, sizeof memory_answers);
    memory_answers.refuse = call->refuse;
    if (call->kind == CALL_TAKE)
        failed = take(scope, &scope->request[call->request], known, before);
    else if (call->kind == CALL_FREE || call->kind == CALL_FREE_SIZED)
        give(call, before);
    else if (call->kind == CALL_REALLOC)
        failed = change(scope, call, known, before);
    else if (call->kind == CALL_RESIZE)
        resize(scope, call, known, before);
    else if (call->kind == CALL_ADD_REGION)
        add_region();
    else if (call->kind == CALL_RESET)
        reset(scope);
    else
        trim(known);
    expect_figures(scope, known, failed);
}
