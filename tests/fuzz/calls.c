/* SPDX-License-Identifier: MIT
 *
 * calls.c: right calls only: every function of quarry.h, on up to three heaps that nest, beside their models.
 *
 * An input begins with the first heap: on a region of any start and length, or on a source that may lack callbacks and
 * refuse; with limit, chunk_bytes and what on_oom does. Then a byte for each call says which heap and which function.
 */
#include "model.h"

#include <string.h>

enum { HEAPS = 3, CALLS_MOST = 400 };

static struct {
    struct model heaps[HEAPS];
    struct fuzz_source sources[HEAPS];
    uint8_t *window;
    size_t window_bytes;
    size_t next; /* of the window; what lies before it is in use */
} world;

/* So much of the window, at any address; what is left if that is less. */
static uint8_t *take_memory(size_t bytes, size_t offset, unsigned fill)
{
    if (bytes + offset > world.window_bytes - world.next)
        return NULL;
    uint8_t *memory = world.window + world.next + offset;
    world.next += (offset + bytes + 63) & ~(size_t)63;
    fuzz_memory_open(memory, bytes, fill);
    return memory;
}

static size_t chunk_bytes_of(unsigned value)
{
    return CHUNK_LEAST_BYTES << value % 3;
}

static bool begin_on_region(struct model *m, struct fuzz_input *in)
{
    struct quarry_options options = model_options(m, in);
    unsigned kind = fuzz_byte(in);
    size_t bytes = fuzz_word(in), offset = kind & 63;
    bytes = (kind & 64) != 0 ? bytes : bytes % 6000 + quarry_min_region_bytes();
    if ((kind & 128) != 0)
        options.limit_bytes = bytes + fuzz_word(in);
    uint8_t *region = take_memory(bytes, offset, kind);
    return region != NULL && model_begin(m, region, bytes, options);
}

static bool begin_on_source(struct model *m, struct fuzz_source *source, struct fuzz_input *in)
{
    struct quarry_options options = model_options(m, in);
    unsigned kind = fuzz_byte(in), faults = fuzz_byte(in);
    options.chunk_bytes = chunk_bytes_of(kind);
    if ((kind & 64) != 0)
        options.limit_bytes = options.chunk_bytes + (size_t)fuzz_word(in) * 8;
    size_t bytes = FRAME_BYTES * (16 + (kind >> 2 & 15) * 8), offset = faults % 8 * QUARRY_PAGE_BYTES;
    if (bytes + offset + FRAME_BYTES > world.window_bytes - world.next)
        return false;
    uint8_t *memory = world.window + ((world.next + FRAME_BYTES - 1) & ~(FRAME_BYTES - 1)) + offset;
    world.next = (size_t)(memory - world.window) + bytes;
    source_begin(source, memory, bytes, (kind & 128) != 0 ? faults >> 3 & 7 : 0, kind);
    if ((faults & 128) != 0)
        source->refusals = (uint32_t)fuzz_word(in) << 16 | fuzz_word(in);
    return model_begin_on_source(m, source, options);
}

static bool begin_nested(struct model *m, struct fuzz_source *source, struct model *parent, struct fuzz_input *in)
{
    struct quarry_options options = model_options(m, in);
    unsigned kind = fuzz_byte(in);
    options.chunk_bytes = chunk_bytes_of(kind);
    if ((kind & 64) != 0)
        options.limit_bytes = options.chunk_bytes * (1 + (kind >> 2 & 7));
    source_begin_nested(source, parent);
    if ((kind & 128) != 0)
        source->refusals = fuzz_word(in);
    return model_begin_on_source(m, source, options);
}

/* Another heap where there is none yet: nested in one, or beside it. */
static void begin_another(struct model *parent, struct fuzz_input *in)
{
    for (unsigned i = 0; i < HEAPS; i++) {
        struct model *m = &world.heaps[i];
        if (m->heap != NULL)
            continue;
        memset(m, 0, sizeof *m);
        unsigned kind = fuzz_byte(in) % 4;
        bool begun = kind < 2    ? begin_nested(m, &world.sources[i], parent, in)
                     : kind == 2 ? begin_on_region(m, in)
                                 : begin_on_source(m, &world.sources[i], in);
        if (!begun)
            m->heap = NULL;
        return;
    }
}

/* Heaps that are nested in this one go first. */
static void end_nested(const struct model *parent, struct fuzz_input *in)
{
    for (unsigned i = 0; i < HEAPS; i++) {
        struct model *m = &world.heaps[i];
        if (m->heap == NULL || m->source == NULL || m->source->parent != parent)
            continue;
        end_nested(m, in);
        model_end(m, in);
    }
}

static void add_region(struct model *m, struct fuzz_input *in)
{
    unsigned kind = fuzz_byte(in);
    size_t bytes = fuzz_word(in);
    if ((kind & 64) == 0)
        bytes %= 5000;
    uint8_t *region = take_memory(bytes, kind & 63, kind);
    if (region == NULL)
        return;
    if ((kind & 128) != 0 && m->spare_region == NULL) {
        fuzz_memory_close(region, bytes);
        m->spare_region = region;
        m->spare_region_bytes = bytes;
    } else {
        model_add_region(m, region, bytes);
    }
}

/* On one block. */
static void change(struct model *m, struct fuzz_input *in, unsigned call, size_t about_bytes)
{
    struct model_block *block = model_choose(m, in);
    if (block == NULL)
        return;
    switch (call) {
    case 0:
        model_realloc(m, block, 0, fuzz_size(in, about_bytes));
        break;
    case 1:
        model_realloc(m, block, fuzz_alignment(in), fuzz_size(in, about_bytes));
        break;
    case 2:
        model_resize(m, block, fuzz_size(in, about_bytes));
        break;
    case 3: /* to about what it has */
        model_realloc(m, block, 0, block->usable_bytes + fuzz_byte(in) - 128);
        break;
    default:
        model_resize(m, block, block->usable_bytes + (size_t)fuzz_byte(in) * QUARRY_PAGE_BYTES / 16);
        break;
    }
}

static void free_some(struct model *m, struct fuzz_input *in, bool is_sized)
{
    struct model_block *block = model_choose(m, in);
    if (block == NULL)
        return;
    if (is_sized)
        model_free_sized(m, block);
    else
        model_free(m, block);
}

/* A whole heap. */
static void change_heap(struct model *m, struct fuzz_input *in, unsigned call)
{
    switch (call) {
    case 0:
        add_region(m, in);
        break;
    case 1:
        model_set_limit(m, fuzz_byte(in) < 64 ? 0 : (size_t)fuzz_word(in) * 16);
        break;
    case 2:
        model_trim(m);
        break;
    case 3:
        end_nested(m, in);
        model_reset(m);
        break;
    default:
        begin_another(m, in);
        break;
    }
}

static void one_call(struct model *m, struct fuzz_input *in, unsigned call)
{
    size_t about_bytes = m->source == NULL ? m->region_bytes : m->chunk_bytes;
    size_t size;
    switch (call) {
    case 0 ... 6:
        model_malloc(m, fuzz_size(in, about_bytes));
        break;
    case 7:
        size = fuzz_size(in, about_bytes);
        model_calloc(m, fuzz_byte(in) < 128 ? 1 : fuzz_word(in), size);
        break;
    case 8:
        size = fuzz_alignment(in);
        model_aligned(m, size, fuzz_size(in, about_bytes));
        break;
    case 9:
        model_realloc(m, NULL, 0, fuzz_size(in, about_bytes));
        break;
    case 10 ... 14:
        change(m, in, call - 10, about_bytes);
        break;
    case 15 ... 18:
        free_some(m, in, false);
        break;
    case 19:
        free_some(m, in, true);
        break;
    case 20:
        model_stats(m);
        break;
    case 21:
        model_walk(m);
        break;
    case 22:
        model_check(m);
        break;
    case 23 ... 24:
        model_probe(m, in);
        break;
    case 25:
        quarry_free(m->heap, NULL);
        FUZZ_CHECK(quarry_usable_size(m->heap, NULL) == 0 && !quarry_resize(m->heap, NULL, 1));
        FUZZ_CHECK(!quarry_owns(m->heap, NULL));
        break;
    case 26: /* so many of one size */
        size = fuzz_size(in, about_bytes);
        for (unsigned i = fuzz_byte(in) % 40; i != 0; i--)
            model_malloc(m, size);
        break;
    default:
        change_heap(m, in, call - 27);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    memset(&world, 0, sizeof world);
    fuzz_memory_begin();
    world.window = fuzz_window(WINDOW_MAIN, &world.window_bytes);
    struct model *first = &world.heaps[0];
    if (fuzz_byte(&in) % 2 != 0 ? !begin_on_source(first, &world.sources[0], &in) : !begin_on_region(first, &in))
        return 0;
    for (unsigned calls = 0; calls < CALLS_MOST && !fuzz_is_over(&in); calls++) {
        unsigned call = fuzz_byte(&in);
        struct model *m = &world.heaps[call >> 5 == 7 ? 2 : call >> 5 > 4 ? 1 : 0];
        one_call(m->heap == NULL ? first : m, &in, call & 31);
    }
    for (unsigned i = 0; i < HEAPS; i++) {
        if (world.heaps[i].heap != NULL)
            end_nested(&world.heaps[i], &in);
    }
    for (unsigned i = 0; i < HEAPS; i++) {
        if (world.heaps[i].heap != NULL)
            model_end(&world.heaps[i], &in);
    }
    return 0;
}
