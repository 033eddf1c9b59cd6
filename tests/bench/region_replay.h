/* SPDX-License-Identifier: MIT
 *
 * region_replay.h: a trace replayed on a heap in a region; for programs of the host that look how long it must be.
 */
#ifndef BENCH_REGION_REPLAY_H
#define BENCH_REGION_REPLAY_H

#include <string.h>

#include "quarry.h"
#include "trace_file.h"

struct replay {
    struct trace_file trace;
    void **blocks; /* one for each of the trace's */
    unsigned char *region;
};

static inline void *replay_request(struct quarry_heap *heap, const struct trace_call *call, void *old)
{
    switch (call->kind) {
    case 'r':
        return quarry_realloc(heap, old, call->bytes);
    case 'm':
        return quarry_aligned_alloc(heap, call->align_bytes, call->bytes);
    default:
        return quarry_malloc(heap, call->bytes);
    }
}

/* Does a region of so many bytes serve all calls? context: the replay. */
static inline bool replay_runs(void *context, size_t region_bytes)
{
    const struct replay *replay = context;
    struct quarry_heap *heap = quarry_create(replay->region, region_bytes, NULL);
    for (size_t i = 0; heap != NULL && i < replay->trace.call_count; i++) {
        const struct trace_call *call = &replay->trace.calls[i];
        void **block = &replay->blocks[call->block];
        if (call->kind == 'f') {
            quarry_free(heap, *block);
        } else {
            *block = replay_request(heap, call, *block);
            if (*block == NULL)
                return false;
        }
    }
    return heap != NULL;
}

/* A trace's name: its file's, without what follows the first dot. */
static inline void replay_print_name(const char *path)
{
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    printf("%.*s\t", (int)strcspn(name, "."), name);
}

#endif
