/* SPDX-License-Identifier: MIT
 *
 * geometry.c: where memory lies and what a provider does with it: regions of any address and length in several windows
 * of the address space, the last below its end; regions that overlap, touch, or wrap round; limits; any chunk_bytes;
 * sources that refuse, answer with misaligned or wrapping memory, or lack callbacks. Built for several page sizes.
 *
 * Few kinds of requests, so that inputs stay short; calls.c has the others.
 */
#include "model.h"

#include <string.h>

enum { CALLS_MOST = 200 };

static struct {
    struct model model;
    struct fuzz_source source;
    uint8_t *windows[WINDOWS];
    size_t window_bytes[WINDOWS];
} world;

/* Memory that a region may be made of: a place in a window, and a length that ends in it. */
static uint8_t *choose_memory(struct fuzz_input *in, size_t *bytes)
{
    unsigned kind = fuzz_byte(in), window = kind % WINDOWS;
    size_t all = world.window_bytes[window], from_end = fuzz_word(in), length = fuzz_word(in), start;
    if ((kind & 16) != 0)
        length = length % 4096 + 1;
    if ((kind & 32) != 0)
        length *= 3;
    if ((kind & 64) != 0) /* ends where the window does, or a few bytes before */
        start = all - (length + from_end % 70 < all ? length + from_end % 70 : all);
    else
        start = (size_t)from_end * ((kind & 128) != 0 ? 15 : 1) % all;
    *bytes = length <= all - start ? length : all - start;
    return world.windows[window] + start;
}

/* May it be written to: not what the source deals out, nor what the heap has. */
static bool is_unused(const uint8_t *at, size_t bytes)
{
    const struct model *m = &world.model;
    const struct fuzz_source *source = &world.source;
    if (source->memory != NULL && ((uintptr_t)at - (uintptr_t)source->memory < source->frames * FRAME_BYTES ||
                                   (uintptr_t)source->memory - (uintptr_t)at < bytes))
        return false;
    for (unsigned i = 0; i < m->region_count; i++) {
        if ((uintptr_t)at - (uintptr_t)m->regions[i].at < m->regions[i].bytes ||
            (uintptr_t)m->regions[i].at - (uintptr_t)at < bytes)
            return false;
    }
    return true;
}

static size_t choose_limit(struct fuzz_input *in)
{
    unsigned kind = fuzz_byte(in);
    size_t value = fuzz_word(in);
    return kind < 160 ? 0 : kind < 200 ? value : value * 8;
}

static bool begin_on_region(struct fuzz_input *in)
{
    struct quarry_options options = model_options(&world.model, in);
    unsigned kind = fuzz_byte(in);
    size_t bytes;
    uint8_t *region = choose_memory(in, &bytes);
    options.limit_bytes = choose_limit(in);
    if (kind < 16)
        options.chunk_bytes = (size_t)1 << kind * 2; /* for sources only, but it must be sound */
    if (kind >= 250) {                               /* it wraps round: nothing is touched */
        FUZZ_CHECK(quarry_create((void *)(UINTPTR_MAX - bytes), bytes + 2 + kind, &options) == NULL);
        FUZZ_CHECK(quarry_create(NULL, bytes, &options) == NULL);
        return false;
    }
    fuzz_memory_open(region, bytes, kind);
    return model_begin(&world.model, region, bytes, options);
}

static size_t choose_chunk_bytes(struct fuzz_input *in)
{
    unsigned kind = fuzz_byte(in);
    return kind < 200 ? CHUNK_LEAST_BYTES << kind % 5 : kind < 230 ? (size_t)fuzz_word(in) : (size_t)1 << kind % 32;
}

static bool begin_on_source(struct fuzz_input *in)
{
    struct quarry_options options = model_options(&world.model, in);
    unsigned kind = fuzz_byte(in), window = kind % 2 + 1; /* any but the short one, and the main one is for regions */
    size_t offset = fuzz_byte(in) % (FRAME_BYTES / QUARRY_PAGE_BYTES + 1) * QUARRY_PAGE_BYTES;
    size_t bytes = FRAME_BYTES * (fuzz_byte(in) % 160 + 1);
    options.chunk_bytes = choose_chunk_bytes(in);
    options.limit_bytes = choose_limit(in);
    source_begin(&world.source, world.windows[window] + offset, bytes, kind >> 2 & 7, kind);
    if ((kind & 128) != 0)
        world.source.refusals = (uint32_t)fuzz_word(in) << 16 | fuzz_word(in);
    if ((kind & 96) == 96)
        world.source.lie = LIE_MISALIGNED + (kind >> 3) % 2;
    bool begun = model_begin_on_source(&world.model, &world.source, options);
    world.source.lie = LIE_NONE;
    return begun;
}

/* Also one that overlaps what the heap has, which must be refused before anything is written. */
static void add_region(struct model *m, struct fuzz_input *in)
{
    unsigned kind = fuzz_byte(in);
    size_t bytes;
    uint8_t *region = choose_memory(in, &bytes);
    if (kind < 24) {
        FUZZ_CHECK(!quarry_add_region(m->heap, (void *)(UINTPTR_MAX - bytes), bytes + 2 + kind));
        FUZZ_CHECK(!quarry_add_region(m->heap, NULL, bytes));
        return;
    }
    if (is_unused(region, bytes))
        fuzz_memory_open(region, bytes, kind);
    else if (world.source.memory != NULL)
        return; /* what the source may deal out later */
    model_add_region(m, region, bytes);
}

/* A region that begins where another ends, or ends where it begins, or overlaps it by a byte. */
static void add_touching(struct model *m, struct fuzz_input *in)
{
    unsigned kind = fuzz_byte(in);
    size_t bytes = fuzz_word(in) % 20000 + 1;
    if (m->region_count == 0)
        return;
    unsigned i = kind / 8 % m->region_count;
    const size_t overlap = kind % 4 == 3;
    uint8_t *region =
            (kind & 4) != 0 ? m->regions[i].at + m->regions[i].bytes - overlap : m->regions[i].at - bytes + overlap;
    for (unsigned window = 0; window < WINDOWS; window++) {
        size_t offset = (uintptr_t)region - (uintptr_t)world.windows[window];
        if (offset >= world.window_bytes[window] || bytes > world.window_bytes[window] - offset)
            continue;
        if (is_unused(region, bytes))
            fuzz_memory_open(region, bytes, kind);
        else if (world.source.memory != NULL)
            return;
        model_add_region(m, region, bytes);
        return;
    }
}

static void change(struct model *m, struct fuzz_input *in, unsigned call, size_t about_bytes)
{
    struct model_block *block = model_choose(m, in);
    if (block == NULL)
        return;
    if (call == 0)
        model_realloc(m, block, 0, fuzz_size(in, about_bytes));
    else if (call == 1)
        model_resize(m, block, fuzz_size(in, about_bytes));
    else
        model_free(m, block);
}

static void one_call(struct model *m, struct fuzz_input *in, unsigned call)
{
    size_t about_bytes = m->source == NULL ? m->region_bytes : m->chunk_bytes;
    switch (call % 20) {
    case 0 ... 4:
        model_malloc(m, fuzz_size(in, about_bytes));
        break;
    case 5:
        model_aligned(m, (size_t)1 << fuzz_byte(in) % 18, fuzz_size(in, about_bytes));
        break;
    case 6:
    case 7:
        change(m, in, call % 20 - 6, about_bytes);
        break;
    case 8 ... 10:
        change(m, in, 2, about_bytes);
        break;
    case 11:
    case 12:
        add_region(m, in);
        break;
    case 13:
        add_touching(m, in);
        break;
    case 14:
        model_set_limit(m, choose_limit(in));
        break;
    case 15:
        model_trim(m);
        break;
    case 16:
        world.source.lie = (enum source_lie)(LIE_MISALIGNED + fuzz_byte(in) % 2);
        world.source.refusals |= (uint32_t)fuzz_byte(in) << fuzz_byte(in) % 8;
        break;
    case 17:
        if (fuzz_byte(in) % 4 == 0)
            model_reset(m);
        else
            model_check(m);
        break;
    case 18:
        model_probe(m, in);
        break;
    default:
        if (fuzz_byte(in) % 2 == 0)
            model_stats(m);
        else
            model_walk(m);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    struct model *m = &world.model;
    memset(&world, 0, sizeof world);
    fuzz_memory_begin();
    for (unsigned i = 0; i < WINDOWS; i++)
        world.windows[i] = fuzz_window((enum fuzz_window)i, &world.window_bytes[i]);
    if (fuzz_byte(&in) % 2 != 0 ? !begin_on_source(&in) : !begin_on_region(&in))
        return 0;
    for (unsigned calls = 0; calls < CALLS_MOST && !fuzz_is_over(&in); calls++)
        one_call(m, &in, fuzz_byte(&in));
    world.source.lie = LIE_NONE;
    world.source.refusals = 0;
    model_end(m, &in);
    return 0;
}
