/* SPDX-License-Identifier: MIT
 *
 * payload.c: see payload.h.
 */
#include "payload.h"

#include "../instructions/measure.h"
#include "quarry.h"

enum { BASE_BYTES = 8192, MORE_STEPS = 512, OLD_BYTES = BASE_BYTES + MORE_STEPS * PAYLOAD_STEP, ALIGN_BYTES = 4096 };

struct payload payload_copy, payload_clear;

/* calloc of so many bytes on a fresh heap. 0: it failed. */
static uint32_t time_clear(void *memory, size_t memory_bytes, size_t bytes)
{
    uintptr_t answer;
    uintptr_t heap = (uintptr_t)quarry_create(memory, memory_bytes, NULL);
    uint32_t instructions;
    answer = measure(MEASURED(quarry_calloc), heap, 1, bytes, 0, &instructions);
    return answer == 0 ? 0 : instructions;
}

/* A move of so many bytes of a longer block, to an aligned place: always to the same one. 0: it failed. */
static uint32_t time_copy(void *memory, size_t memory_bytes, size_t bytes)
{
    struct quarry_heap *heap = quarry_create(memory, memory_bytes, NULL);
    uintptr_t block, answer;
    do {
        if (quarry_malloc(heap, QUARRY_PAGE_BYTES * 4) == NULL)
            return 0;
        block = (uintptr_t)quarry_malloc(heap, OLD_BYTES);
    } while (block != 0 && block % ALIGN_BYTES == 0);
    uint32_t instructions;
    answer = measure(MEASURED(quarry_aligned_realloc), (uintptr_t)heap, block, ALIGN_BYTES, bytes, &instructions);
    return answer == 0 || answer == block ? 0 : instructions;
}

static bool find_steps(struct payload *payload, uint32_t (*time)(void *, size_t, size_t), void *memory, size_t bytes)
{
    uint32_t base = time(memory, bytes, BASE_BYTES);
    uint32_t more = time(memory, bytes, OLD_BYTES);
    if (base == 0 || more <= base)
        return false;
    payload->step = (more - base + MORE_STEPS / 2) / MORE_STEPS;
    int32_t off = (int32_t)(more - base) - (int32_t)(payload->step * MORE_STEPS);
    if (off > MORE_STEPS / 4 || off < -MORE_STEPS / 4)
        return false;
    for (unsigned rest = 1; rest < PAYLOAD_STEP; rest++) {
        /* one step less and a rest: the same pages, so all else is the same */
        uint32_t less = time(memory, bytes, BASE_BYTES - PAYLOAD_STEP + rest);
        payload->rest[rest] = (int32_t)(less + payload->step) - (int32_t)base;
        if (less == 0)
            return false;
    }
    return true;
}

bool payload_measure(void *memory, size_t bytes)
{
    return find_steps(&payload_clear, time_clear, memory, bytes) && find_steps(&payload_copy, time_copy, memory, bytes);
}
