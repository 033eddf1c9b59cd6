/* SPDX-License-Identifier: MIT
 *
 * contents.c: what a block holds after it has been made or resized by each of the calls that say something about it.
 */
#include "subject.h"

#include <stdio.h>
#include <string.h>

static const size_t sizes[] = {0,    1,    8,    24,    100,    512,     1000,    2000,    2600,    3000,
                               3072, 5000, 8192, 40000, 262144, 1000000, 2000000, 2097153, 3 << 20, 5 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static size_t smaller(size_t first, size_t second)
{
    return first < second ? first : second;
}

static void ask_pair(const char *call, size_t old_bytes, size_t bytes, size_t copy_bytes,
                     void *(*resize)(void *, size_t))
{
    ask("%s %zu to %zu, contents to %zu", call, old_bytes, bytes, copy_bytes);
    size_t usage = zend_memory_usage(false);
    void *block = _emalloc(old_bytes);
    fill(block, old_bytes, (uint32_t)bytes);
    block = resize != NULL ? resize(block, bytes) : _erealloc2(block, bytes, copy_bytes);
    bool kept = is_filled(block, copy_bytes, (uint32_t)bytes);
    size_t block_bytes = zend_mem_block_size(block);
    bool counted = usage_is(usage + block_bytes, bytes >= HUGE_LEAST_BYTES);
    size_t end_bytes = smaller(block_bytes, 10000);
    fill((char *)block + block_bytes - end_bytes, end_bytes, 5);
    bool usable = is_filled((char *)block + block_bytes - end_bytes, end_bytes, 5);
    _efree(block);
    answer("%s, %s, %s, %s", kept ? "kept" : "lost", block_bytes >= bytes ? "long enough" : "too short",
           usable ? "usable" : "damaged", counted && zend_memory_usage(false) == usage ? "counted" : "not counted");
}

static void *resize(void *block, size_t bytes)
{
    return _erealloc(block, bytes);
}

static void *resize_fallibly(void *block, size_t bytes)
{
    return _ferealloc(block, bytes);
}

static void *resize_fallibly_some(void *block, size_t bytes)
{
    return _ferealloc2(block, bytes, bytes);
}

static void *resize_safely(void *block, size_t bytes)
{
    return bytes < 2 ? _safe_erealloc(block, 1, bytes, 0) : _safe_erealloc(block, bytes / 2, 2, bytes % 2);
}

static void *resize_of_heap(void *block, size_t bytes)
{
    return _zend_mm_realloc(zend_mm_get_heap(), block, bytes);
}

static void *resize_of_heap_some(void *block, size_t bytes)
{
    return _zend_mm_realloc2(zend_mm_get_heap(), block, bytes, bytes);
}

/* The calls that do the same by another name are asked about every third pair: what is copied takes its time. */
static void ask_resizing(void)
{
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++) {
            size_t both = smaller(sizes[i], sizes[j]);
            ask_pair("erealloc", sizes[i], sizes[j], both, resize);
            ask_pair("erealloc2", sizes[i], sizes[j], both, NULL);
            if (both > 1) {
                ask_pair("erealloc2", sizes[i], sizes[j], both / 2, NULL);
                ask_pair("erealloc2", sizes[i], sizes[j], 0, NULL);
            }
            if ((i + j) % 3 != 0)
                continue;
            ask_pair("ferealloc", sizes[i], sizes[j], both, resize_fallibly);
            ask_pair("ferealloc2", sizes[i], sizes[j], both, resize_fallibly_some);
            ask_pair("safe_erealloc", sizes[i], sizes[j], both, resize_safely);
            ask_pair("zend_mm_realloc", sizes[i], sizes[j], both, resize_of_heap);
            ask_pair("zend_mm_realloc2", sizes[i], sizes[j], both, resize_of_heap_some);
        }
}

/* Memory that was written to before. */
static void dirty(size_t bytes)
{
    void *blocks[20];
    for (size_t i = 0; i < 20; i++) {
        blocks[i] = _emalloc(bytes);
        memset(blocks[i], 0xA5, bytes);
    }
    for (size_t i = 0; i < 20; i++)
        _efree(blocks[i]);
}

static void ask_zeros(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        dirty(sizes[i]);
        void *blocks[20];
        bool zero = true;
        for (size_t j = 0; j < 20; j++) {
            blocks[j] = j % 2 == 0 ? _ecalloc(1, sizes[i]) : _fecalloc(1, sizes[i]);
            zero = zero && is_zero(blocks[j], sizes[i]);
        }
        for (size_t j = 0; j < 20; j++)
            _efree(blocks[j]);
        ask("ecalloc of %zu is zero", sizes[i]);
        answer_yes_no(zero);
    }
    void *block = _ecalloc(100, 30);
    say_yes_no("ecalloc of 100 times 30", zend_mem_block_size(block) >= 3000 && is_zero(block, 3000));
    _efree(block);
}

static void ask_strings(void)
{
    static char text[5001];
    for (size_t length = 0; length <= 5000; length += length < 40 ? 1 : 620) {
        memset(text, 'a' + (int)(length % 26), length);
        text[length] = '\0';
        char *copy = _estrdup(text), *part = _estrndup(text, length / 2), *persistent = __zend_strdup(text);
        char *persistent_part = zend_strndup(text, length / 2);
        ask("strings of %zu", length);
        answer("%s, %s, %s, %s", strcmp(copy, text) == 0 ? "same" : "another",
               strncmp(part, text, length / 2) == 0 && strlen(part) == length / 2 ? "half" : "not half",
               strcmp(persistent, text) == 0 ? "same" : "another",
               strncmp(persistent_part, text, length / 2) == 0 && strlen(persistent_part) == length / 2 ? "half"
                                                                                                        : "not half");
        _efree(copy);
        _efree(part);
        subject_persistent_free(persistent);
        subject_persistent_free(persistent_part);
    }
    char *bytes = _estrndup("ab\0cd", 5);
    say_yes_no("estrndup copies zero bytes too", memcmp(bytes, "ab\0cd", 6) == 0);
    _efree(bytes);
}

static void ask_safe(void)
{
    static const size_t factors[][3] = {{0, 0, 0}, {0, 9, 1}, {3, 8, 0}, {3, 8, 5}, {100, 30, 7}, {1, 3000000, 1}};
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        const size_t *factor = factors[i];
        size_t bytes = factor[0] * factor[1] + factor[2];
        void *block = _safe_emalloc(factor[0], factor[1], factor[2]);
        void *other = _safe_femalloc(factor[0], factor[1], factor[2]), *plain = _emalloc(bytes);
        ask("safe_emalloc %zu * %zu + %zu", factor[0], factor[1], factor[2]);
        size_t block_bytes = zend_mem_block_size(block);
        answer_yes_no(block_bytes == zend_mem_block_size(plain) && block_bytes == zend_mem_block_size(other));
        other = _safe_ferealloc(other, factor[0] + 1, factor[1], factor[2]);
        ask("safe_ferealloc %zu * %zu + %zu", factor[0] + 1, factor[1], factor[2]);
        answer_yes_no(zend_mem_block_size(other) >= bytes + factor[1]);
        _efree(block);
        _efree(other);
        _efree(plain);
    }
}

static void overflow_safe_emalloc(void)
{
    _safe_emalloc(opaque(SIZE_MAX / 2), opaque(3), 0);
}

static void overflow_offset(void)
{
    _safe_emalloc(opaque(SIZE_MAX / 2), 2, opaque(2));
}

static void overflow_safe_erealloc(void)
{
    _safe_erealloc(_emalloc(10), opaque(SIZE_MAX / 2), opaque(3), 0);
}

static void overflow_ecalloc(void)
{
    _ecalloc(opaque(SIZE_MAX / 2), opaque(3));
}

static void overflow_estrndup(void)
{
    _estrndup("abc", opaque(SIZE_MAX));
}

static void free_null(void)
{
    _efree(opaque_pointer(NULL));
}

void ask_contents(void)
{
    ask_resizing();
    ask_zeros();
    ask_strings();
    ask_safe();
    void *block = _erealloc(NULL, 100);
    say_yes_no("erealloc of NULL makes a block", block != NULL && zend_mem_block_size(block) >= 100);
    _efree(block);
    block = _erealloc2(NULL, 100, 50);
    say_yes_no("erealloc2 of NULL makes a block", block != NULL && zend_mem_block_size(block) >= 100);
    _efree(block);
    say_end("efree of NULL", free_null);
    say_end("safe_emalloc whose product overflows", overflow_safe_emalloc);
    say_end("safe_emalloc whose sum overflows", overflow_offset);
    say_end("safe_erealloc whose product overflows", overflow_safe_erealloc);
    say_end("ecalloc whose product overflows", overflow_ecalloc);
    say_end("estrndup whose length overflows", overflow_estrndup);
}
