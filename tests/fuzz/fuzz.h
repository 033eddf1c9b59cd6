/* SPDX-License-Identifier: MIT
 *
 * fuzz.h: what all fuzz targets share: the bytes of an input as choices, memory whose surroundings are poisoned, and
 * the end of a run that found something.
 *
 * A target is LLVMFuzzerTestOneInput(). It decodes the input into calls, so that every input means something, and runs
 * them beside a model. Linked with libFuzzer, AFL++'s driver, or replay.c, which runs files.
 * An input always does the same: memory lies at fixed addresses and is filled with what the input says.
 * What is not ours to write is poisoned for the address sanitizer, down to its granule of 8 bytes.
 */
#ifndef QUARRY_FUZZ_H
#define QUARRY_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quarry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* From check level 3 each block ends in a canary, at least so long, which is not its user's. */
#define CANARY_BYTES ((size_t)(QUARRY_CHECK_LEVEL >= 3 ? sizeof(void *) + 1 : 0))
/* Sources deal in these. */
#define FRAME_BYTES       ((size_t)4096)
#define CHUNK_LEAST_BYTES ((size_t)(sizeof(void *) > 4 ? 16384u : 4096u))

/* --- findings --- */

#define FUZZ_CHECK(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fuzz_fail(#condition, __FILE__, __LINE__);                                                                 \
    } while (0)

/* Says what did not hold, and aborts, which every driver takes for a finding. */
_Noreturn void fuzz_fail(const char *text, const char *file, int line);

/* With FUZZ_TRACE in the environment each call is shown, to read an input by. */
extern bool fuzz_traces;
#define FUZZ_TRACE(...)                                                                                                \
    do {                                                                                                               \
        if (fuzz_traces)                                                                                               \
            fuzz_trace(__VA_ARGS__);                                                                                   \
    } while (0)
void fuzz_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- choices --- */

struct fuzz_input {
    const uint8_t *at, *end;
};

bool fuzz_is_over(const struct fuzz_input *in);
/* 0 when the input is over. */
unsigned fuzz_byte(struct fuzz_input *in);
unsigned fuzz_word(struct fuzz_input *in); /* 16 bits */
/* 0 to bound - 1. */
unsigned fuzz_below(struct fuzz_input *in, unsigned bound);
/* A request: small, about a number of pages, medium, about so many bytes, or one that nothing can serve. */
size_t fuzz_size(struct fuzz_input *in, size_t about_bytes);
/* A power of two, rarely none. */
size_t fuzz_alignment(struct fuzz_input *in);

/* --- memory --- */

/* Windows of the address space. Not every machine has room in all of them: fuzz_window() says what there is. */
enum fuzz_window { WINDOW_MAIN, WINDOW_LOW, WINDOW_HIGH, WINDOW_TOP, WINDOWS };

enum { WINDOW_BYTES = 1 << 20, TOP_BYTES = 1 << 15 };

/* All of it poisoned, until it is handed out. In *bytes its length. */
uint8_t *fuzz_window(enum fuzz_window window, size_t *bytes);
/* Forget what was handed out by the run before. */
void fuzz_memory_begin(void);
/* From now on memory may be used; it is filled with a byte. */
void fuzz_memory_open(void *memory, size_t bytes, unsigned fill);
void fuzz_memory_close(void *memory, size_t bytes);

/* Fills and later compares: all of a short block, of a longer one both ends and the start of each page. */
void fuzz_fill(uint8_t *at, size_t bytes, uint32_t seed);
bool fuzz_is_filled(const uint8_t *at, size_t filled_bytes, size_t kept_bytes, uint32_t seed);
bool fuzz_is_zero(const uint8_t *at, size_t bytes);

#endif
