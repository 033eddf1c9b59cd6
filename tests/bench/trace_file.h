/* SPDX-License-Identifier: MIT
 *
 * trace_file.h: read a text trace (tests/traces/README.md) into memory; for programs of the host that measure.
 *
 * All memory comes from mmap, none from malloc: a program that measures the C library's malloc finds it untouched.
 * Ends the program, saying why, if the file cannot be read, a line is no call, or a call is about a block that is not
 * live (or live already).
 */
#ifndef BENCH_TRACE_FILE_H
#define BENCH_TRACE_FILE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct trace_call {
    char kind; /* as in the file: a c m r f */
    unsigned block;
    size_t align_bytes, bytes; /* a size of 0 in the file is 1 here */
};

struct trace_file {
    struct trace_call *calls;
    size_t call_count, block_count;
    size_t peak_bytes, peak_blocks; /* requested and live at once, at most */
    unsigned *left;                 /* blocks that are live after the last call */
    size_t left_count;
};

/* bytes of zeros, whole pages of them touched. */
static inline void *trace_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return memory;
}

struct trace_text {
    const char *path, *start, *next, *end;
    size_t line;
};

static inline void trace_refuse(const struct trace_text *text, const char *why)
{
    fprintf(stderr, "%s:%zu: %s\n", text->path, text->line, why);
    exit(2);
}

static inline size_t trace_number(struct trace_text *text)
{
    size_t number = 0, digits = 0;
    if (text->next < text->end && *text->next == ' ')
        text->next++;
    for (; text->next < text->end && *text->next >= '0' && *text->next <= '9'; text->next++, digits++)
        number = 10 * number + (size_t)(*text->next - '0');
    if (digits == 0 || digits > 18)
        trace_refuse(text, "not a call");
    return number;
}

static inline void trace_skip_line(struct trace_text *text)
{
    const char *end = memchr(text->next, '\n', (size_t)(text->end - text->next));
    text->next = end != NULL ? end + 1 : text->end;
}

/* Comments, and requests that the recorded program was refused, are not replayed. False: the text ends. */
static inline bool trace_text_goes_on(struct trace_text *text)
{
    while (text->next < text->end && (*text->next == '#' || *text->next == 'x')) {
        trace_skip_line(text);
        text->line++;
    }
    return text->next < text->end;
}

static inline struct trace_call trace_call_read(struct trace_text *text)
{
    struct trace_call call = {*text->next++, 0, 1, 0};
    if (memchr("acmrf", call.kind, 5) == NULL)
        trace_refuse(text, "not a call");
    call.block = (unsigned)trace_number(text);
    if (call.kind == 'm')
        call.align_bytes = trace_number(text);
    if (call.kind != 'f')
        call.bytes = trace_number(text);
    if (call.bytes == 0)
        call.bytes = 1;
    if (text->end - text->next >= 2 && memcmp(text->next, " @", 2) == 0) /* the caller's address is not replayed */
        trace_skip_line(text);
    else if (text->next < text->end && *text->next++ != '\n')
        trace_refuse(text, "not a call");
    if (call.align_bytes == 0 || (call.align_bytes & (call.align_bytes - 1)) != 0)
        trace_refuse(text, "alignment is no power of two");
    return call;
}

static inline struct trace_text trace_text_open(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) {
        perror(path);
        exit(2);
    }
    char *start = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (start == MAP_FAILED) {
        perror(path);
        exit(2);
    }
    close(file);
    return (struct trace_text){path, start, start, start + status.st_size, 1};
}

static inline struct trace_file trace_file_read(const char *path)
{
    struct trace_text text = trace_text_open(path);
    struct trace_file trace = {0};
    size_t lines = 1, bytes_now = 0, blocks_now = 0;
    for (const char *at = text.start; at < text.end; at++)
        lines += *at == '\n';
    trace.calls = trace_memory(lines * sizeof *trace.calls);
    trace.left = trace_memory(lines * sizeof *trace.left);
    size_t *live_bytes = trace_memory(lines * sizeof *live_bytes);
    for (; trace_text_goes_on(&text); text.line++) {
        struct trace_call call = trace.calls[trace.call_count++] = trace_call_read(&text);
        if (call.block >= lines)
            trace_refuse(&text, "block number above the number of calls");
        size_t *live = &live_bytes[call.block];
        if ((*live != 0) != (call.kind == 'r' || call.kind == 'f'))
            trace_refuse(&text, *live != 0 ? "the block is live already" : "the block is not live");
        size_t bytes = call.kind == 'f' ? 0 : call.bytes;
        blocks_now += (size_t)(bytes != 0) - (size_t)(*live != 0);
        bytes_now += bytes - *live;
        *live = bytes;
        trace.block_count = call.block >= trace.block_count ? call.block + (size_t)1 : trace.block_count;
        trace.peak_bytes = bytes_now > trace.peak_bytes ? bytes_now : trace.peak_bytes;
        trace.peak_blocks = blocks_now > trace.peak_blocks ? blocks_now : trace.peak_blocks;
    }
    for (unsigned block = 0; block < trace.block_count; block++)
        if (live_bytes[block] != 0)
            trace.left[trace.left_count++] = block;
    munmap(live_bytes, lines * sizeof *live_bytes + 1);
    munmap((void *)(size_t)text.start, (size_t)(text.end - text.start));
    return trace;
}

#endif
