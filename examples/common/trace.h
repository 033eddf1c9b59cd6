/* SPDX-License-Identifier: MIT
 *
 * trace.h: a recorded program's allocator calls, as tools/trace2c.py encodes them.
 */
#ifndef EXAMPLES_TRACE_H
#define EXAMPLES_TRACE_H

#include <stddef.h>

/* One recorded program. */
struct trace {
    const char *name;
    const unsigned char *code;
    size_t calls;
    size_t blocks;    /* most block numbers in use */
    size_t peak_call; /* after this call, counted from 1, most bytes are live */
};

/* The trace of that name, as trace2c.py names its symbols. TRACE_SYMBOLS declares them, TRACE refers to them. */
#define TRACE_SYMBOLS(name)                                                                                            \
    extern const unsigned char trace_##name[];                                                                         \
    extern const unsigned long trace_##name##_calls, trace_##name##_blocks, trace_##name##_peak_call
#define TRACE(name)                                                                                                    \
    ((struct trace){#name, trace_##name, trace_##name##_calls, trace_##name##_blocks, trace_##name##_peak_call})

enum trace_op { TRACE_MALLOC, TRACE_CALLOC, TRACE_ALIGNED, TRACE_REALLOC, TRACE_FREE };

struct trace_call {
    enum trace_op op;
    size_t id;          /* the block's number */
    size_t align_bytes; /* TRACE_ALIGNED; otherwise 0 */
    size_t bytes;       /* all but TRACE_FREE; otherwise 0 */
};

static inline size_t trace_number(const unsigned char **next)
{
    size_t number = 0;
    unsigned shift = 0;
    unsigned char byte;
    do {
        byte = *(*next)++;
        number |= (size_t)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte >= 0x80);
    return number;
}

/* Decodes the call at *next, which starts as trace.code, and moves *next to the one after it. */
static inline struct trace_call trace_next(const unsigned char **next)
{
    size_t head = trace_number(next);
    struct trace_call call = {(enum trace_op)(head & 7), head >> 3, 0, 0};
    if (call.op == TRACE_ALIGNED) {
        call.align_bytes = (size_t)1 << trace_number(next);
    }
    if (call.op != TRACE_FREE) {
        call.bytes = trace_number(next);
    }
    return call;
}

#endif
