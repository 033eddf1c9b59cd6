/* SPDX-License-Identifier: MIT
 *
 * random.c: a long sequence of calls of all kinds and sizes. Every block's contents are compared before it goes, and
 * after each call the usage is compared with the sum of the block sizes.
 */
#include "subject.h"

enum { BLOCKS = 3000, STEPS = 400000, SHOWN = 4000, REQUEST_STEPS = 100000, WHOLE_BYTES = 2000 };

static struct {
    unsigned char *block;
    size_t bytes;
    uint32_t number;
} blocks[BLOCKS];

static uint64_t state = 88172645463325252u;
static size_t live_bytes, live_blocks, live_huge;
static uint32_t last_number;
static bool contents_kept, usage_true, sizes_true;

static size_t below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 11) % limit;
}

/* Many small, some large, few huge. */
static size_t some_size(void)
{
    switch (below(100)) {
    case 0:
        return below(100) == 0 ? (2u << 20) + below(3u << 20) : below(1u << 20);
    case 1:
    case 2:
        return below(100000);
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
        return below(10000);
    default:
        return below(below(4) == 0 ? 3000 : 300);
    }
}

/* Of a large block its first and its last bytes, or the sequence would last for minutes. */
static void mark(size_t i)
{
    blocks[i].number = ++last_number;
    if (blocks[i].bytes <= WHOLE_BYTES) {
        fill(blocks[i].block, blocks[i].bytes, last_number);
        return;
    }
    fill(blocks[i].block, WHOLE_BYTES / 2, last_number);
    fill(blocks[i].block + blocks[i].bytes - WHOLE_BYTES / 2, WHOLE_BYTES / 2, last_number);
}

static bool is_marked(size_t i)
{
    if (blocks[i].bytes <= WHOLE_BYTES)
        return is_filled(blocks[i].block, blocks[i].bytes, blocks[i].number);
    return is_filled(blocks[i].block, WHOLE_BYTES / 2, blocks[i].number) &&
           is_filled(blocks[i].block + blocks[i].bytes - WHOLE_BYTES / 2, WHOLE_BYTES / 2, blocks[i].number);
}

static void count(size_t i)
{
    live_blocks++;
    live_bytes += zend_mem_block_size(blocks[i].block);
    live_huge += blocks[i].bytes >= HUGE_LEAST_BYTES;
}

static void discount(size_t i)
{
    live_blocks--;
    live_bytes -= zend_mem_block_size(blocks[i].block);
    live_huge -= blocks[i].bytes >= HUGE_LEAST_BYTES;
}

static void take(size_t i)
{
    size_t bytes = some_size();
    switch (below(4)) {
    case 0:
        blocks[i].block = _ecalloc(1, bytes);
        contents_kept = contents_kept && is_zero(blocks[i].block, bytes < 100000 ? bytes : 100000);
        break;
    case 1:
        blocks[i].block = _femalloc(bytes);
        break;
    default:
        blocks[i].block = _emalloc(bytes);
    }
    blocks[i].bytes = bytes;
    count(i);
    mark(i);
}

static void give(size_t i)
{
    contents_kept = contents_kept && is_marked(i);
    discount(i);
    _efree(blocks[i].block);
    blocks[i].block = NULL;
}

static void resize(size_t i)
{
    size_t bytes = some_size();
    contents_kept = contents_kept && is_marked(i);
    size_t kept_bytes = bytes < blocks[i].bytes ? bytes : blocks[i].bytes;
    kept_bytes = kept_bytes < WHOLE_BYTES / 2 ? kept_bytes : WHOLE_BYTES / 2;
    discount(i);
    switch (below(3)) {
    case 0:
        blocks[i].block = _erealloc2(blocks[i].block, bytes, kept_bytes);
        break;
    case 1:
        blocks[i].block = _ferealloc(blocks[i].block, bytes);
        break;
    default:
        blocks[i].block = _erealloc(blocks[i].block, bytes);
    }
    contents_kept = contents_kept && is_filled(blocks[i].block, kept_bytes, blocks[i].number);
    blocks[i].bytes = bytes;
    count(i);
    mark(i);
}

static void step(void)
{
    size_t i = below(BLOCKS);
    if (blocks[i].block == NULL)
        take(i);
    else if (below(3) == 0)
        resize(i);
    else
        give(i);
    usage_true = usage_true && usage_is(live_bytes, live_huge);
    sizes_true = sizes_true && (blocks[i].block == NULL || zend_mem_block_size(blocks[i].block) >= blocks[i].bytes);
}

void ask_random(void)
{
    contents_kept = usage_true = sizes_true = true;
    for (size_t i = 1; i <= STEPS; i++) {
        step();
        if (i % SHOWN == 0) {
            ask("random call %zu", i);
            answer("%zu blocks, %s, %s, %s", live_blocks, contents_kept ? "contents kept" : "contents lost",
                   usage_true ? "usage is their sum" : "usage is not their sum",
                   sizes_true ? "long enough" : "too short");
        }
        /* One block always stays, see ask_misuse. */
        if (i % (SHOWN * 5) == 0 && live_blocks > 0)
            zend_mm_gc(zend_mm_get_heap());
        if (i % REQUEST_STEPS == 0 && i != STEPS) {
            shutdown_memory_manager(true, false);
            live_bytes = live_blocks = live_huge = 0;
            for (size_t j = 0; j < BLOCKS; j++)
                blocks[j].block = NULL;
        }
    }
    for (size_t i = 0; i < BLOCKS; i++)
        if (blocks[i].block != NULL)
            give(i);
    say_yes_no("random calls: contents kept to the end", contents_kept);
    say_number("random calls: usage at the end", zend_memory_usage(false));
    shutdown_memory_manager(true, false);
}
