/* SPDX-License-Identifier: MIT
 *
 * call.c: see call.h.
 */
#include "call.h"

BITS_COLD bool qi_call_report(const struct quarry_heap *heap, unsigned kind, const void *pointer, size_t bytes)
{
    qi_report(&heap->bins.runs.chunks.source.reporter, (enum quarry_misuse_kind)kind, pointer, bytes);
    return false;
}

bool qi_call_find(const struct quarry_heap *heap, const void *address, size_t bytes, struct heap_block *block)
{
    unsigned wrong = debug_find(heap, address, CALLER_IS_CHECKED, block);
    if (wrong == 0)
        return true;
    return qi_call_report(heap, qi_heap_wrong_with(heap, memory_address(address), wrong), address, bytes);
}

BITS_COLD void *qi_call_reentered(const struct quarry_heap *heap, const void *pointer, size_t bytes, uintptr_t saved)
{
    call_leave(heap, saved);
    call_report_outside(heap, QUARRY_REENTRY, pointer, bytes);
    return NULL;
}
