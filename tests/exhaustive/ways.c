/* SPDX-License-Identifier: MIT
 *
 * ways.c: which calls lead on from a state: every kind with every request and every live block, see calls.h.
 *
 * Pinned blocks are taken before the search begins and stay: so a run of many small slots can be nearly full without
 * a state for each set of its slots.
 */
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "report.h"

static struct model pinned;

static bool is_pinned(const struct block *block)
{
    for (unsigned i = 0; i < pinned.count; i++)
        if (pinned.blocks[i].offset == block->offset)
            return true;
    return false;
}

void calls_begin(const struct scope *scope)
{
    const struct request request = {.bytes = scope->pinned_bytes};
    pinned.count = 0;
    for (unsigned i = 0; i < scope->pinned; i++) {
        const unsigned char *pointer = quarry_malloc(heap, request.bytes);
        EXPECT(pointer != NULL);
        calls_add_block(pointer, &request);
    }
    memcpy(&pinned, &model, sizeof model);
}

bool calls_next(const struct scope *scope, struct call *call)
{
    bool has_request = call->kind == CALL_TAKE || call->kind == CALL_REALLOC || call->kind == CALL_RESIZE;
    bool has_block = call->kind >= CALL_FREE && call->kind <= CALL_RESIZE;
    if (has_request && call->request + 1u < scope->requests) {
        call->request++;
        return true;
    }
    call->request = 0;
    if (has_block && call->block + 1u < model.count) {
        call->block++;
        return true;
    }
    call->block = 0;
    call->kind++;
    return call->kind < CALL_KINDS;
}

bool calls_are_possible(const struct scope *scope, const struct call *call)
{
    switch (call->kind) {
    case CALL_TAKE:
        return model.count - scope->pinned < scope->most_blocks;
    case CALL_FREE_SIZED:
        if (QUARRY_CHECK_LEVEL < 2)
            return false;
        /* fall through */
    case CALL_FREE:
    case CALL_REALLOC:
    case CALL_RESIZE:
        return call->block < model.count && !is_pinned(&model.blocks[call->block]);
    case CALL_ADD_REGION:
        return second_region.bytes != 0 && !model.has_second;
    case CALL_RESET:
        return scope->pinned == 0;
    default:
        return true;
    }
}

static void show_request(const struct scope *scope, const struct call *call, const char *plain, const char *aligned)
{
    const struct request *request = &scope->request[call->request];
    printf("%s(", request->align_bytes != 0 ? aligned : request->is_zeroed ? "calloc" : plain);
    if (call->kind != CALL_TAKE)
        printf("block %u, ", (unsigned)call->block);
    if (request->align_bytes != 0 && call->kind != CALL_RESIZE)
        printf("align %zu, ", request->align_bytes);
    printf("%zu)", request->bytes);
}

void calls_show(const struct scope *scope, const struct call *call)
{
    static const char *const names[CALL_KINDS] = {[CALL_FREE] = "free",
                                                  [CALL_FREE_SIZED] = "free_sized",
                                                  [CALL_ADD_REGION] = "add_region()",
                                                  [CALL_RESET] = "reset()",
                                                  [CALL_TRIM] = "trim()"};
    if (call->kind == CALL_TAKE)
        show_request(scope, call, "malloc", "aligned_alloc");
    else if (call->kind == CALL_REALLOC)
        show_request(scope, call, "realloc", "aligned_realloc");
    else if (call->kind == CALL_RESIZE)
        show_request(scope, call, "resize", "resize");
    else if (call->kind == CALL_FREE || call->kind == CALL_FREE_SIZED)
        printf("%s(block %u)", names[call->kind], (unsigned)call->block);
    else
        printf("%s", names[call->kind]);
    if (call->refuse != 0)
        printf("  the source refuses 0x%x", (unsigned)call->refuse);
    printf("\n");
}
