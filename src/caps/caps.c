/* SPDX-License-Identifier: MIT
 *
 * caps.c: the functions of quarry/caps.h, on the public functions of the core and its words and bytes.
 *
 * A set has its memories twice: in the order in which a request asks them, and in the order of their windows, which do
 * not overlap. So a block's memory is found by halving: at most 5 comparisons for 16 memories. Both tables change in
 * quarry_caps_add() only, and need no lock. A memory whose blocks have an alignment or a multiple of their own gets
 * requests that are rounded up; a block that its heap hands out from outside the window could not be found again, so it
 * is freed at once.
 */
#include "quarry/caps.h"

#include "../bits.h"
#include "../bytes.h"
#include "../memory_hooks.h"

#define CAPS_BITS ((uint32_t)0xFFFF)

/* --- windows --- */

/* The distance of an address from the window's start: below its length exactly for addresses inside. */
static size_t offset_in(const struct quarry_caps_memory *memory, const void *address)
{
    return (uintptr_t)memory_address(address) - (uintptr_t)memory_address(memory->start);
}

static bool window_holds(const struct quarry_caps_memory *memory, const void *address)
{
    return offset_in(memory, address) < memory->bytes;
}

static bool windows_overlap(const struct quarry_caps_memory *a, const struct quarry_caps_memory *b)
{
    return window_holds(a, b->start) || window_holds(b, a->start);
}

/* The memory in whose window the address lies, or NULL. */
static const struct quarry_caps_memory *memory_at(const struct quarry_caps *caps, const void *address)
{
    const uintptr_t at = (uintptr_t)memory_address(address);
    unsigned low = 0, high = caps->count; /* windows before low start at or below the address, those from high above */
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if ((uintptr_t)memory_address(caps->by_address[middle]->start) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low != 0 && window_holds(caps->by_address[low - 1], address) ? caps->by_address[low - 1] : NULL;
}

/* --- the set --- */

static bool is_zero_or_power_of_two(size_t value)
{
    return (value & (value - 1)) == 0;
}

static bool memory_is_valid(const struct quarry_caps_memory *memory)
{
    const uintptr_t start = (uintptr_t)memory_address(memory->start);
    return memory->heap != NULL && memory->bytes != 0 && start + (memory->bytes - 1) >= start &&
           window_holds(memory, memory->heap) && (memory->bits & ~CAPS_BITS) == 0 &&
           is_zero_or_power_of_two(memory->align_bytes) && is_zero_or_power_of_two(memory->multiple_bytes);
}

/* Puts a memory at an index of a table that has count of them. */
static void insert(const struct quarry_caps_memory **table, unsigned count, unsigned index,
                   const struct quarry_caps_memory *memory)
{
    for (; count > index; count--)
        table[count] = table[count - 1];
    table[index] = memory;
}

bool quarry_caps_add(struct quarry_caps *caps, const struct quarry_caps_memory *memory)
{
    if (caps == NULL || memory == NULL || caps->count == QUARRY_CAPS_MEMORIES || !memory_is_valid(memory))
        return false;
    unsigned by_address = 0, by_preference = 0;
    for (unsigned i = 0; i < caps->count; i++) {
        if (windows_overlap(caps->by_address[i], memory))
            return false;
        by_address += memory_address(caps->by_address[i]->start) < memory_address(memory->start);
        by_preference += caps->by_preference[i]->preference >= memory->preference;
    }
    insert(caps->by_address, caps->count, by_address, memory);
    insert(caps->by_preference, caps->count, by_preference, memory);
    caps->count++;
    return true;
}

static bool has_bits(const struct quarry_caps_memory *memory, uint32_t bits)
{
    return (memory->bits & bits) == bits;
}

/* --- requests --- */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The length of a block of this memory. What would be too long for any heap is SIZE_MAX, which a heap refuses. */
static size_t block_bytes(const struct quarry_caps_memory *memory, size_t bytes)
{
    if (memory->multiple_bytes <= 1)
        return bytes;
    const size_t rest = memory->multiple_bytes - 1, wanted = bytes == 0 ? 1 : bytes;
    return wanted > SIZE_MAX - rest ? SIZE_MAX : bits_round_up(wanted, memory->multiple_bytes);
}

/* Asks one memory. NULL: its heap refuses, or has memory that lies outside the window. */
static void *allocate_in(const struct quarry_caps_memory *memory, size_t align_bytes, size_t bytes)
{
    const size_t wanted_bytes = block_bytes(memory, bytes);
    void *block = quarry_aligned_alloc(memory->heap, larger(align_bytes, memory->align_bytes), wanted_bytes);
    if (block == NULL || (window_holds(memory, block) && wanted_bytes <= memory->bytes - offset_in(memory, block)))
        return block;
    quarry_free(memory->heap, block);
    return NULL;
}

/* Asks each memory that may serve the request, in its order, until one serves it; not the one that has refused already,
 * where there is one. align_bytes: a power of two. */
static void *allocate(const struct quarry_caps *caps, uint32_t request, size_t align_bytes, size_t bytes,
                      const struct quarry_caps_memory *refused)
{
    const uint32_t needed = request & CAPS_BITS, wanted = needed | request >> 16;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < caps->count; i++) {
            const struct quarry_caps_memory *memory = caps->by_preference[i];
            const bool is_asked_now = has_bits(memory, wanted) == (round == 0);
            void *block = memory != refused && has_bits(memory, needed) && is_asked_now
                                  ? allocate_in(memory, align_bytes, bytes)
                                  : NULL;
            if (block != NULL)
                return block;
        }
    }
    return NULL;
}

void *quarry_caps_malloc(struct quarry_caps *caps, uint32_t request, size_t bytes)
{
    return allocate(caps, request, 1, bytes, NULL);
}

void *quarry_caps_aligned_alloc(struct quarry_caps *caps, uint32_t request, size_t align_bytes, size_t bytes)
{
    if (!bits_is_power_of_two(align_bytes))
        return NULL;
    return allocate(caps, request, align_bytes, bytes, NULL);
}

void *quarry_caps_calloc(struct quarry_caps *caps, uint32_t request, size_t count, size_t bytes)
{
    const size_t sum_bytes = bits_multiply(count, bytes); /* SIZE_MAX, which every heap refuses, and counts: too many */
    void *block = allocate(caps, request, 1, sum_bytes, NULL);
    if (block != NULL)
        qi_bytes_clear(block, sum_bytes);
    return block;
}

/* --- blocks --- */

static void report_foreign(const struct quarry_caps *caps, const void *pointer, size_t bytes)
{
    struct quarry_misuse misuse;
    misuse.kind = QUARRY_INVALID_POINTER;
    misuse.heap = NULL;
    misuse.pointer = pointer;
    misuse.bytes = bytes;
    if (caps->on_misuse != NULL)
        caps->on_misuse(caps->context, &misuse);
    else
        quarry_panic(&misuse);
}

void quarry_caps_free(struct quarry_caps *caps, void *block)
{
    const struct quarry_caps_memory *memory = memory_at(caps, block);
    if (block == NULL)
        return;
    if (memory == NULL)
        report_foreign(caps, block, 0);
    else
        quarry_free(memory->heap, block);
}

/* Puts a block's contents into another memory than its own. NULL: no other memory serves the request, or the block is
 * not live, which its heap reports. */
static void *change_memory(const struct quarry_caps *caps, uint32_t request, const struct quarry_caps_memory *from,
                           void *block, size_t bytes)
{
    const size_t old_bytes = quarry_usable_size(from->heap, block);
    void *to = old_bytes == 0 ? NULL : allocate(caps, request, 1, bytes, from);
    if (to == NULL)
        return NULL;
    qi_bytes_copy(to, block, old_bytes < bytes ? old_bytes : bytes);
    quarry_free(from->heap, block);
    return to;
}

void *quarry_caps_realloc(struct quarry_caps *caps, uint32_t request, void *block, size_t bytes)
{
    if (block == NULL)
        return quarry_caps_malloc(caps, request, bytes);
    const struct quarry_caps_memory *memory = memory_at(caps, block);
    if (memory == NULL) {
        report_foreign(caps, block, bytes);
        return NULL;
    }
    if (has_bits(memory, request & CAPS_BITS)) {
        void *same =
                quarry_aligned_realloc(memory->heap, block, larger(memory->align_bytes, 1), block_bytes(memory, bytes));
        /* A wrong pointer has been reported, and is no live block. */
        if (same != NULL || !quarry_owns(memory->heap, block))
            return same;
    }
    return change_memory(caps, request, memory, block, bytes);
}

const struct quarry_caps_memory *quarry_caps_owner(const struct quarry_caps *caps, const void *block)
{
    const struct quarry_caps_memory *memory = memory_at(caps, block);
    return memory != NULL && quarry_owns(memory->heap, block) ? memory : NULL;
}

/* --- figures --- */

/* The largest request that a memory serves whose heap could serve this many bytes. */
static size_t largest_request_bytes(const struct quarry_caps_memory *memory, size_t bytes)
{
    if (memory->align_bytes > QUARRY_PAGE_BYTES)
        bytes = bytes > memory->align_bytes ? bytes - memory->align_bytes : 0;
    return memory->multiple_bytes <= 1 ? bytes : bytes & ~(memory->multiple_bytes - 1);
}

/* The limit of two memories together; 0: none. */
static size_t limit_of_both(size_t a, size_t b)
{
    return a == 0 || b == 0 ? 0 : a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* The shorter of two runs of free pages; 0: there is none. */
static size_t smaller_free(size_t a, size_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static void add_figures(struct quarry_stats *sum, const struct quarry_caps_memory *memory, bool is_first)
{
    struct quarry_stats stats;
    quarry_get_stats(memory->heap, &stats);
    sum->acquired_bytes += stats.acquired_bytes;
    sum->acquired_peak_bytes += stats.acquired_peak_bytes;
    sum->used_bytes += stats.used_bytes;
    sum->used_peak_bytes += stats.used_peak_bytes;
    sum->free_bytes += stats.free_bytes;
    sum->largest_free_bytes = larger(sum->largest_free_bytes, largest_request_bytes(memory, stats.largest_free_bytes));
    sum->limit_bytes = is_first ? stats.limit_bytes : limit_of_both(sum->limit_bytes, stats.limit_bytes);
    sum->blocks += stats.blocks;
    sum->chunks += stats.chunks;
    sum->failures += stats.failures;
    sum->capacity_bytes += stats.capacity_bytes;
    sum->requests += stats.requests;
    sum->frees += stats.frees;
    sum->free_runs += stats.free_runs;
    sum->smallest_free_bytes = smaller_free(sum->smallest_free_bytes, stats.smallest_free_bytes);
}

void quarry_caps_get_stats(const struct quarry_caps *caps, uint32_t bits, struct quarry_stats *stats)
{
    bool is_first = true;
    qi_bytes_clear(stats, sizeof *stats);
    for (unsigned i = 0; i < caps->count; i++) {
        if (!has_bits(caps->by_preference[i], bits))
            continue;
        add_figures(stats, caps->by_preference[i], is_first);
        is_first = false;
    }
}
