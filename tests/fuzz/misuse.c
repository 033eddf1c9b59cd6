/* SPDX-License-Identifier: MIT
 *
 * misuse.c: right calls mixed with a caller's bugs, on two heaps. A wrong pointer, given to any function that takes a
 * block, must be reported exactly once, with the right kind, and change nothing. From check level 2 so must a wrong
 * size; from level 3 writes behind a block's end and to freed memory must be reported before the block is gone or the
 * memory handed out again. From level 2 a heap whose free memory was written to anywhere must stay safe: it may refuse,
 * but never hands out what is in use or not its own.
 */
#include "model.h"

#include <string.h>

enum { DEAD = 32, CALLS_MOST = 300 };
#define KIND(kind) (1u << (kind))
/* What a pointer to where a block began may be called: free memory has no exact starts. */
#define GONE      (KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER))
#define INNER     KIND(QUARRY_INVALID_POINTER)
#define FILL_WORD (UINTPTR_MAX / 255 * 0xDF)

static struct {
    struct model heaps[2];
    struct fuzz_source source;
    struct {
        uint8_t *at;
        size_t bytes;
    } dead[2][DEAD];
    unsigned dead_next[2];
    /* Of heaps[0]: a word of free memory that was written to, and nobody has said so yet. */
    uintptr_t *written, written_as;
} world;

static unsigned index_of(const struct model *m)
{
    return (unsigned)(m - world.heaps);
}

static void bury(struct model *m, const struct model_block *block)
{
    unsigned heap = index_of(m), i = world.dead_next[heap]++ % DEAD;
    world.dead[heap][i].at = block->at;
    world.dead[heap][i].bytes = block->usable_bytes;
}

/* --- wrong pointers --- */

enum way { FREE, FREE_SIZED, REALLOC, REALLOC_TO_NOTHING, ALIGNED_REALLOC, RESIZE, USABLE_SIZE, WAYS };

/* The answer must be that of a call that did nothing. */
static void call_with(struct model *m, void *pointer, unsigned way, size_t bytes)
{
    switch (way) {
    case FREE:
        quarry_free(m->heap, pointer);
        break;
    case FREE_SIZED:
        quarry_free_sized(m->heap, pointer, bytes);
        break;
    case REALLOC:
        FUZZ_CHECK(quarry_realloc(m->heap, pointer, bytes) == NULL);
        break;
    case REALLOC_TO_NOTHING:
        FUZZ_CHECK(quarry_realloc(m->heap, pointer, 0) == NULL);
        break;
    case ALIGNED_REALLOC:
        FUZZ_CHECK(quarry_aligned_realloc(m->heap, pointer, 1 + bytes % 64, bytes) == NULL);
        break;
    case RESIZE:
        FUZZ_CHECK(!quarry_resize(m->heap, pointer, bytes));
        break;
    default:
        FUZZ_CHECK(quarry_usable_size(m->heap, pointer) == 0);
        break;
    }
}

/* One report of that kind, and no heap is changed. */
static void expect_report(struct model *m, unsigned kinds, const void *pointer)
{
    FUZZ_CHECK(m->reports == 1);
    FUZZ_CHECK((KIND(m->report.kind) & kinds) != 0);
    FUZZ_CHECK(m->report.pointer == pointer);
    m->reports = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (world.heaps[i].heap != NULL && !world.heaps[i].is_tolerant) {
            model_expect_quiet(&world.heaps[i]);
            model_check_blocks(&world.heaps[i]);
        }
    }
}

/* Exactly what it is, if the input wants to know; that walks, which ends the waiting of freed slots. */
static unsigned exact_kinds(struct model *m, const uint8_t *pointer)
{
    struct model_view view = {.sought = pointer};
    model_view(m, &view);
    if (view.found.pointer == NULL) { /* control data, or what is left beside slots */
        const bool may_be_idle = m->source != NULL && m->source->source.release == NULL;
        return may_be_idle ? GONE : INNER; /* a huge block may have begun where idle memory has its struct */
    }
    if (view.found.kind == QUARRY_SMALL || view.found.pointer == pointer)
        return view.found.pointer == pointer ? KIND(QUARRY_DOUBLE_FREE) : INNER;
    return GONE; /* inside a free run */
}

static void give_wrong(struct model *m, struct fuzz_input *in, void *pointer)
{
    unsigned choice = fuzz_byte(in), way = choice % WAYS, kinds = GONE;
    const struct model_block *over = pointer == NULL ? NULL : model_overlapping(m, pointer, 1);
    size_t bytes = fuzz_size(in, 1000);
    if (pointer == NULL || (over != NULL && over->at == pointer))
        return;
    if (over != NULL || !model_has_memory(m, pointer, 1))
        kinds = INNER;
    else if ((choice & 128) != 0)
        kinds = exact_kinds(m, pointer);
    FUZZ_TRACE("wrong pointer %p, way %u\n", pointer, way);
    FUZZ_CHECK(!quarry_owns(m->heap, pointer));
    call_with(m, pointer, way, bytes);
    expect_report(m, kinds, pointer);
    if ((choice & 64) != 0)
        model_stats(m);
}

static void wrong_pointer(struct model *m, struct fuzz_input *in, unsigned kind)
{
    struct model *other = &world.heaps[1 - index_of(m)];
    struct model_block *block = model_choose(m, in);
    unsigned value = fuzz_word(in);
    static const uint8_t foreign[64];
    switch (kind) {
    case 0:
        give_wrong(m, in, world.dead[index_of(m)][value % DEAD].at);
        break;
    case 1:
        if (block != NULL)
            give_wrong(m, in, block->at + 1 + value % (block->usable_bytes + CANARY_BYTES - 1));
        break;
    case 2:
        block = other->heap == NULL ? NULL : model_choose(other, in);
        if (block != NULL)
            give_wrong(m, in, block->at);
        break;
    case 3:
        give_wrong(m, in,
                   value % 4 == 0   ? (void *)(uintptr_t)(foreign + value / 4 % 64)
                   : value % 4 == 1 ? (void *)(uintptr_t)(value / 4 + 1)
                   : value % 4 == 2 ? (void *)(UINTPTR_MAX - value / 4)
                                    : (uint8_t *)m->heap + value / 4 - 8192);
        break;
    default:
        if (block != NULL && value % 2 != 0) /* where slots of its run begin, or would, had the run more of them */
            give_wrong(m, in,
                       block->at +
                               ((ptrdiff_t)(value / 2 % 64) - 31) * (ptrdiff_t)(block->usable_bytes + CANARY_BYTES));
        else if (m->region_count != 0)
            give_wrong(m, in, m->regions[0].at + value % m->regions[0].bytes);
        else
            give_wrong(m, in, (uint8_t *)m->heap + value % m->chunk_bytes);
        break;
    }
}

/* The call from a callback. */
static void call_again(struct fuzz_source *source)
{
    struct model *m = &world.heaps[0];
    unsigned way = source->calls % WAYS;
    if (m->heap == NULL)
        return;
    const unsigned before = m->reports; /* what was damaged may have been reported in the same call */
    const struct quarry_misuse report = m->report;
    FUZZ_TRACE("  re-entry %u\n", way);
    call_with(m, m->heap, way, 100);
    FUZZ_CHECK(m->reports == before + 1 && m->report.kind == QUARRY_REENTRY);
    FUZZ_CHECK(quarry_malloc(m->heap, 100) == NULL);
    FUZZ_CHECK(m->reports == before + 2 && m->report.kind == QUARRY_REENTRY);
    m->reports = before;
    m->report = report;
}

/* --- wrong sizes, and writes --- */

static void wrong_size(struct model *m, struct fuzz_input *in)
{
    struct model_block *block = model_choose(m, in);
    size_t bytes = fuzz_size(in, 2000);
    if (QUARRY_CHECK_LEVEL < 2 || block == NULL)
        return;
    FUZZ_TRACE("free_sized %p with %zu\n", (void *)block->at, bytes);
    bool may_be_right = bytes <= block->usable_bytes;
    bool is_right = may_be_right && quarry_good_size(m->heap, bytes) == block->usable_bytes;
    if (is_right || (may_be_right && m->is_loose))
        return; /* free_sized is asked of these elsewhere */
    quarry_free_sized(m->heap, block->at, bytes);
    expect_report(m, KIND(QUARRY_WRONG_SIZE), block->at);
    FUZZ_CHECK(m->report.bytes == bytes);
}

static void overrun(struct model *m, struct fuzz_input *in)
{
    struct model_block *block = model_choose(m, in);
    unsigned value = fuzz_byte(in), way = fuzz_byte(in) % (WAYS + 1);
    if (QUARRY_CHECK_LEVEL < 3 || block == NULL)
        return;
    uint8_t *at = block->at + block->usable_bytes + value % CANARY_BYTES, change = (uint8_t)(value | 1);
    FUZZ_TRACE("overrun of %p, way %u\n", (void *)block->at, way);
    *at ^= change;
    if (way == WAYS)
        FUZZ_CHECK(!quarry_check(m->heap));
    else
        call_with(m, block->at, way, block->asked_bytes);
    FUZZ_CHECK(quarry_owns(m->heap, block->at));
    *at ^= change;
    expect_report(m, KIND(QUARRY_OVERRUN), block->at);
}

/* A word of a block that was freed, which is free still and as the library filled it. NULL: none is at hand. */
static uintptr_t *dead_word(struct model *m, struct fuzz_input *in)
{
    unsigned i = fuzz_byte(in) % DEAD, heap = index_of(m);
    size_t offset = fuzz_word(in);
    if (world.dead[heap][i].at == NULL)
        return NULL;
    offset = offset % world.dead[heap][i].bytes & ~(sizeof(uintptr_t) - 1);
    uintptr_t *word = (uintptr_t *)(void *)(world.dead[heap][i].at + offset);
    if (((uintptr_t)word & (sizeof *word - 1)) != 0 || !model_has_memory(m, word, sizeof *word) ||
        model_overlapping(m, word, sizeof *word) != NULL)
        return NULL;
    return word;
}

/* Is a word of a block that was freed in free memory still? A source's memory may have become control data of another
 * chunk since. Asking walks, which means nothing once something was damaged. */
static bool is_in_free_memory(struct model *m, const uint8_t *at)
{
    struct model_view view = {.sought = at};
    if (m->source == NULL)
        return true;
    if (m->is_tolerant)
        return false;
    model_view(m, &view);
    return view.found.pointer != NULL;
}

static void write_after_free(struct model *m, struct fuzz_input *in, bool is_checked)
{
    uintptr_t *word = dead_word(m, in), change = (uintptr_t)(fuzz_byte(in) | 1) << fuzz_byte(in) % 4 * 8;
    if (QUARRY_CHECK_LEVEL < 3 || word == NULL || world.written != NULL || m->is_tolerant)
        return;
    /* Asking comes first: a walk frees what waits. */
    if (!is_in_free_memory(m, (const uint8_t *)word) || *word != FILL_WORD)
        return;
    FUZZ_TRACE("write to free %p\n", (void *)word);
    *word ^= change;
    if (is_checked) {
        FUZZ_CHECK(!quarry_check(m->heap));
        FUZZ_CHECK(m->reports != 0 && m->report.kind == QUARRY_WRITE_AFTER_FREE);
        FUZZ_CHECK(m->report.pointer == word);
        m->reports = 0;
        *word ^= change;
    } else if (m == &world.heaps[0]) {
        world.written = word;
        world.written_as = *word;
        m->is_tolerant = true;
    } else { /* only one heap is watched until the write is seen */
        *word ^= change;
    }
}

/* After each call: was the write reported before the memory was handed out, or filled anew? */
static void watch_written(struct model *m)
{
    uintptr_t *word = world.written;
    if (word == NULL)
        return;
    bool is_gone = m->heap == NULL || !model_has_memory(m, word, sizeof *word);
    bool is_live = !is_gone && model_overlapping(m, word, sizeof *word) != NULL;
    if (!is_gone && m->reports == 0) {
        FUZZ_CHECK(!is_live);
        FUZZ_CHECK(*word != FILL_WORD);
        if (*word == world.written_as)
            return; /* still there */
    }
    FUZZ_CHECK(m->reports == 0 || m->report.kind == QUARRY_WRITE_AFTER_FREE);
    if (!is_gone && !is_live && *word == world.written_as)
        *word = FILL_WORD;
    m->reports = 0;
    m->is_tolerant = false;
    world.written = NULL;
}

/* Anything anywhere in free memory. From now on the heap may refuse, and report, but no more. */
static void damage(struct model *m, struct fuzz_input *in)
{
    uint8_t *at = (uint8_t *)dead_word(m, in), change = (uint8_t)fuzz_byte(in);
    if (QUARRY_CHECK_LEVEL < 2 || at == NULL || world.written != NULL || !is_in_free_memory(m, at))
        return;
    FUZZ_TRACE("damage at %p\n", (void *)at);
    at[change % sizeof(uintptr_t)] ^= change | 1;
    m->is_tolerant = true;
}

/* --- calls --- */

static void free_one(struct model *m, struct fuzz_input *in, bool is_sized)
{
    struct model_block *block = model_choose(m, in);
    if (block == NULL)
        return;
    bury(m, block);
    if (is_sized)
        model_free_sized(m, block);
    else
        model_free(m, block);
}

static void reset(struct model *m)
{
    for (unsigned i = 0; i < m->entries; i++) {
        if (m->blocks[i].at != NULL)
            bury(m, &m->blocks[i]);
    }
    if (m->is_tolerant)
        return;
    model_reset(m);
}

static void change(struct model *m, struct fuzz_input *in, unsigned call)
{
    struct model_block *block = model_choose(m, in);
    size_t bytes = fuzz_size(in, 3000);
    if (block == NULL)
        return;
    struct model_block old = *block;
    if (call == 0)
        model_resize(m, block, bytes);
    else if (model_realloc(m, block, call == 1 ? 0 : fuzz_alignment(in), bytes) != NULL && block->at != old.at)
        bury(m, &old);
}

/* What looks at everything means something only while nothing was damaged. */
static void look(struct model *m, unsigned call)
{
    if (m->is_tolerant) {
        quarry_check(m->heap);
        return;
    }
    if (call == 0)
        model_stats(m);
    else if (call == 1)
        model_walk(m);
    else
        model_check(m);
}

static void one_call(struct model *m, struct fuzz_input *in, unsigned call)
{
    size_t size;
    switch (call) {
    case 0 ... 4:
        model_malloc(m, fuzz_size(in, 3000));
        break;
    case 5:
        size = fuzz_alignment(in);
        model_aligned(m, size, fuzz_size(in, 3000));
        break;
    case 6 ... 8:
        change(m, in, call - 6);
        break;
    case 9 ... 12:
        free_one(m, in, call == 12);
        break;
    case 13 ... 17:
        if (!m->is_tolerant)
            wrong_pointer(m, in, call - 13);
        break;
    case 18:
        if (!m->is_tolerant)
            wrong_size(m, in);
        break;
    case 19:
        if (!m->is_tolerant)
            overrun(m, in);
        break;
    case 20 ... 21:
        write_after_free(m, in, call == 20);
        break;
    case 22:
        if (fuzz_byte(in) < 32)
            damage(m, in);
        break;
    case 23:
        reset(m);
        break;
    case 24 ... 26:
        look(m, call - 24);
        break;
    case 27:
        if (!m->is_tolerant)
            model_trim(m);
        break;
    case 28:
        world.source.during = call_again;
        break;
    case 29: /* so many frees */
        for (unsigned i = fuzz_byte(in) % 32; i != 0; i--)
            free_one(m, in, false);
        break;
    default: /* so many of one size */
        size = fuzz_size(in, 3000);
        for (unsigned i = fuzz_byte(in) % 32; i != 0 && world.written == NULL; i--)
            model_malloc(m, size);
        break;
    }
}

static void begin(struct fuzz_input *in)
{
    size_t window_bytes;
    uint8_t *window = fuzz_window(WINDOW_MAIN, &window_bytes);
    struct quarry_options options = model_options(&world.heaps[0], in);
    unsigned kind = fuzz_byte(in);
    size_t bytes = quarry_min_region_bytes() + fuzz_word(in) % 20000;
    options.on_oom = NULL;
    if ((kind & 1) != 0) {
        options.chunk_bytes = CHUNK_LEAST_BYTES;
        source_begin(&world.source, window, FRAME_BYTES * 64, (kind & 128) != 0 ? kind >> 1 & 7 : 0, kind);
        model_begin_on_source(&world.heaps[0], &world.source, options);
    } else {
        fuzz_memory_open(window + kind % 64, bytes, kind);
        model_begin(&world.heaps[0], window + kind % 64, bytes, options);
    }
    /* Another heap right behind the first one, or on a block of it. */
    options = model_options(&world.heaps[1], in);
    options.on_oom = NULL;
    uint8_t *region = window + FRAME_BYTES * 64 + kind % 64;
    fuzz_memory_open(region, quarry_min_region_bytes() + 2000, kind);
    model_begin(&world.heaps[1], region, quarry_min_region_bytes() + 2000, options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, data + size};
    memset(&world, 0, sizeof world);
    fuzz_memory_begin();
    begin(&in);
    for (unsigned calls = 0; calls < CALLS_MOST && !fuzz_is_over(&in); calls++) {
        unsigned call = fuzz_byte(&in);
        struct model *m = &world.heaps[call >> 5 == 7];
        if (m->heap == NULL)
            continue;
        one_call(m, &in, call & 31);
        watch_written(&world.heaps[0]);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct model *m = &world.heaps[i];
        if (world.written != NULL && i == 0) {
            FUZZ_CHECK(!quarry_check(m->heap));
            watch_written(m);
        }
        world.source.during = NULL;
        if (m->heap != NULL && !m->is_tolerant)
            model_end(m, &in);
    }
    return 0;
}
