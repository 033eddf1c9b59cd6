/* SPDX-License-Identifier: MIT
 *
 * fuzz.c: see fuzz.h.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if __has_feature(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes)   ((void)(at), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) ((void)(at), (void)(bytes))
#endif

/* --- findings --- */

bool fuzz_traces;

__attribute__((constructor)) static void ask_for_trace(void)
{
    fuzz_traces = getenv("FUZZ_TRACE") != NULL;
}

_Noreturn void fuzz_fail(const char *text, const char *file, int line)
{
    fflush(stdout);
    fprintf(stderr, "\nFINDING %s:%d: does not hold: %s\n", file, line, text);
    abort();
}

void fuzz_trace(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

/* --- choices --- */

bool fuzz_is_over(const struct fuzz_input *in)
{
    return in->at == in->end;
}

unsigned fuzz_byte(struct fuzz_input *in)
{
    return fuzz_is_over(in) ? 0 : *in->at++;
}

unsigned fuzz_word(struct fuzz_input *in)
{
    unsigned low = fuzz_byte(in);
    return low | fuzz_byte(in) << 8;
}

unsigned fuzz_below(struct fuzz_input *in, unsigned bound)
{
    return fuzz_byte(in) % bound;
}

size_t fuzz_size(struct fuzz_input *in, size_t about_bytes)
{
    unsigned kind = fuzz_byte(in), value = fuzz_byte(in);
    switch (kind & 7) {
    case 0:
    case 1:
        return value;
    case 2:
        return value << (kind >> 3 & 3);
    case 3:
        return (size_t)(kind >> 3) * QUARRY_PAGE_BYTES + (value & 31) - 16;
    case 4:
        return value << 3 | kind >> 5;
    case 5:
        return (size_t)value * (kind >> 3) * 16;
    case 6:
        return kind < 64 ? about_bytes + value - 128 : about_bytes / 256 * value;
    default:
        return kind < 32    ? SIZE_MAX - value
               : kind < 64  ? SIZE_MAX / 2 - ((size_t)1 << 20) + value - 128
               : kind < 128 ? (size_t)value << (kind >> 3)
                            : value & 15;
    }
}

size_t fuzz_alignment(struct fuzz_input *in)
{
    unsigned value = fuzz_byte(in);
    return value < 240 ? (size_t)1 << value % 14 : value < 250 ? (size_t)value - 240 : SIZE_MAX / 2 + 1;
}

/* --- memory --- */

static struct {
    uint8_t *start;
    size_t bytes;
    bool used;
} windows[WINDOWS];

/* Places that neither the sanitizer nor Linux uses. The last page below the top stays free: Linux keeps it. */
static uintptr_t place_of(enum fuzz_window window)
{
    switch (window) {
    case WINDOW_LOW:
        return sizeof(void *) > 4 ? 0x60000000u : 0x18000000u;
    case WINDOW_HIGH:
        return sizeof(void *) > 4 ? (uintptr_t)0x7f0000000000u & UINTPTR_MAX : 0x9ff80000u;
    case WINDOW_TOP:
        return (sizeof(void *) > 4 ? (uintptr_t)0x7ffffffff000u & UINTPTR_MAX : 0xffffe000u) - TOP_BYTES;
    default:
        return sizeof(void *) > 4 ? (uintptr_t)0x200000000000u & UINTPTR_MAX : 0x60000000u;
    }
}

uint8_t *fuzz_window(enum fuzz_window window, size_t *bytes)
{
    if (windows[window].start == NULL) {
        size_t length = window == WINDOW_TOP ? TOP_BYTES : WINDOW_BYTES;
        void *wanted = (void *)place_of(window);
        void *got = mmap(wanted, length, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if (got != wanted) {
            if (got != MAP_FAILED)
                munmap(got, length);
            if (window == WINDOW_MAIN)
                fuzz_fail("the main window can be mapped", __FILE__, __LINE__);
            return fuzz_window(WINDOW_MAIN, bytes);
        }
        windows[window].start = got;
        windows[window].bytes = length;
        ASAN_POISON_MEMORY_REGION(got, length);
    }
    windows[window].used = true;
    *bytes = windows[window].bytes;
    return windows[window].start;
}

void fuzz_memory_begin(void)
{
    for (unsigned i = 0; i < WINDOWS; i++) {
        if (windows[i].used)
            ASAN_POISON_MEMORY_REGION(windows[i].start, windows[i].bytes);
        windows[i].used = false;
    }
}

void fuzz_memory_open(void *memory, size_t bytes, unsigned fill)
{
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
    memset(memory, (int)fill, bytes);
}

void fuzz_memory_close(void *memory, size_t bytes)
{
    ASAN_POISON_MEMORY_REGION(memory, bytes);
}

enum { WHOLE_BYTES = 512, END_BYTES = 64 };

static uint8_t pattern(uint32_t seed, size_t i)
{
    return (uint8_t)((seed + i) * 0x9E3779B1u >> 24);
}

/* The next place that is filled. */
static size_t next_place(size_t i, size_t bytes)
{
    if (++i >= END_BYTES && bytes > WHOLE_BYTES && i < bytes - END_BYTES && (i & (QUARRY_PAGE_BYTES - 1)) >= 16) {
        i = (i | (QUARRY_PAGE_BYTES - 1)) + 1;
        if (i > bytes - END_BYTES)
            i = bytes - END_BYTES;
    }
    return i;
}

void fuzz_fill(uint8_t *at, size_t bytes, uint32_t seed)
{
    for (size_t i = 0; i < bytes; i = next_place(i, bytes))
        at[i] = pattern(seed, i);
}

bool fuzz_is_filled(const uint8_t *at, size_t filled_bytes, size_t kept_bytes, uint32_t seed)
{
    for (size_t i = 0; i < kept_bytes; i = next_place(i, filled_bytes)) {
        if (at[i] != pattern(seed, i))
            return false;
    }
    return true;
}

bool fuzz_is_zero(const uint8_t *at, size_t bytes)
{
    return bytes == 0 || (at[0] == 0 && memcmp(at, at + 1, bytes - 1) == 0);
}
