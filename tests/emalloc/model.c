/* SPDX-License-Identifier: MIT
 *
 * model.c: see model.h. Observers and handlers first, then blocks, then what may happen to them and to their heaps.
 */
#include "model.h"

enum { HEAPS = 4, BLOCKS = 60, PERSISTENT = HEAPS, HANDLERS };

struct model_block {
    unsigned char *at; /* NULL: none */
    size_t bytes;
    unsigned seed;
    unsigned owner; /* index of a heap, or PERSISTENT; or HANDLERS + index of the heap whose handlers gave it */
};

static struct model {
    struct scene *scene;
    zend_mm_heap *heaps[HEAPS];
    bool is_tracked[HEAPS], has_handlers[HEAPS], is_watched[HEAPS];
    struct model_block blocks[BLOCKS];
    struct quarry_observer watchers[HEAPS];
    size_t watched_blocks[HEAPS];
    unsigned current, seed;
    void *answer; /* of a call that may be left by a jump */
} m;

/* Of a heap, or of its handlers. */
static size_t count_blocks_of(unsigned index)
{
    size_t count = 0;

    for (unsigned i = 0; i < BLOCKS; i++)
        count += m.blocks[i].at != NULL && (m.blocks[i].owner == index || m.blocks[i].owner == HANDLERS + index);
    return count;
}

/* --- observers that count, and handlers on the persistent heap --- */

static unsigned index_of(const zend_mm_heap *heap)
{
    unsigned i = 0;

    while (i < HEAPS && m.heaps[i] != heap)
        i++;
    return i;
}

static void on_allocated(void *context, zend_mm_heap *heap, void *block, size_t bytes)
{
    *(size_t *)context += 1;
    CHECK(block != NULL && bytes != SIZE_MAX && index_of(heap) < HEAPS);
}

static void on_freed(void *context, zend_mm_heap *heap, void *block)
{
    *(size_t *)context -= 1;
    CHECK(block != NULL && index_of(heap) < HEAPS);
}

/* A callback may ask things of the heap, and make requests of another. */
static void on_failed(void *context, zend_mm_heap *heap, size_t bytes)
{
    (void)context, (void)bytes;
    CHECK(quarry_check(heap));
    pefree(quarry_malloc(m.scene->persistent, 20), true);
}

static void on_ended(void *context, zend_mm_heap *heap, bool full)
{
    (void)full;
    CHECK(quarry_check(heap));
    *(size_t *)context = count_blocks_of(index_of(heap)); /* the model has forgotten the heap's own already */
}

static void *handler_malloc(size_t bytes)
{
    return quarry_malloc(m.scene->persistent, bytes);
}

static void handler_free(void *block)
{
    quarry_free(m.scene->persistent, block);
}

static void *handler_realloc(void *block, size_t bytes)
{
    return quarry_realloc(m.scene->persistent, block, bytes);
}

/* --- blocks --- */

static struct model_block *random_place(bool wants_block)
{
    const size_t first = test_random_below(BLOCKS);

    for (size_t i = 0; i < BLOCKS; i++) {
        struct model_block *const place = &m.blocks[(first + i) % BLOCKS];

        if ((place->at != NULL) == wants_block)
            return place;
    }
    return NULL;
}

static unsigned owner_now(void)
{
    return m.has_handlers[m.current] ? HANDLERS + m.current : m.current;
}

static size_t random_bytes(void)
{
    const size_t kind = test_random_below(20);

    return kind == 0   ? test_random_below(3 * CHUNK)
           : kind == 1 ? test_random_below(CHUNK)
           : kind < 5  ? test_random_below(LARGE_BYTES * 2)
           : kind == 5 ? 0
                       : test_random_below(300);
}

static void note_block(struct model_block *place, unsigned char *at, size_t bytes, unsigned owner)
{
    CHECK(at != NULL);
    if (at == NULL)
        return;
    place->at = at;
    place->bytes = bytes;
    place->seed = m.seed++;
    place->owner = owner;
    test_fill(at, bytes, place->seed);
    if (owner < HEAPS) {
        CHECK(m.is_tracked[owner] || quarry_owns(m.heaps[owner], at));
        CHECK(zend_mm_block_size(m.heaps[owner], at) >= bytes);
    }
}

static void check_contents(const struct model_block *place)
{
    CHECK(test_is_filled(place->at, place->bytes, place->seed));
}

static void forget_blocks_of(unsigned index)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (m.blocks[i].at != NULL && m.blocks[i].owner == index) {
            check_contents(&m.blocks[i]);
            m.blocks[i].at = NULL;
        }
    }
}

/* Can the block be given to its heap as things are? Handlers must be there, or gone, as they were. */
static bool can_be_given(const struct model_block *place)
{
    if (place->owner >= HANDLERS)
        return m.has_handlers[place->owner - HANDLERS];
    return place->owner == PERSISTENT || !m.has_handlers[place->owner];
}

/* --- what may happen --- */

static void take(void)
{
    struct model_block *const place = random_place(false);
    const size_t bytes = random_bytes();
    const unsigned owner = owner_now();
    bool failed;

    if (place == NULL)
        return;
    switch (test_random_below(8)) {
    case 0:
        failed = RUNS_OUT(m.answer = ecalloc(bytes, 1));
        CHECK(failed || m.answer == NULL || test_is_zero(m.answer, bytes));
        break;
    case 1:
        failed = RUNS_OUT(m.answer = safe_emalloc(bytes, 1, 0));
        break;
    case 2:
        m.answer = femalloc(bytes, true);
        failed = m.answer == NULL;
        break;
    case 3:
        failed = RUNS_OUT(m.answer = zend_mm_alloc(m.heaps[m.current], bytes));
        break;
    case 4:
        failed = RUNS_OUT(m.answer = emalloc(24));
        if (!failed)
            note_block(place, m.answer, 24, owner);
        return;
    default:
        failed = RUNS_OUT(m.answer = emalloc(bytes));
    }
    if (!failed)
        note_block(place, m.answer, bytes, owner);
}

static void take_persistent(void)
{
    struct model_block *const place = random_place(false);
    const size_t bytes = test_random_below(400);

    if (place != NULL && !RUNS_OUT(m.answer = pemalloc(bytes, true)))
        note_block(place, m.answer, bytes, PERSISTENT);
}

static void overflow(void)
{
    CHECK(RUNS_OUT(m.answer = safe_emalloc(SIZE_MAX / 2, opaque_size(3), 0)));
    CHECK_EQ(test_oom.bytes, SIZE_MAX);
    CHECK(RUNS_OUT(m.answer = ecalloc(opaque_size(SIZE_MAX), 2)));
    CHECK_EQ(femalloc(opaque_size(SIZE_MAX - 8), true), NULL);
}

/* The call that a change goes by; false: it ran out of memory, and nothing has changed. */
static bool change_by(struct model_block *place, size_t bytes, size_t *kept_bytes)
{
    zend_mm_heap *const heap = place->owner < HEAPS ? m.heaps[place->owner] : NULL;
    const size_t copy_bytes = test_random_below(bytes + 1);

    *kept_bytes = bytes < place->bytes ? bytes : place->bytes;
    if (place->owner == PERSISTENT)
        return !RUNS_OUT(m.answer = perealloc(place->at, bytes, true));
    if (place->owner != owner_now()) /* of another heap, which is named */
        return !RUNS_OUT(
                m.answer = zend_mm_realloc(heap != NULL ? heap : m.heaps[place->owner - HANDLERS], place->at, bytes));
    if (test_random_below(2) == 0 || place->owner >= HANDLERS)
        return !RUNS_OUT(m.answer = erealloc(place->at, bytes));
    *kept_bytes = copy_bytes < *kept_bytes ? copy_bytes : *kept_bytes;
    return !RUNS_OUT(m.answer = erealloc2(place->at, bytes, copy_bytes));
}

static void change(void)
{
    struct model_block *const place = random_place(true);
    const size_t bytes = random_bytes();
    size_t kept_bytes;

    if (place == NULL || !can_be_given(place))
        return;
    check_contents(place);
    if (!change_by(place, bytes, &kept_bytes)) {
        check_contents(place);
        return;
    }
    CHECK(test_is_filled(m.answer, kept_bytes, place->seed));
    note_block(place, m.answer, bytes, place->owner);
}

static void give(void)
{
    struct model_block *const place = random_place(true);

    if (place == NULL || !can_be_given(place))
        return;
    check_contents(place);
    if (place->owner == PERSISTENT)
        pefree(place->at, true);
    else if (place->owner != owner_now())
        zend_mm_free(m.heaps[place->owner < HEAPS ? place->owner : place->owner - HANDLERS], place->at);
    else if (place->bytes == 24)
        efree_size(place->at, 24);
    else
        efree(place->at);
    place->at = NULL;
}

static void give_wrongly(void)
{
    struct model_block *const place = random_place(true);

    if (place == NULL || place->owner >= HEAPS || place->owner == m.current || m.has_handlers[m.current])
        return;
    efree(opaque_pointer(place->at)); /* of another heap */
    expect_misuse(m.heaps[m.current], KIND(QUARRY_INVALID_POINTER) | KIND(QUARRY_DOUBLE_FREE));
    check_contents(place);
}

/* What its handlers gave lies in the persistent heap, and stays there. */
static void forget_heap(unsigned index)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (m.blocks[i].at != NULL && m.blocks[i].owner == HANDLERS + index)
            m.blocks[i].owner = PERSISTENT;
    }
    m.heaps[index] = NULL;
    m.is_tracked[index] = m.has_handlers[index] = m.is_watched[index] = false;
}

/* A request ends, or a heap does and another takes its place. The first heap stays, so that there is always one. */
static void end(void)
{
    const unsigned index = test_random_below(4) == 0 ? (unsigned)test_random_below(HEAPS) : m.current;
    const bool full = index != 0 && test_random_below(3) == 0;

    if (m.heaps[index] == NULL) {
        m.is_tracked[index] = test_random_below(4) == 0;
        m.heaps[index] = m.is_tracked[index] ? zend_mm_startup_tracked() : zend_mm_startup();
        return;
    }
    forget_blocks_of(index);
    zend_mm_shutdown(m.heaps[index], full, true);
    if (full)
        forget_heap(index);
    if (m.heaps[m.current] == NULL) {
        CHECK_EQ(zend_mm_get_heap(), NULL);
        m.current = 0;
        zend_mm_set_heap(m.heaps[0]);
    }
}

static void swap_heap(void)
{
    const unsigned index = (unsigned)test_random_below(HEAPS);

    if (m.heaps[index] == NULL)
        return;
    CHECK_EQ(zend_mm_set_heap(m.heaps[index]), m.heaps[m.current]);
    m.current = index;
}

static void swap_handlers(void)
{
    const unsigned index = (unsigned)test_random_below(HEAPS);
    const bool set = !m.has_handlers[index];

    if (m.heaps[index] == NULL || m.is_tracked[index])
        return;
    zend_mm_set_custom_handlers(m.heaps[index], set ? handler_malloc : NULL, set ? handler_free : NULL,
                                set ? handler_realloc : NULL);
    CHECK_EQ(zend_mm_is_custom_heap(m.heaps[index]), set);
    m.has_handlers[index] = set;
}

static void swap_observer(void)
{
    const unsigned index = (unsigned)test_random_below(HEAPS);
    const struct quarry_observer watcher = {.context = &m.watched_blocks[index],
                                            .allocated = on_allocated,
                                            .freed = on_freed,
                                            .failed = on_failed,
                                            .ended = on_ended};

    if (m.heaps[index] == NULL)
        return;
    if (m.is_watched[index]) {
        CHECK(quarry_remove_observer(m.heaps[index], &m.watchers[index]));
    } else {
        m.watchers[index] = watcher;
        m.watched_blocks[index] = count_blocks_of(index);
        CHECK(quarry_add_observer(m.heaps[index], &m.watchers[index]));
    }
    m.is_watched[index] = !m.is_watched[index];
}

static void set_figures(void)
{
    switch (test_random_below(5)) {
    case 0:
        zend_set_memory_limit((1 + test_random_below(6)) * CHUNK);
        break;
    case 1:
        zend_mm_set_max_allocs(test_random_below(3) == 0 ? test_random_below(9) + 1 : 0);
        break;
    case 2:
        zend_mm_gc(m.heaps[m.current]);
        break;
    case 3:
        zend_memory_reset_peak_usage();
        CHECK_EQ(zend_memory_peak_usage(true), zend_memory_usage(true));
        break;
    default:
        m.scene->source.fail_at = test_random_below(2) == 0 ? (unsigned)test_random_below(4) + 1 : 0;
        m.scene->source.fail_odds = (unsigned)test_random_below(3) * 60;
    }
}

/* --- for the tests --- */

void model_begin(struct scene *scene)
{
    m = (struct model){.scene = scene, .heaps = {scene->heap}, .seed = 1};
    zend_mm_set_heap(scene->heap);
    zend_mm_set_max_allocs(0);
    zend_set_memory_limit(SIZE_MAX);
}

void model_step(void)
{
    static void (*const events[])(void) = {take,      take,     take, take, take,   take,         take_persistent,
                                           change,    give,     give, give, change, give_wrongly, overflow,
                                           swap_heap, swap_heap};
    static void (*const rare_events[])(void) = {end, end, swap_handlers, swap_observer, set_figures};

    if (test_random_below(12) == 0)
        rare_events[test_random_below(sizeof rare_events / sizeof rare_events[0])]();
    else
        events[test_random_below(sizeof events / sizeof events[0])]();
    CHECK_EQ(zend_mm_get_heap(), m.heaps[m.current]);
}

static void check_heap_of_model(unsigned index)
{
    const struct quarry_stats stats = stats_of(m.heaps[index]);
    size_t count = 0, bytes = 0;

    for (unsigned i = 0; i < BLOCKS; i++) {
        if (m.blocks[i].at != NULL && m.blocks[i].owner == index) {
            count++;
            bytes += m.is_tracked[index] ? 0 : quarry_usable_size(m.heaps[index], m.blocks[i].at);
        }
    }
    check_heap(m.heaps[index]);
    CHECK(stats.limit_bytes == 0 || stats.acquired_bytes <= stats.limit_bytes);
    if (QUARRY_STATS) {
        CHECK_EQ(stats.blocks, count);
        CHECK(m.is_tracked[index] || stats.used_bytes == bytes);
    }
    if (m.is_watched[index])
        CHECK_EQ(m.watched_blocks[index], count_blocks_of(index));
}

void model_check(void)
{
    const size_t limit_bytes = stats_of(m.heaps[m.current]).limit_bytes;

    for (unsigned i = 0; i < BLOCKS; i++) {
        if (m.blocks[i].at != NULL)
            check_contents(&m.blocks[i]);
    }
    for (unsigned i = 0; i < HEAPS; i++) {
        if (m.heaps[i] != NULL)
            check_heap_of_model(i);
    }
    CHECK(quarry_check(m.scene->persistent));
    CHECK(limit_bytes == 0 || zend_memory_usage(true) <= limit_bytes);
    CHECK(zend_memory_usage(false) <= zend_memory_usage(true));
    CHECK(zend_memory_usage(true) <= zend_memory_peak_usage(true));
    CHECK(zend_memory_usage(false) <= zend_memory_peak_usage(false));
    CHECK_EQ(m.scene->source.errors, 0);
}

void model_end(void)
{
    m.scene->source.fail_at = m.scene->source.fail_odds = 0;
    for (unsigned i = 0; i < HEAPS; i++) {
        forget_blocks_of(i);
        if (m.heaps[i] != NULL)
            zend_mm_shutdown(m.heaps[i], i != 0, true);
        if (i != 0)
            forget_heap(i);
    }
    zend_mm_set_custom_handlers(m.heaps[0], NULL, NULL, NULL);
    if (m.is_watched[0])
        CHECK(quarry_remove_observer(m.heaps[0], &m.watchers[0]));
    forget_heap(0);
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (m.blocks[i].at != NULL) {
            check_contents(&m.blocks[i]);
            pefree(m.blocks[i].at, true);
        }
    }
}
