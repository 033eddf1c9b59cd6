/* SPDX-License-Identifier: MIT
 *
 * limit.c: the limit of a heap's memory: what may be set, where a request fails, and what serves it again.
 *
 * A block stays in the first chunk all the time: a request that fails collects first, and the original crashes after
 * a collection of an emptied heap (ask_misuse).
 */
#include "subject.h"

#include <string.h>

enum { BLOCKS = 1000, CHUNK_BYTES = 2 << 20, MEGABYTE = 1 << 20 };

static void *blocks[BLOCKS];
static size_t count;

static const char *word(zend_result result)
{
    return result == SUCCESS ? "set" : "refused";
}

static void take_until_refused(size_t bytes)
{
    for (count = 0; count < BLOCKS && (blocks[count] = _femalloc(bytes)) != NULL; count++)
        fill(blocks[count], bytes, (uint32_t)count);
}

static void free_all(void)
{
    while (count > 0)
        _efree(blocks[--count]);
}

static void ask_settings(void)
{
    ask("limit of a chunk on a heap of one chunk");
    answer("%s", word(zend_set_memory_limit(CHUNK_BYTES)));
    ask("limit one byte below what the heap has");
    answer("%s", word(zend_set_memory_limit(zend_memory_usage(true) - 1)));
    ask("limit 0");
    answer("%s", word(zend_set_memory_limit(0)));
    ask("limit 1");
    answer("%s", word(zend_set_memory_limit(1)));
    ask("limit 64 MB");
    answer("%s", word(zend_set_memory_limit(64 * MEGABYTE)));
    void *huge = _emalloc(5 * MEGABYTE);
    ask("limit 4 MB with a block of 5 MB");
    answer("%s", word(zend_set_memory_limit(4 * MEGABYTE)));
    ask("limit of what there is");
    answer("%s", word(zend_set_memory_limit(zend_memory_usage(true))));
    say_yes_no("then a chunk more is refused", _femalloc(opaque(3 * MEGABYTE)) == NULL);
    _efree(huge);
    ask("limit 4 MB when the block is freed");
    answer("%s", word(zend_set_memory_limit(4 * MEGABYTE)));
    ask("no limit");
    answer("%s", word(zend_set_memory_limit(SIZE_MAX)));
}

/* Chunks are kept for later; a limit that has no room for them takes them away. */
static void ask_kept_chunks(void)
{
    for (size_t turn = 0; turn < 4; turn++) {
        for (size_t i = 0; i < 10; i++)
            blocks[i] = _emalloc(MEGABYTE);
        shutdown_memory_manager(true, false);
    }
    say_number("kept chunks before a limit", zend_memory_usage(true) / CHUNK_BYTES);
    void *block = _emalloc(100);
    ask("limit of 6 MB with kept chunks");
    answer("%s", word(zend_set_memory_limit(6 * MEGABYTE)));
    say_number("chunks then", zend_memory_usage(true) / CHUNK_BYTES);
    zend_set_memory_limit(64 * MEGABYTE);
    _efree(block);
    for (size_t turn = 0; turn < 6; turn++) {
        for (size_t i = 0; i < 10; i++)
            blocks[i] = _emalloc(MEGABYTE);
        shutdown_memory_manager(true, false);
    }
    block = _emalloc(100);
    zend_set_memory_limit(24 * MEGABYTE);
    void *huge = _femalloc(16 * MEGABYTE);
    say_yes_no("kept chunks make room for a huge block", huge != NULL);
    if (huge != NULL)
        _efree(huge);
    zend_set_memory_limit(64 * MEGABYTE);
    for (size_t i = 0; i < 12; i++)
        shutdown_memory_manager(true, false);
}

static void ask_refusal(size_t bytes, size_t limit_megabytes)
{
    zend_set_memory_limit(limit_megabytes * MEGABYTE);
    take_until_refused(bytes);
    ask("blocks of %zu within %zu MB", bytes, limit_megabytes);
    answer("%zu", count);
    ask("real usage within %zu MB after blocks of %zu", limit_megabytes, bytes);
    answer_yes_no(zend_memory_usage(true) <= limit_megabytes * MEGABYTE);
    bool kept = true;
    for (size_t i = 0; i < count; i++)
        kept = kept && is_filled(blocks[i], bytes, (uint32_t)i);
    ask("a refusal of %zu leaves all blocks as they were", bytes);
    answer_yes_no(kept);
    size_t usage = zend_memory_usage(false);
    ask("a second refusal of %zu changes no usage", bytes);
    void *again = _femalloc(bytes);
    answer_yes_no(again == NULL && zend_memory_usage(false) == usage);
    if (again != NULL)
        _efree(again);
    if (count > 0) {
        _efree(blocks[--count]);
        blocks[count] = _femalloc(bytes);
        ask("%zu fits again when one is freed", bytes);
        answer_yes_no(blocks[count] != NULL);
        count += blocks[count] != NULL;
    }
    free_all();
    take_until_refused(bytes);
    ask("blocks of %zu within %zu MB once more", bytes, limit_megabytes);
    answer("%zu", count);
    free_all();
    void *most = _femalloc((limit_megabytes - 5) * MEGABYTE);
    ask("a block of nearly %zu MB when those of %zu are freed", limit_megabytes, bytes);
    answer_yes_no(most != NULL);
    _efree(most);
}

static void exceed_by_emalloc(void)
{
    _emalloc(opaque(40 * MEGABYTE));
}

static void exceed_by_many(void)
{
    for (size_t i = 0; i < BLOCKS; i++)
        _emalloc(100000);
}

static void exceed_by_erealloc(void)
{
    _erealloc(_emalloc(100), opaque(40 * MEGABYTE));
}

static void exceed_by_ecalloc(void)
{
    _ecalloc(10, opaque(4 * MEGABYTE));
}

static void exceed_by_the_next_request(void)
{
    shutdown_memory_manager(true, false);
    exceed_by_emalloc();
}

static void ask_fallible_calls(void)
{
    zend_set_memory_limit(16 * MEGABYTE);
    size_t bytes = opaque(40 * MEGABYTE);
    char *block = _emalloc(1000);
    fill(block, 1000, 3);
    say_yes_no("femalloc above the limit is NULL", _femalloc(bytes) == NULL);
    say_yes_no("fecalloc above the limit is NULL", _fecalloc(10, bytes / 10) == NULL);
    say_yes_no("ferealloc above the limit is NULL", _ferealloc(block, bytes) == NULL);
    say_yes_no("ferealloc2 above the limit is NULL", _ferealloc2(block, bytes, 1000) == NULL);
    say_yes_no("ferealloc of NULL above the limit is NULL", _ferealloc(NULL, bytes) == NULL);
    say_yes_no("safe_femalloc above the limit is NULL", _safe_femalloc(10, bytes / 10, 5) == NULL);
    say_yes_no("safe_ferealloc above the limit is NULL", _safe_ferealloc(block, 10, bytes / 10, 5) == NULL);
    say_yes_no("safe_femalloc that overflows is NULL", _safe_femalloc(opaque(SIZE_MAX / 2), opaque(3), 5) == NULL);
    say_yes_no("safe_ferealloc that overflows is NULL",
               _safe_ferealloc(block, opaque(SIZE_MAX / 2), opaque(3), 5) == NULL);
    say_yes_no("fecalloc that overflows is NULL", _fecalloc(opaque(SIZE_MAX / 2), opaque(3)) == NULL);
    say_yes_no("a block whose resize failed is as it was", is_filled(block, 1000, 3));

    say_yes_no("calls fail at first without an answer", !zend_mm_is_fallible());
    zend_mm_set_fallible(true);
    say_yes_no("calls may answer NULL", zend_mm_is_fallible());
    say_yes_no("emalloc above the limit is NULL", _emalloc(bytes) == NULL);
    say_end("ecalloc above the limit that may answer NULL", exceed_by_ecalloc);
    say_yes_no("erealloc above the limit is NULL", _erealloc(block, bytes) == NULL);
    say_yes_no("erealloc2 above the limit is NULL", _erealloc2(block, bytes, 1000) == NULL);
    say_yes_no("safe_emalloc above the limit is NULL", _safe_emalloc(10, bytes / 10, 5) == NULL);
    say_yes_no("safe_emalloc that overflows is NULL", _safe_emalloc(opaque(SIZE_MAX / 2), opaque(3), 5) == NULL);
    say_yes_no("zend_mm_alloc above the limit is NULL", _zend_mm_alloc(zend_mm_get_heap(), bytes) == NULL);
    say_yes_no("femalloc leaves it so", _femalloc(bytes) == NULL && zend_mm_is_fallible());
    shutdown_memory_manager(true, false);
    say_yes_no("calls may answer NULL in the next request", zend_mm_is_fallible());
    zend_mm_set_fallible(false);
    say_yes_no("femalloc makes no other call fallible", _femalloc(100) != NULL && !zend_mm_is_fallible());
    shutdown_memory_manager(true, false);
}

static void ask_allocations(void)
{
    zend_mm_set_max_allocs(3);
    size_t served = 0;
    for (size_t i = 0; i < 6; i++)
        served += _femalloc(100) != NULL;
    say_number("requests served of six with three allowed", served);
    say_yes_no("the number of allocations was the reason", zend_mm_max_allocs_hit());
    zend_mm_set_max_allocs(0);
    say_yes_no("that is forgotten", !zend_mm_max_allocs_hit());
    say_yes_no("no number of allocations", _femalloc(100) != NULL);
    shutdown_memory_manager(true, false);
}

void ask_limit(void)
{
    void *anchor = _emalloc(100);
    ask_settings();
    _efree(anchor);
    ask_kept_chunks();
    anchor = _emalloc(100);
    ask_refusal(100000, 8);
    ask_refusal(500000, 16);
    ask_refusal(MEGABYTE, 24);
    ask_refusal(3 * MEGABYTE, 32);
    _efree(anchor);
    anchor = _emalloc(100);
    ask_fallible_calls();
    ask_allocations();
    zend_set_memory_limit(16 * MEGABYTE);
    _emalloc(100);
    say_end("emalloc above the limit", exceed_by_emalloc);
    say_end("ecalloc above the limit", exceed_by_ecalloc);
    say_end("erealloc above the limit", exceed_by_erealloc);
    say_end("many blocks above the limit", exceed_by_many);
    say_end("emalloc above the limit in the next request", exceed_by_the_next_request);
    shutdown_memory_manager(true, false);
    say_number("usage after all that", zend_memory_usage(false));
}
