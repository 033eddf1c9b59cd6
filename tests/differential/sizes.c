/* SPDX-License-Identifier: MIT
 *
 * sizes.c: what a request of every size is answered with, as relations that hold whatever the size classes are.
 */
#include "subject.h"

#include <string.h>

enum { EVERY_SIZE_TO = 4096, STEP_BYTES = 1021, LARGE_BYTES = 100000, LARGE_STEP_BYTES = 20011, MOST_BYTES = 3 << 20 };

enum { AROUND = 2, PAGES_BEFORE_CHUNK = 16 };

static bool overlap(const unsigned char *first, const unsigned char *second, size_t bytes)
{
    return first < second + bytes && second < first + bytes;
}

/* Small blocks lose a quarter and a granule at most, larger ones less than the original's page. */
static bool waste_is_bounded(size_t bytes, size_t block_bytes)
{
    return block_bytes <= bytes + bytes / 4 + 16 || block_bytes < bytes + 4096;
}

static void ask_size(size_t bytes)
{
    static size_t last_bytes, last_block_bytes;
    ask("emalloc %zu", bytes);
    size_t usage = zend_memory_usage(false);
    unsigned char *first = _emalloc(bytes), *second = _emalloc(bytes);
    if (first == NULL || second == NULL) {
        answer("refused");
        return;
    }
    size_t block_bytes = zend_mem_block_size(first);
    bool counted = usage_is(usage + 2 * block_bytes, bytes >= HUGE_LEAST_BYTES ? 2 : 0);
    bool same = zend_mem_block_size(second) == block_bytes;
    fill(first, block_bytes, (uint32_t)bytes);
    fill(second, block_bytes, (uint32_t)bytes + 1);
    bool kept = is_filled(first, block_bytes, (uint32_t)bytes);
    bool apart = !overlap(first, second, block_bytes);
    bool aligned = (((uintptr_t)first | (uintptr_t)second) & 7) == 0;
    bool grows = bytes < last_bytes || block_bytes >= last_block_bytes;
    _efree(first);
    _efree(second);
    bool returned = zend_memory_usage(false) == usage;
    last_bytes = bytes;
    last_block_bytes = block_bytes;
    answer("%s, %s, %s, %s, %s, %s, %s, %s", block_bytes >= bytes ? "long enough" : "too short",
           waste_is_bounded(bytes, block_bytes) ? "little waste" : "waste", grows ? "monotonic" : "not monotonic",
           same ? "equal sizes" : "unequal sizes", kept && apart ? "usable" : "overlapping",
           aligned ? "aligned" : "misaligned", counted ? "counted" : "not counted",
           returned ? "given back" : "not given back");
}

/* Both sides of the sizes at which something begins: slots, pages, chunks. */
static void ask_boundaries(void)
{
    for (size_t bytes = EVERY_SIZE_TO; bytes <= MOST_BYTES; bytes *= 2)
        for (size_t part = 4; part < 8; part++)
            for (size_t i = 0; i <= 2 * AROUND; i++)
                ask_size(bytes / 4 * part + i - AROUND);
    for (size_t before_pages = 0; before_pages < PAGES_BEFORE_CHUNK; before_pages++)
        for (size_t i = 0; i <= 2 * AROUND; i++)
            ask_size((2 << 20) - 512 * before_pages + i - AROUND);
}

/* The sizes themselves: those of the original's size classes, and some others. */
static void ask_block_sizes(void)
{
    static const size_t sizes[] = {0,    8,    16,    24,    32,    40,     48,     56,      64,      80,      96,
                                   112,  128,  160,   192,   224,   256,    320,    384,     448,     512,     640,
                                   768,  896,  1024,  1280,  1536,  1792,   2048,   2560,    3072,    3584,    4096,
                                   5000, 8192, 10000, 12288, 65536, 100000, 262144, 1048576, 2 << 20, 3 << 20, 5 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *block = _emalloc(sizes[i]);
        ask("block size of %zu", sizes[i]);
        answer("%zu", zend_mem_block_size(block));
        _efree(block);
    }
}

/* A hundred blocks: do all lie at multiples of align_bytes? */
static void ask_alignment(size_t bytes, uintptr_t align_bytes)
{
    void *blocks[100];
    bool aligned = true;
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = _emalloc(bytes);
        aligned = aligned && ((uintptr_t)blocks[i] & (align_bytes - 1)) == 0;
    }
    ask("alignment of blocks of %zu to %zu", bytes, (size_t)align_bytes);
    answer_yes_no(aligned);
    for (size_t i = 0; i < 100; i++)
        _efree(blocks[i]);
}

static void ask_constants(void)
{
    static const size_t sizes[SUBJECT_CONSTANTS] = SUBJECT_CONSTANT_BYTES;
    for (size_t i = 0; i < SUBJECT_CONSTANTS; i++) {
        size_t usage = zend_memory_usage(false);
        void *block = subject_constant(i), *other = _emalloc(sizes[i]);
        fill(block, sizes[i], 1);
        ask("emalloc with the constant %zu", sizes[i]);
        bool same = zend_mem_block_size(block) == zend_mem_block_size(other);
        bool filled = is_filled(block, sizes[i], 1);
        subject_constant_free(i, block);
        _efree(other);
        answer("%s, %s, %s", same ? "as with a variable" : "another size", filled ? "usable" : "damaged",
               zend_memory_usage(false) == usage ? "given back" : "not given back");
    }
}

void ask_sizes(void)
{
    for (size_t bytes = 0; bytes <= EVERY_SIZE_TO; bytes++)
        ask_size(bytes);
    for (size_t bytes = EVERY_SIZE_TO; bytes <= MOST_BYTES;
         bytes += bytes < LARGE_BYTES ? STEP_BYTES : LARGE_STEP_BYTES)
        ask_size(bytes);
    ask_boundaries();
    ask_block_sizes();
    static const size_t aligned[] = {8, 16, 24, 32, 40, 48, 56, 64, 80, 100, 112, 128, 1000, 2000, 3000, 10000};
    for (size_t i = 0; i < sizeof aligned / sizeof aligned[0]; i++) {
        ask_alignment(aligned[i], 8);
        if (aligned[i] >= 16)
            ask_alignment(aligned[i], 16);
    }
    ask_constants();
}
