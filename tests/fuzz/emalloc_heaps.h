/* SPDX-License-Identifier: MIT
 *
 * emalloc_heaps.h: the part of emalloc.c that makes, changes and ends heaps. Included there once, after the model.
 */

static struct heap_model *current(void)
{
    return world.current < HEAPS ? &world.heaps[world.current] : NULL;
}

/* The blocks of a heap are gone; those of its handlers are given back to these. */
static void forget_blocks(unsigned heap, bool custom_too)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct block_model *b = &world.blocks[i];
        if (b->at == NULL || b->heap != heap || (b->is_custom && !custom_too))
            continue;
        if (b->is_custom)
            free(b->at);
        count_out(b);
        b->at = NULL;
    }
}

static void end_request(unsigned index, bool is_full, bool is_silent)
{
    struct heap_model *h = &world.heaps[index];
    size_t leaks = h->blocks;
    bool reports_leaks = !is_silent && !h->has_handlers && leaks != 0 &&
                         (h->kind == TRACKED || (QUARRY_TRACK != 0 && h->kind != PLAIN));
    FUZZ_TRACE("end of heap %u, full %d, silent %d, %zu leaks\n", index, is_full, is_silent, leaks);
    forget_blocks(index, is_full);
    if (h->is_observed)
        h->expected_events++;
    world.printed = 0;
    if (!is_full && index == world.current)
        shutdown_memory_manager(is_silent, false);
    else
        zend_mm_shutdown(h->heap, is_full, is_silent);
    FUZZ_CHECK((world.printed != 0) == reports_leaks);
    FUZZ_CHECK(h->events == h->expected_events);
    if (is_full) {
        if (index == world.current)
            world.current = HEAPS;
        memset(h, 0, sizeof *h);
    } else {
        check_heap(h);
        if (h == current() && h->kind != PLAIN)
            FUZZ_CHECK(zend_memory_peak_usage(false) == 0);
    }
    FUZZ_CHECK(zend_mm_get_heap() == (current() == NULL ? NULL : current()->heap));
}

static zend_mm_heap *start_plain(struct fuzz_input *in)
{
    size_t bytes = quarry_min_region_bytes() + fuzz_word(in) % 8000;
    if (world.next + bytes > world.window_bytes)
        return NULL;
    uint8_t *region = world.window + world.next;
    world.next += (bytes + 63) & ~(size_t)63;
    fuzz_memory_open(region, bytes, 0x77);
    return quarry_create(region, bytes, NULL);
}

static zend_mm_heap *start_storage(struct fuzz_input *in)
{
    static struct fuzz_source *source;
    const zend_mm_handlers handlers = {storage_alloc, storage_free, storage_truncate, storage_extend};
    const size_t bytes = 16 * (size_t)QUARRY_CHUNK_BYTES;
    if (world.storage_source.memory != NULL || world.next + bytes + FRAME_BYTES > world.window_bytes)
        return NULL;
    world.next = (world.next + FRAME_BYTES - 1) & ~(FRAME_BYTES - 1);
    source = &world.storage_source;
    source_begin(source, world.window + world.next, bytes, 0, 0x33);
    source->refusals = fuzz_byte(in);
    world.next += bytes;
    zend_mm_heap *heap = zend_mm_startup_ex(&handlers, &source, sizeof source);
    FUZZ_CHECK((heap != NULL) == (source->refused == 0));
    FUZZ_CHECK(heap == NULL || *(struct fuzz_source **)zend_mm_get_storage(heap)->data == source);
    return heap;
}

static void start_heap(struct fuzz_input *in)
{
    unsigned kind = fuzz_byte(in) % 6, i = 0;
    while (i < HEAPS && world.heaps[i].kind != NO_HEAP)
        i++;
    if (i == HEAPS)
        return;
    struct heap_model *h = &world.heaps[i];
    memset(h, 0, sizeof *h);
    zend_mm_heap *heap = kind < 2    ? zend_mm_startup()
                         : kind == 2 ? zend_mm_startup_tracked()
                         : kind == 3 ? start_storage(in)
                                     : start_plain(in);
    FUZZ_TRACE("start of heap %u, kind %u = %p\n", i, kind, (void *)heap);
    if (heap == NULL)
        return;
    h->heap = heap;
    h->kind = kind < 2 ? REQUEST : kind == 2 ? TRACKED : kind == 3 ? STORAGE : PLAIN;
    check_heap(h);
}

static void set_current(struct fuzz_input *in)
{
    unsigned index = fuzz_byte(in) % (HEAPS + 1);
    struct heap_model *before = current();
    if (index < HEAPS && world.heaps[index].kind == NO_HEAP)
        return;
    world.current = index;
    FUZZ_TRACE("current heap %u\n", index);
    FUZZ_CHECK(zend_mm_set_heap(current() == NULL ? NULL : current()->heap) == (before == NULL ? NULL : before->heap));
}

static void set_handlers(struct fuzz_input *in)
{
    struct heap_model *h = &world.heaps[fuzz_byte(in) % HEAPS];
    void *(*take_by)(size_t), *(*change_by)(void *, size_t);
    void (*give_by)(void *);
    if (h->kind == NO_HEAP)
        return;
    bool wants = !h->has_handlers, can = h->kind == REQUEST || h->kind == STORAGE;
    FUZZ_TRACE("handlers %d\n", wants);
    zend_mm_set_custom_handlers(h->heap, wants ? custom_malloc : NULL, wants ? custom_free : NULL,
                                wants ? custom_realloc : NULL);
    FUZZ_CHECK(world.reports == !can);
    world.reports = 0;
    if (can)
        h->has_handlers = wants;
    FUZZ_CHECK(zend_mm_is_custom_heap(h->heap) == (h->has_handlers || h->kind == TRACKED));
    zend_mm_get_custom_handlers(h->heap, &take_by, &give_by, &change_by);
    FUZZ_CHECK((take_by == custom_malloc) == h->has_handlers && (give_by == custom_free) == h->has_handlers &&
               (change_by == custom_realloc) == h->has_handlers);
}

static void set_observer(struct fuzz_input *in)
{
    struct heap_model *h = &world.heaps[fuzz_byte(in) % HEAPS];
    if (h->kind == NO_HEAP)
        return;
    h->observer = (struct quarry_observer){.context = h,
                                           .allocated = on_block,
                                           .freed = on_freed,
                                           .resized = on_resized,
                                           .failed = on_failed,
                                           .ended = on_ended,
                                           .next = h->observer.next};
    bool done =
            h->is_observed ? quarry_remove_observer(h->heap, &h->observer) : quarry_add_observer(h->heap, &h->observer);
    FUZZ_CHECK(done == can_observe(h) && world.reports == !can_observe(h));
    world.reports = 0;
    h->is_observed ^= done;
}

static void set_limit(struct fuzz_input *in)
{
    size_t limit = fuzz_byte(in) < 128 ? SIZE_MAX / 2 : (size_t)fuzz_word(in) * 16;
    bool done = zend_set_memory_limit(limit) == SUCCESS;
    FUZZ_TRACE("limit %zu: %d\n", limit, done);
    FUZZ_CHECK(current() != NULL || !done);
    if (current() != NULL)
        FUZZ_CHECK(done == (limit != 0 && zend_memory_usage(true) <= limit));
}

static void set_budget(struct fuzz_input *in)
{
    struct heap_model *h = current();
    unsigned allocations = fuzz_byte(in) % 32;
    if (h == NULL)
        return;
    FUZZ_CHECK(zend_mm_max_allocs_hit() == h->has_run_out);
    zend_mm_set_max_allocs(allocations);
    FUZZ_CHECK(world.reports == (h->kind == PLAIN));
    world.reports = 0;
    if (h->kind == PLAIN)
        return;
    h->counts = allocations != 0;
    h->left = allocations;
    h->has_run_out = false;
}

static void set_fallible(void)
{
    struct heap_model *h = current();
    if (h == NULL || h->kind == PLAIN)
        return;
    h->is_fallible = !h->is_fallible;
    zend_mm_set_fallible(h->is_fallible);
    FUZZ_CHECK(zend_mm_is_fallible() == h->is_fallible);
}

static void collect(struct fuzz_input *in)
{
    struct heap_model *h = &world.heaps[fuzz_byte(in) % HEAPS];
    if (h->kind == NO_HEAP)
        return;
    size_t before = zend_memory_usage(true), bytes = zend_mm_gc(h->heap);
    if (h == current())
        FUZZ_CHECK(zend_memory_usage(true) == before - bytes);
    check_heap(h);
}

static void change_heaps(struct fuzz_input *in, unsigned call)
{
    unsigned value;
    switch (call) {
    case 0:
        start_heap(in);
        break;
    case 1:
    case 2:
        set_current(in);
        break;
    case 3:
    case 4:
        value = fuzz_byte(in);
        if (world.heaps[value % HEAPS].kind != NO_HEAP)
            end_request(value % HEAPS, value >= 192, (value & 32) != 0);
        break;
    case 5:
        set_handlers(in);
        break;
    case 6:
        set_observer(in);
        break;
    case 7:
        set_limit(in);
        break;
    case 8:
        set_budget(in);
        break;
    case 9:
        set_fallible();
        break;
    case 10:
        collect(in);
        break;
    default:
        zend_memory_reset_peak_usage();
        FUZZ_CHECK(zend_memory_peak_usage(false) == zend_memory_usage(false));
        zend_mm_shutdown(quarry_persistent_heap(), true, true); /* is left alone */
        break;
    }
}

static bool begin(struct fuzz_input *in)
{
    struct quarry_memory memory = {.region = NULL};
    unsigned kind = fuzz_byte(in);
    world.window = fuzz_window(WINDOW_MAIN, &world.window_bytes);
    if ((kind & 3) != 0)
        memory.options.chunk_bytes = CHUNK_LEAST_BYTES << (kind & 1);
    if ((kind & 12) == 12)
        memory.options.limit_bytes = CHUNK_LEAST_BYTES * 2 + (size_t)fuzz_word(in) * 8;
    memory.options.entropy = kind;
    world.on_source = (kind & 16) != 0;
    if (world.on_source) {
        world.next = FRAME_BYTES * 100;
        source_begin(&world.source, world.window, world.next, (kind & 32) != 0 ? kind >> 6 : 0, kind);
        world.source.refusals = (kind & 64) != 0 ? fuzz_word(in) : 0;
        memory.source = &world.source.source;
        if (memory.options.chunk_bytes == 0)
            memory.options.chunk_bytes = CHUNK_LEAST_BYTES;
    } else {
        memory.region_bytes = CHUNK_LEAST_BYTES + (size_t)fuzz_word(in) * 3;
        memory.region = world.window + (kind >> 5);
        world.next = (memory.region_bytes + FRAME_BYTES) & ~(FRAME_BYTES - 1);
        fuzz_memory_open(memory.region, memory.region_bytes, kind);
    }
    bool started = start_memory_manager(&memory);
    FUZZ_TRACE("start = %d, on source %d, limit %zu\n", started, world.on_source, memory.options.limit_bytes);
    if (!started) {
        FUZZ_CHECK(quarry_persistent_heap() == NULL && zend_mm_get_heap() == NULL);
        FUZZ_CHECK(!world.on_source || world.source.refused != 0);
        return false;
    }
    FUZZ_CHECK(!start_memory_manager(&memory));
    world.heaps[0].heap = zend_mm_get_heap();
    world.heaps[0].kind = REQUEST;
    check_all();
    return true;
}

static void end(struct fuzz_input *in)
{
    check_all();
    for (unsigned i = 0; i < HEAPS; i++) {
        if (world.heaps[i].kind != NO_HEAP)
            end_request(i, true, fuzz_byte(in) % 2 == 0);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct block_model *b = &world.blocks[i];
        check_block(b);
        if (b->at != NULL && i % 2 == 0)
            pefree(b->at, true);
    }
    FUZZ_CHECK(world.reports == 0 && quarry_check(quarry_persistent_heap()));
    shutdown_memory_manager(true, true);
    FUZZ_CHECK(quarry_persistent_heap() == NULL && zend_mm_get_heap() == NULL && world.reports == 0);
    if (world.source.source.release != NULL)
        FUZZ_CHECK(world.source.granted_bytes == 0);
    FUZZ_CHECK(world.storage_source.granted_bytes == 0);
}
