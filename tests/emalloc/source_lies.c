/* SPDX-License-Identifier: MIT
 *
 * source_lies.c: a source that gives memory which the heap has already, although no block lies in it: chunks that are
 * cached for the next request, and the table of places. It is refused and reported, and what was cached serves as ever.
 */
#include "emalloc_test.h"

enum { CACHED = 3 };

/* Stands in front of the harness's provider, and notes the chunks that it has given. */
static struct {
    struct quarry_source honest;
    unsigned char *given[32]; /* as long as they are not released */
    unsigned char *lie;       /* to be given next; NULL: the truth */
    bool extends;             /* next, without asking */
    unsigned char *cached;    /* a chunk; NULL once it is released */
} liar;

static void *lying_acquire(void *context, size_t bytes, size_t align_bytes)
{
    unsigned char *lie = liar.lie, *memory;

    liar.lie = NULL;
    if (lie != NULL)
        return lie;
    memory = liar.honest.acquire(context, bytes, align_bytes);
    for (unsigned i = 0; memory != NULL && i < 32; i++) {
        if (liar.given[i] == NULL) {
            liar.given[i] = memory;
            break;
        }
    }
    return memory;
}

static void lying_release(void *context, void *memory, size_t bytes)
{
    if (memory == liar.cached)
        liar.cached = NULL;
    for (unsigned i = 0; i < 32; i++) {
        if (liar.given[i] == memory)
            liar.given[i] = NULL;
    }
    if ((uintptr_t)memory - (uintptr_t)((struct test_source *)context)->memory <
        ((struct test_source *)context)->granules * GRANULE_BYTES)
        liar.honest.release(context, memory, bytes);
}

static bool lying_extend(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    if (!liar.extends)
        return false;
    liar.extends = false;
    (void)context, (void)memory, (void)old_bytes, (void)bytes;
    return true; /* where it lies, other memory of the heap follows */
}

static bool begin(struct scene *s, unsigned chunks)
{
    static const struct scene none;

    *s = none;
    s->memory.options = test_options();
    s->memory.options.chunk_bytes = CHUNK;
    s->memory.source = &s->source.source;
    if (!test_source_init(&s->source, chunks * CHUNK + (QUARRY_TRACK ? 16 * GRANULE_BYTES : 0)))
        return false;
    for (unsigned i = 0; i < 32; i++)
        liar.given[i] = NULL;
    liar.lie = NULL;
    liar.extends = false;
    liar.cached = NULL;
    liar.honest = s->source.source;
    s->source.source.acquire = lying_acquire;
    s->source.source.release = liar.honest.release == NULL ? NULL : lying_release;
    s->source.source.extend = lying_extend;
    if (!CHECK(start_memory_manager(&s->memory)))
        return false;
    s->heap = zend_mm_get_heap();
    s->persistent = quarry_persistent_heap();
    for (unsigned request = 0; request < 10; request++) {
        take_chunks(CACHED + 1);
        shutdown_memory_manager(true, false);
    }
    return CHECK_EQ(zend_memory_usage(true), (CACHED + 1) * CHUNK);
}

/* The heap has lost nothing, and uses nothing twice. */
static void end(struct scene *s)
{
    unsigned char *blocks[CACHED + 1];

    CHECK_EQ(zend_memory_usage(true), (CACHED + 1) * CHUNK);
    for (unsigned i = 0; i <= CACHED; i++) {
        blocks[i] = emalloc(BIG_BYTES);
        test_fill(blocks[i], BIG_BYTES, i);
    }
    for (unsigned i = 0; i <= CACHED; i++)
        CHECK(test_is_filled(blocks[i], BIG_BYTES, i));
    check_heap(s->heap);
    check_heap(s->persistent);
    CHECK_EQ(test_log.count, 0);
    shutdown_memory_manager(true, true);
    CHECK_EQ(s->source.errors, 0);
    CHECK_EQ(s->source.granted_bytes, 0);
}

static bool is_cached(const struct scene *s, const unsigned char *memory)
{
    return memory != NULL && (uintptr_t)memory != (uintptr_t)s->heap && (uintptr_t)memory != (uintptr_t)s->persistent &&
           !is_zend_ptr(memory);
}

/* A block that no chunk can hold, and that is asked for as more or less than a chunk. */
static void refuse(struct scene *s, unsigned char *lie, size_t bytes)
{
    const size_t peak = zend_memory_peak_usage(true);

    liar.lie = lie;
    CHECK_EQ(femalloc(bytes, true), NULL);
    expect_misuse(s->heap, KIND(QUARRY_CORRUPT));
    CHECK_EQ(liar.lie, NULL);
    CHECK_EQ(zend_memory_usage(true), (CACHED + 1) * CHUNK);
    CHECK_EQ(zend_memory_peak_usage(true), peak);
}

TEST(test_source_that_gives_a_cached_chunk_is_refused_and_reported)
{
    struct scene s;
    unsigned lies = 0;

    NEEDS_CHECKS();
    if (!begin(&s, CACHED + 8))
        return;
    for (unsigned i = 0; i < 32 && !test_is_over(); i++) {
        if (!is_cached(&s, liar.given[i]))
            continue;
        refuse(&s, liar.given[i], HUGE_BYTES);
        refuse(&s, liar.given[i] + GRANULE_BYTES / 2, HUGE_BYTES); /* inside */
        refuse(&s, liar.given[i] - CHUNK, HUGE_BYTES);             /* its second half */
        refuse(&s, liar.given[i] + CHUNK - QUARRY_PAGE_BYTES, HUGE_BYTES);
        lies++;
    }
    CHECK(lies >= CACHED);
    end(&s);
}

/* A chunk that a heap asks for, when another has cached it. */
TEST(test_source_that_gives_a_chunk_which_another_heap_has_cached_is_refused_and_reported)
{
    struct scene s;
    zend_mm_heap *other;
    unsigned lies = 0;

    NEEDS_CHECKS();
    if (QUARRY_TRACK)
        SKIP("a heap does not know the other's table");
    if (!begin(&s, CACHED + 8))
        return;
    other = zend_mm_startup();
    REQUIRE(other != NULL);
    CHECK(zend_mm_alloc(other, BIG_BYTES) != NULL);
    for (unsigned i = 0; i < 32 && !test_is_over(); i++) {
        if (!is_cached(&s, liar.given[i]) || (uintptr_t)liar.given[i] == (uintptr_t)other)
            continue;
        zend_mm_set_heap(other);
        liar.lie = liar.given[i];
        CHECK_EQ(femalloc(BIG_BYTES, true), NULL);
        expect_misuse(other, KIND(QUARRY_CORRUPT));
        zend_mm_set_heap(s.heap);
        liar.lie = liar.given[i]; /* the first chunk of a heap that is to be made: it has no hook yet */
        CHECK_EQ(zend_mm_startup(), NULL);
        expect_misuse(s.persistent, KIND(QUARRY_CORRUPT));
        lies++;
    }
    CHECK(lies >= CACHED);
    zend_mm_shutdown(other, true, true);
    end(&s);
}

/* If it lied, it could not be told that the heap refuses, so it is not asked. */
TEST(test_source_is_not_asked_to_extend_a_block_into_a_cached_chunk)
{
    struct scene s;
    unsigned char *huge, *arena;

    NEEDS_CHECKS();
    if (!begin(&s, CACHED + 8))
        return;
    arena = test_memory_aligned(4 * CHUNK, QUARRY_PAGE_BYTES);
    if (arena != NULL) {
        zend_mm_gc(s.heap);
        liar.lie = arena + 2 * CHUNK; /* a chunk, which the next request's end leaves cached */
        take_chunks(2);
        shutdown_memory_manager(true, false);
        CHECK_EQ(liar.lie, NULL);
        CHECK_EQ(zend_memory_usage(true), 2 * CHUNK);
        liar.lie = arena;
        huge = emalloc(HUGE_BYTES);
        CHECK((uintptr_t)huge - (uintptr_t)arena < CHUNK);
        test_fill(huge, HUGE_BYTES, 1);
        liar.extends = true;
        liar.cached = arena + 2 * CHUNK;
        huge = erealloc(huge, HUGE_BYTES + CHUNK);
        CHECK_EQ(liar.extends, liar.cached != NULL); /* a limit may take the chunk out of its way */
        CHECK(!liar.extends || (uintptr_t)huge - (uintptr_t)arena >= 4 * CHUNK);
        liar.extends = false;
        CHECK(test_is_filled(huge, HUGE_BYTES, 1));
        efree(huge);
        shutdown_memory_manager(true, false);
        take_chunks(CACHED + 1);
        shutdown_memory_manager(true, false);
        check_heap(s.heap);
    }
    shutdown_memory_manager(true, true);
    CHECK_EQ(s.source.granted_bytes, 0);
}

/* With QUARRY_TRACK: memory for a longer table of places. The block is served, and the table stays where it is. */
TEST(test_source_that_gives_a_chunk_for_the_table_is_refused_and_reported)
{
    struct scene s;
    void *blocks[200];

    NEEDS_CHECKS();
    if (!QUARRY_TRACK)
        SKIP("no table");
    if (!begin(&s, CACHED + 8))
        return;
    for (unsigned round = 0; round < 2; round++) {
        unsigned char *lie = (unsigned char *)s.heap;
        unsigned count = 0;

        for (unsigned i = 0; i < 32 && round == 1; i++) {
            if (is_cached(&s, liar.given[i]))
                lie = liar.given[i];
        }
        liar.lie = lie;
        while (count < 200 && liar.lie != NULL)
            blocks[count++] = emalloc(16);
        CHECK_EQ(liar.lie, NULL);
        expect_misuse(s.heap, KIND(QUARRY_CORRUPT));
        while (count > 0)
            efree(blocks[--count]);
        check_heap(s.heap);
    }
    end(&s);
}
