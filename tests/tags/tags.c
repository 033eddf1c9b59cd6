/* SPDX-License-Identifier: MIT
 *
 * tags.c: see tags.h.
 */
#include "tags.h"

#include "arch.h"

static struct test_source source;

size_t tags_bytes_of_kind(unsigned kind)
{
    static const size_t bytes[TAGS_KINDS] = {48, 5000, 40000};

    return bytes[kind];
}

struct quarry_heap *tags_heap_on_source(void)
{
    return test_source_init(&source, 20 * SMALLEST_CHUNK_BYTES) ? test_source_heap(&source) : NULL;
}

static void read_byte(void *at)
{
    (void)*(volatile unsigned char *)at;
}

static void write_byte(void *at)
{
    *(volatile unsigned char *)at = 0x55;
}

bool is_refused(const void *at)
{
    void *const place = (void *)(uintptr_t)at;
    uintptr_t read_at = 0;
    uintptr_t written_at = 0;
    const bool reads = mte_refuses(read_byte, place, &read_at);
    const bool writes = mte_refuses(write_byte, place, &written_at);

    CHECK_EQ(reads, writes);
    if (reads) {
        CHECK_EQ(read_at << 8, (uintptr_t)at << 8); /* not every system says with which tag */
        CHECK_EQ(written_at << 8, (uintptr_t)at << 8);
    }
    return reads;
}

uintptr_t tag_of(const void *pointer)
{
    return (uintptr_t)pointer >> 56 & 15;
}
