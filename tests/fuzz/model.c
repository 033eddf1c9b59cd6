/* SPDX-License-Identifier: MIT
 *
 * model.c: see model.h. Hooks, then blocks and what every answer must be, then the calls.
 */
#include "model.h"

#include <string.h>

/* --- hooks --- */

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    struct model *m = context;
    m->reports++;
    m->report = *misuse;
    FUZZ_TRACE("  report %d at %p\n", misuse->kind, misuse->pointer);
    FUZZ_CHECK(misuse->heap == m->heap);
}

void model_expect_quiet(struct model *m)
{
    FUZZ_CHECK(m->reports == 0);
}

static struct model_block *some_block(struct model *m, unsigned start)
{
    for (unsigned i = 0; i < m->entries; i++) {
        struct model_block *block = &m->blocks[(start + i) % m->entries];
        if (block->at != NULL && !block->lent && block != m->busy)
            return block;
    }
    return NULL;
}

static bool on_oom(void *context, struct quarry_heap *heap, size_t bytes)
{
    struct model *m = context;
    const unsigned action = m->oom_actions & 3;
    struct model_block *block;
    FUZZ_TRACE("  on_oom %zu: %u\n", bytes, action);
    FUZZ_CHECK(heap == m->heap && bytes == m->asked_bytes);
    m->oom_actions >>= 2;
    switch (action) {
    case 1:
        block = some_block(m, m->oom_actions);
        if (block != NULL)
            model_free(m, block);
        return block != NULL;
    case 2:
        if (m->spare_region == NULL)
            return false;
        fuzz_memory_open(m->spare_region, m->spare_region_bytes, 0x5A);
        model_add_region(m, m->spare_region, m->spare_region_bytes);
        m->spare_region = NULL;
        return true;
    case 3:
        return true; /* a lie: it is asked again */
    default:
        return false;
    }
}

struct quarry_options model_options(struct model *m, struct fuzz_input *in)
{
    struct quarry_options options = {.context = m, .on_misuse = on_misuse};
    m->oom_actions = fuzz_byte(in);
    if (m->oom_actions != 0) {
        options.on_oom = on_oom;
        m->oom_actions = m->oom_actions << 16 | fuzz_word(in);
    }
    options.entropy = fuzz_byte(in);
    return options;
}

/* --- blocks --- */

struct model_block *model_choose(struct model *m, struct fuzz_input *in)
{
    return some_block(m, fuzz_byte(in));
}

struct model_block *model_overlapping(struct model *m, const void *at, size_t bytes)
{
    for (unsigned i = 0; i < m->entries; i++) {
        const struct model_block *block = &m->blocks[i];
        if (block->at != NULL && ((uintptr_t)at - (uintptr_t)block->at < block->usable_bytes + CANARY_BYTES ||
                                  (uintptr_t)block->at - (uintptr_t)at < bytes))
            return &m->blocks[i];
    }
    return NULL;
}

bool model_has_memory(const struct model *m, const void *at, size_t bytes)
{
    for (unsigned i = 0; i < m->region_count; i++) {
        size_t offset = (uintptr_t)at - (uintptr_t)m->regions[i].at;
        if (offset < m->regions[i].bytes && bytes <= m->regions[i].bytes - offset)
            return true;
    }
    return m->source != NULL && source_granted(m->source, at, bytes);
}

void model_check_block(struct model *m, struct model_block *block)
{
    FUZZ_CHECK(quarry_owns(m->heap, block->at));
    FUZZ_CHECK(quarry_usable_size(m->heap, block->at) == block->usable_bytes);
    FUZZ_CHECK(block->lent || fuzz_is_filled(block->at, block->usable_bytes, block->usable_bytes, block->seed));
}

void model_check_blocks(struct model *m)
{
    for (unsigned i = 0; i < m->entries; i++) {
        if (m->blocks[i].at != NULL)
            model_check_block(m, &m->blocks[i]);
    }
}

static void note_peak(struct model *m)
{
    if (m->used_bytes > m->used_peak_bytes)
        m->used_peak_bytes = m->used_bytes;
    if (m->used_bytes > m->used_peak_most_bytes)
        m->used_peak_most_bytes = m->used_bytes;
}

/* What must hold after every call. */
static void after_call(struct model *m)
{
    size_t granted = m->source == NULL ? 0 : m->source->granted_bytes;
    FUZZ_CHECK(m->limit_bytes == 0 || m->region_bytes + granted <= m->limit_bytes);
    if (!m->is_tolerant)
        model_expect_quiet(m);
}

/* The contract: as much of QUARRY_ALIGN_BYTES as the block can hold. */
static bool is_aligned(const struct model_block *block, size_t align_bytes)
{
    size_t usual_bytes = QUARRY_ALIGN_BYTES;
    while (usual_bytes > block->usable_bytes)
        usual_bytes /= 2;
    if (align_bytes < usual_bytes)
        align_bytes = usual_bytes;
    return ((uintptr_t)block->at & (align_bytes - 1)) == 0;
}

static struct model_block *free_entry(struct model *m)
{
    for (unsigned i = 0; i < MODEL_BLOCKS; i++) {
        if (m->blocks[i].at != NULL)
            continue;
        if (m->entries <= i)
            m->entries = i + 1;
        return &m->blocks[i];
    }
    fuzz_fail("the model has room", __FILE__, __LINE__);
}

/* A block that the heap answered with: is it one? Its contents are left alone. */
static void look_at_block(struct model *m, struct model_block *block, size_t align_bytes, size_t asked_bytes)
{
    block->asked_bytes = asked_bytes;
    block->usable_bytes = quarry_usable_size(m->heap, block->at);
    FUZZ_CHECK(block->usable_bytes >= asked_bytes && block->usable_bytes != 0);
    FUZZ_CHECK(QUARRY_CHECK_LEVEL < 3 || block->usable_bytes == (asked_bytes == 0 ? 1 : asked_bytes));
    FUZZ_CHECK(is_aligned(block, align_bytes));
    FUZZ_CHECK(quarry_owns(m->heap, block->at));
    FUZZ_CHECK(model_has_memory(m, block->at, block->usable_bytes + CANARY_BYTES));
    if (block->usable_bytes != quarry_good_size(m->heap, asked_bytes))
        m->is_loose = true;
}

static struct model_block *add_block(struct model *m, void *at, size_t align_bytes, size_t asked_bytes)
{
    struct model_block found = {.at = at}, *block = free_entry(m);
    look_at_block(m, &found, align_bytes, asked_bytes);
    FUZZ_CHECK(model_overlapping(m, at, found.usable_bytes + CANARY_BYTES) == NULL);
    found.seed = m->seed += 77;
    *block = found;
    m->count++;
    m->used_bytes += block->usable_bytes;
    note_peak(m);
    return block;
}

static void remove_block(struct model *m, struct model_block *block)
{
    m->used_bytes -= block->usable_bytes;
    m->count--;
    block->at = NULL;
}

/* --- refusals --- */

/* The most that a source may have to be asked for. */
static bool limit_has_room(const struct model *m, size_t align_bytes, size_t bytes)
{
    size_t need = bytes + align_bytes + QUARRY_PAGE_BYTES + 2 * FRAME_BYTES;
    if (need < m->chunk_bytes)
        need = m->chunk_bytes;
    return m->limit_bytes == 0 || m->limit_bytes - m->region_bytes - m->source->granted_bytes >= need;
}

size_t model_slot_bytes(const struct model *m, size_t bytes)
{
    const size_t good = quarry_good_size(m->heap, bytes);
    return QUARRY_CHECK_LEVEL < 3 || good == 0 ? good : whole_bytes(good, CANARY_BYTES) - CANARY_BYTES;
}

/* A request was refused: nothing that is there would have served it. */
static void refused(struct model *m, size_t align_bytes, size_t bytes)
{
    struct quarry_stats stats;
    m->failures++;
    if (m->is_tolerant || bytes > SIZE_MAX / 4 || align_bytes > SIZE_MAX / 8 || align_bytes == 0 ||
        (align_bytes & (align_bytes - 1)) != 0)
        return;
    struct model_view view = {.slot_bytes = align_bytes == 1 ? model_slot_bytes(m, bytes) : 0};
    quarry_get_stats(m->heap, &stats);
    if (align_bytes <= QUARRY_PAGE_BYTES) {
        /* In idle memory, pages begin behind a struct, not at a multiple of their size. */
        const bool has_idle = m->source != NULL && m->source->source.release == NULL;
        const size_t lead_most = has_idle && align_bytes > QUARRY_ALIGN_BYTES ? align_bytes : 0;
        FUZZ_CHECK(stats.largest_free_bytes == 0 || bytes + lead_most > stats.largest_free_bytes);
    } else {
        size_t whole = bytes + CANARY_BYTES == 0 ? 1 : bytes + CANARY_BYTES;
        size_t pages_bytes = (whole + QUARRY_PAGE_BYTES - 1) & ~(size_t)(QUARRY_PAGE_BYTES - 1);
        FUZZ_CHECK(pages_bytes + align_bytes - QUARRY_PAGE_BYTES > stats.largest_free_bytes + CANARY_BYTES);
    }
    model_view(m, &view);
    FUZZ_CHECK(!view.has_slot);
    FUZZ_CHECK(m->source == NULL || m->source->refused != 0 || !limit_has_room(m, align_bytes, bytes));
}

/* Before each request. */
static void begin_request(struct model *m, size_t bytes, struct model_block *busy)
{
    m->asked_bytes = bytes;
    m->busy = busy;
    if (m->source != NULL)
        m->source->refused = 0;
}

/* Is it as good_size() says? Only where memory is short may it be more: then a run of small blocks had no room. (From
 * check level 3 memory is also short while freed slots wait.) */
static void check_good_size(struct model *m, const struct model_block *block)
{
    size_t good = quarry_good_size(m->heap, block->asked_bytes);
    struct quarry_stats stats;
    if (block->usable_bytes == good || m->source != NULL || m->is_tolerant || QUARRY_CHECK_LEVEL >= 3)
        return;
    quarry_get_stats(m->heap, &stats);
    FUZZ_CHECK(good + CANARY_BYTES <= 2048 && block->usable_bytes > good);
    FUZZ_CHECK(stats.largest_free_bytes < 4 * (good + CANARY_BYTES) + 2 * QUARRY_PAGE_BYTES);
}

static struct model_block *answer(struct model *m, void *at, size_t align_bytes, size_t bytes, bool is_zero)
{
    struct model_block *block = NULL;
    FUZZ_TRACE("  = %p\n", at);
    m->busy = NULL;
    if (at == NULL) {
        refused(m, align_bytes, bytes);
    } else {
        block = add_block(m, at, align_bytes, bytes);
        FUZZ_CHECK(!is_zero || fuzz_is_zero(at, bytes));
        if (align_bytes == 1)
            check_good_size(m, block);
        fuzz_fill(block->at, block->usable_bytes, block->seed);
    }
    after_call(m);
    return block;
}

/* --- taking --- */

struct model_block *model_malloc(struct model *m, size_t bytes)
{
    if (m->count == MODEL_BLOCKS)
        return NULL;
    FUZZ_TRACE("malloc %zu\n", bytes);
    begin_request(m, bytes, NULL);
    return answer(m, quarry_malloc(m->heap, bytes), 1, bytes, false);
}

struct model_block *model_calloc(struct model *m, size_t count, size_t bytes)
{
    size_t total;
    if (m->count == MODEL_BLOCKS)
        return NULL;
    if (__builtin_mul_overflow(count, bytes, &total))
        total = SIZE_MAX;
    FUZZ_TRACE("calloc %zu * %zu\n", count, bytes);
    begin_request(m, total, NULL);
    return answer(m, quarry_calloc(m->heap, count, bytes), 1, total, true);
}

struct model_block *model_aligned(struct model *m, size_t align_bytes, size_t bytes)
{
    if (m->count == MODEL_BLOCKS)
        return NULL;
    FUZZ_TRACE("aligned_alloc %zu, %zu\n", align_bytes, bytes);
    begin_request(m, bytes, NULL);
    m->is_loose = true;
    return answer(m, quarry_aligned_alloc(m->heap, align_bytes, bytes), align_bytes, bytes, false);
}

/* --- changing --- */

static void fill_again(struct model *m, struct model_block *block)
{
    block->seed = m->seed += 77;
    fuzz_fill(block->at, block->usable_bytes, block->seed);
}

struct model_block *model_realloc(struct model *m, struct model_block *block, size_t align_bytes, size_t bytes)
{
    void *old_at = block == NULL ? NULL : block->at, *at;
    if (block == NULL && m->count == MODEL_BLOCKS)
        return NULL;
    FUZZ_TRACE("realloc %p, %zu, %zu\n", old_at, align_bytes, bytes);
    begin_request(m, bytes, block);
    m->is_loose |= align_bytes != 0;
    at = align_bytes == 0 ? quarry_realloc(m->heap, old_at, bytes)
                          : quarry_aligned_realloc(m->heap, old_at, align_bytes, bytes);
    if (block == NULL)
        return answer(m, at, align_bytes == 0 ? 1 : align_bytes, bytes, false);
    FUZZ_TRACE("  = %p\n", at);
    m->busy = NULL;
    if (at == NULL) {
        FUZZ_CHECK(m->is_tolerant || align_bytes != 0 || bytes > block->usable_bytes); /* shrinking never fails */
        refused(m, align_bytes == 0 ? 1 : align_bytes, bytes);
        model_check_block(m, block);
        after_call(m);
        return NULL;
    }
    struct model_block changed = {.at = at, .seed = block->seed}, old = *block;
    look_at_block(m, &changed, align_bytes, bytes);
    if (m->used_bytes + changed.usable_bytes > m->used_peak_most_bytes && at != old_at)
        m->used_peak_most_bytes = m->used_bytes + changed.usable_bytes; /* both lived for a moment */
    remove_block(m, block);
    FUZZ_CHECK(model_overlapping(m, at, changed.usable_bytes + CANARY_BYTES) == NULL);
    FUZZ_CHECK(fuzz_is_filled(at, old.usable_bytes, bytes < old.usable_bytes ? bytes : old.usable_bytes, old.seed));
    FUZZ_CHECK(m->is_tolerant || at == old_at || !quarry_owns(m->heap, old_at) ||
               model_overlapping(m, old_at, 1) != NULL);
    *block = changed;
    m->count++;
    m->used_bytes += block->usable_bytes;
    note_peak(m);
    fill_again(m, block);
    after_call(m);
    return block;
}

bool model_resize(struct model *m, struct model_block *block, size_t bytes)
{
    FUZZ_TRACE("resize %p, %zu\n", (void *)block->at, bytes);
    struct model_block old = *block;
    bool done = quarry_resize(m->heap, block->at, bytes);
    if (!done) {
        FUZZ_CHECK(m->is_tolerant || bytes > block->usable_bytes); /* only growing may fail */
        model_check_block(m, block);
        after_call(m);
        return false;
    }
    if (bytes < old.usable_bytes)
        m->is_loose = true;
    look_at_block(m, block, 1, bytes);
    const size_t kept = bytes < old.usable_bytes ? bytes : old.usable_bytes;
    FUZZ_CHECK(fuzz_is_filled(block->at, old.usable_bytes, kept, block->seed));
    m->used_bytes += block->usable_bytes - old.usable_bytes;
    note_peak(m);
    uint8_t *at = block->at;
    block->at = NULL;
    FUZZ_CHECK(model_overlapping(m, at, block->usable_bytes + CANARY_BYTES) == NULL);
    block->at = at;
    fill_again(m, block);
    after_call(m);
    return true;
}

/* --- giving --- */

/* From before to after a free. */
static void give(struct model *m, struct model_block *block, bool is_sized)
{
    void *at = block->at;
    size_t asked_bytes = block->asked_bytes;
    FUZZ_TRACE("free%s %p\n", is_sized ? "_sized" : "", at);
    model_check_block(m, block);
    remove_block(m, block); /* a callback may look at the model */
    if (is_sized)
        quarry_free_sized(m->heap, at, asked_bytes);
    else
        quarry_free(m->heap, at);
    FUZZ_CHECK(m->is_tolerant || !quarry_owns(m->heap, at));
    after_call(m);
}

void model_free(struct model *m, struct model_block *block)
{
    give(m, block, false);
}

void model_free_sized(struct model *m, struct model_block *block)
{
    give(m, block, true);
}

/* --- nested heaps --- */

void model_begin_lending(struct model *m, size_t bytes)
{
    begin_request(m, bytes, NULL);
}

void model_note_lent(struct model *m, void *memory, size_t align_bytes, size_t bytes)
{
    m->is_loose = true;
    struct model_block *block = answer(m, memory, align_bytes, bytes, false);
    if (block != NULL)
        block->lent = true;
}

static struct model_block *lent_block(struct model *m, const void *memory)
{
    for (unsigned i = 0; i < m->entries; i++) {
        if (m->blocks[i].at == memory)
            return &m->blocks[i];
    }
    fuzz_fail("a nested heap gives back what it was lent", __FILE__, __LINE__);
}

void model_note_relent(struct model *m, void *memory, size_t bytes)
{
    struct model_block *block = lent_block(m, memory);
    m->used_bytes -= block->usable_bytes;
    look_at_block(m, block, 1, bytes);
    m->used_bytes += block->usable_bytes;
    note_peak(m);
    m->is_loose = true;
    after_call(m);
}

void model_note_returned(struct model *m, void *memory)
{
    remove_block(m, lent_block(m, memory));
    FUZZ_CHECK(!quarry_owns(m->heap, memory));
    after_call(m);
}
