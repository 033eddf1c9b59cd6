/* SPDX-License-Identifier: MIT
 *
 * usage.c: usage, peaks, collection and the end of a request. Memory from the source is told in chunks.
 */
#include "subject.h"

enum { BLOCKS = 400, CHUNK_BYTES = 2 << 20, MEGABYTE = 1 << 20 };

static void *blocks[BLOCKS];

static size_t real_chunks(void)
{
    return zend_memory_usage(true) / CHUNK_BYTES;
}

/* Blocks of 1 MB: one fits a chunk, a second one does not, so need blocks need that many chunks. */
static void take_chunks(size_t need)
{
    for (size_t i = 0; i < need; i++)
        blocks[i] = _emalloc(MEGABYTE);
}

static void free_chunks(size_t need)
{
    for (size_t i = 0; i < need; i++)
        _efree(blocks[i]);
}

static void end_request(void)
{
    shutdown_memory_manager(true, false);
}

/* Requests that need one chunk, until the average is back at it. */
static void settle(void)
{
    for (size_t i = 0; i < 12; i++)
        end_request();
}

static size_t size_of_turn(size_t i)
{
    static const size_t sizes[] = {24, 100, 1000, 3000, 9000, 70000, 500000, 3 << 20};
    return sizes[i % 8];
}

static void ask_growth(void)
{
    size_t live_bytes = 0, huge = 0;
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = _emalloc(size_of_turn(i));
        huge += size_of_turn(i) >= HUGE_LEAST_BYTES;
        live_bytes += zend_mem_block_size(blocks[i]);
        ask("usage after %zu blocks", i + 1);
        answer("%s, %s, %s, %s", usage_is(live_bytes, huge) ? "sum of the blocks" : "not the sum",
               zend_memory_usage(false) <= zend_memory_usage(true) ? "below real usage" : "above real usage",
               zend_memory_peak_usage(false) >= zend_memory_usage(false) ? "below peak" : "above peak",
               zend_memory_peak_usage(true) >= zend_memory_usage(true) ? "real below peak" : "real above peak");
    }
    say_yes_no("while nothing is freed the peak is the usage",
               zend_memory_peak_usage(false) == zend_memory_usage(false));
    say_yes_no("and the real peak the real usage", zend_memory_peak_usage(true) == zend_memory_usage(true));
    for (size_t i = 0; i < 100; i++) {
        live_bytes -= zend_mem_block_size(blocks[i]);
        huge -= size_of_turn(i) >= HUGE_LEAST_BYTES;
        _efree(blocks[i]);
        ask("usage after freeing %zu blocks", i + 1);
        answer("%s, %s", usage_is(live_bytes, huge) ? "sum of the blocks" : "not the sum",
               zend_memory_usage(false) <= zend_memory_usage(true) ? "below real usage" : "above real usage");
    }
}

void ask_usage(void)
{
    end_request();
    settle();
    say_number("usage of an empty heap", zend_memory_usage(false));
    say_number("peak of an empty heap", zend_memory_peak_usage(false));
    say_number("real usage of an empty heap", zend_memory_usage(true));
    say_number("real peak of an empty heap", zend_memory_peak_usage(true));
    ask_growth();
    zend_memory_reset_peak_usage();
    say_yes_no("reset peak is the usage", zend_memory_peak_usage(false) == zend_memory_usage(false));
    say_yes_no("reset real peak is the real usage", zend_memory_peak_usage(true) == zend_memory_usage(true));
    void *block = _emalloc(1000);
    say_yes_no("the peak rises again", zend_memory_peak_usage(false) == zend_mem_block_size(block));
    zend_memory_reset_peak_usage();
    say_yes_no("peak reset to a live block", zend_memory_peak_usage(false) == zend_mem_block_size(block));
    size_t block_bytes = zend_mem_block_size(block);
    block = _erealloc(block, 50000);
    say_yes_no("a resize is in the usage", zend_memory_usage(false) == zend_mem_block_size(block));
    say_yes_no("a resize is in the peak",
               zend_memory_peak_usage(false) >= zend_mem_block_size(block) &&
                       zend_memory_peak_usage(false) <= zend_mem_block_size(block) + block_bytes);
    _efree(block);
    say_number("usage at the end", zend_memory_usage(false));
    void *huge = _emalloc(opaque(64 * MEGABYTE));
    say_number("usage beside a huge block", zend_memory_usage(false) - zend_mem_block_size(huge));
    say_yes_no("a huge block is in the real usage at once", zend_memory_usage(true) >= 66 * (size_t)MEGABYTE);
    _efree(huge);
    say_yes_no("and is not in it when freed", zend_memory_usage(true) < 32 * (size_t)MEGABYTE);
    end_request();
}

/* --- Collection. One block always stays: the original crashes after a collection of an emptied heap (ask_misuse). - */

static void ask_collection_of(size_t bytes)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = _emalloc(bytes);
        fill(blocks[i], bytes, (uint32_t)i);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (i % 7 != 0) {
            _efree(blocks[i]);
            blocks[i] = NULL;
        }
    size_t usage = zend_memory_usage(false), real_usage = zend_memory_usage(true);
    size_t given_bytes = zend_mm_gc(zend_mm_get_heap());
    bool kept = true;
    for (size_t i = 0; i < BLOCKS; i += 7)
        kept = kept && is_filled(blocks[i], bytes, (uint32_t)i);
    ask("collection among blocks of %zu", bytes);
    answer("%s, %s, %s, %s, %s", kept ? "contents kept" : "contents lost",
           zend_memory_usage(false) == usage ? "usage kept" : "usage changed",
           zend_memory_usage(true) <= real_usage ? "real usage not above" : "real usage above",
           given_bytes >= real_usage - zend_memory_usage(true) ? "told" : "more than told",
           zend_mm_gc(zend_mm_get_heap()) == 0 ? "nothing left to do" : "something left to do");
    for (size_t i = 0; i < BLOCKS; i++)
        if (blocks[i] == NULL) {
            blocks[i] = _emalloc(bytes);
            fill(blocks[i], bytes, (uint32_t)i);
        }
    for (size_t i = 0; i < BLOCKS; i++) {
        kept = kept && is_filled(blocks[i], bytes, (uint32_t)i);
        _efree(blocks[i]);
    }
    ask("after a collection blocks of %zu are served and freed", bytes);
    answer_yes_no(kept);
}

void ask_collection(void)
{
    void *anchor = _emalloc(100);
    fill(anchor, 100, 1);
    static const size_t sizes[] = {8, 24, 100, 300, 1000, 2000, 3000, 5000, 20000, 100000, 500000, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ask_collection_of(sizes[i]);
        /* The next size begins with the same real usage. */
        say_yes_no("the block that stays is as it was", is_filled(anchor, 100, 1));
        zend_mm_gc(zend_mm_get_heap());
    }
    _efree(anchor);
    end_request();
    settle();
}

/* --- Requests ----------------------------------------------------------------------------------------------------- */

static void ask_request(const char *name, size_t turn, size_t need, bool frees)
{
    take_chunks(need);
    ask("%s, request %zu with %zu chunks: chunks at its peak", name, turn, need);
    answer("%zu", zend_memory_peak_usage(true) / CHUNK_BYTES);
    if (frees)
        free_chunks(need);
    end_request();
    ask("%s, request %zu with %zu chunks: chunks kept", name, turn, need);
    answer("%zu", real_chunks());
    ask("%s, request %zu with %zu chunks: figures begin anew", name, turn, need);
    answer_yes_no(zend_memory_usage(false) == 0 && zend_memory_peak_usage(false) == 0 &&
                  zend_memory_peak_usage(true) == zend_memory_usage(true));
}

void ask_requests(void)
{
    settle();
    for (size_t i = 0; i < 12; i++)
        ask_request("equal needs", i, 10, false);
    for (size_t i = 0; i < 12; i++)
        ask_request("smaller needs", i, 3, false);
    static const size_t needs[] = {1, 20, 1, 1, 20, 20, 1, 1, 1, 1, 1, 40, 2, 3, 5, 8, 13, 21, 34, 1, 1, 1, 1, 1, 1, 1};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        ask_request("changing needs", i, needs[i], false);
    settle();
    say_number("chunks after many requests without need", real_chunks());
    for (size_t i = 0; i < 6; i++)
        ask_request("needs that are freed", i, 10, true);
    settle();

    void *small = _emalloc(24), *large = _emalloc(9000), *huge = _emalloc(5 * MEGABYTE);
    fill(small, 24, 1);
    fill(large, 9000, 1);
    fill(huge, 5 * MEGABYTE, 1);
    end_request();
    say_number("usage after a request that freed nothing", zend_memory_usage(false));
    say_number("real usage after a request with a huge block", zend_memory_usage(true));
    void *first = _emalloc(24);
    say_yes_no("the next request is served", first != NULL && zend_memory_usage(false) == zend_mem_block_size(first));
    end_request();
    end_request();
    say_number("usage after an empty request", zend_memory_usage(false));
    settle();
}
