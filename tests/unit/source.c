/* SPDX-License-Identifier: MIT
 *
 * source.c: the figures, the limit and the gate around a provider's callbacks. The provider here gives an address
 * that a test sets, touches no memory, and notes what it was asked.
 */
#include "../../src/source.h"

#include "../../src/chunk.h"

#include "test.h"

/* Looks like memory that a provider may give. */
#define SOME_ADDRESS ((void *)(uintptr_t)(16u * QUARRY_PAGE_BYTES))

/* What a heap's gate might be while no callback runs. */
enum { OPEN_BYTES = 1000 };

/* Of a chunk. */
static struct control_pages open_pages = {.page_count = 100}, other_pages = {.page_count = 7};

struct fake {
    struct quarry_source provider;
    struct source source;
    void *answer; /* acquire's */
    bool willing; /* extend's and truncate's */
    unsigned calls;
    unsigned released;
    bool was_shut; /* in every call */
    void *memory;  /* the last call's arguments */
    size_t old_bytes, bytes, align_bytes;
};

static void note(struct fake *fake, void *memory, size_t old_bytes, size_t bytes)
{
    fake->calls++;
    fake->was_shut = fake->was_shut && fake->source.hot.bytes == 0 &&
                     control_hot_pages(&fake->source.hot)->page_count == 0 && source_is_busy(&fake->source);
    fake->memory = memory;
    fake->old_bytes = old_bytes;
    fake->bytes = bytes;
}

static void *fake_acquire(void *context, size_t bytes, size_t align_bytes)
{
    struct fake *fake = context;
    note(fake, NULL, 0, bytes);
    fake->align_bytes = align_bytes;
    return fake->answer;
}

static void fake_release(void *context, void *memory, size_t bytes)
{
    struct fake *fake = context;
    note(fake, memory, 0, bytes);
    fake->released++;
}

static bool fake_resize(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    struct fake *fake = context;
    note(fake, memory, old_bytes, bytes);
    return fake->willing;
}

static void open_hot(struct source *source, size_t bytes, struct control_pages *pages)
{
    source->hot.bytes = bytes;
    control_set_hot_pages(&source->hot, pages, true);
}

static struct source *begin(struct fake *fake)
{
    static const struct fake none;
    *fake = none;
    fake->provider.context = fake;
    fake->provider.acquire = fake_acquire;
    fake->provider.release = fake_release;
    fake->provider.extend = fake->provider.truncate = fake_resize;
    fake->source.provider = &fake->provider;
    fake->answer = SOME_ADDRESS;
    fake->willing = fake->was_shut = true;
    open_hot(&fake->source, OPEN_BYTES, &open_pages);
    qi_source_seal(&fake->source);
    return &fake->source;
}

static void check_figures(const struct source *source, size_t acquired_bytes, size_t peak_bytes)
{
    CHECK_EQ(source->acquired_bytes, acquired_bytes);
    CHECK_EQ(source->acquired_peak_bytes, peak_bytes);
    CHECK_EQ(source->hot.bytes, OPEN_BYTES);
    CHECK_EQ(source->hot.pages, &open_pages);
    CHECK(!source_is_busy(source));
}

/* Memory that nobody has yet. */
static void *acquire(struct source *source, size_t bytes)
{
    void *memory = qi_source_ask(source, bytes, QUARRY_PAGE_BYTES);
    return memory == NULL ? NULL : qi_source_accept(source, memory, bytes, QUARRY_PAGE_BYTES);
}

TEST(test_source_acquire_asks_for_bytes_at_page_alignment)
{
    struct fake fake;
    struct source *source = begin(&fake);
    CHECK_EQ(acquire(source, 8192), SOME_ADDRESS);
    CHECK_EQ(fake.bytes, 8192);
    CHECK_EQ(fake.align_bytes, QUARRY_PAGE_BYTES);
    check_figures(source, 8192, 8192);
}

TEST(test_source_acquire_without_provider_gives_null)
{
    struct fake fake;
    struct source *source = begin(&fake);
    source->provider = NULL;
    qi_source_seal(source);
    CHECK_EQ(acquire(source, 4096), NULL);
    check_figures(source, 0, 0);
}

TEST(test_source_acquire_null_counts_nothing)
{
    struct fake fake;
    struct source *source = begin(&fake);
    fake.answer = NULL;
    CHECK_EQ(acquire(source, 4096), NULL);
    CHECK_EQ(fake.calls, 1);
    check_figures(source, 0, 0);
}

TEST(test_source_acquire_misaligned_is_given_back)
{
    struct fake fake;
    struct source *source = begin(&fake);
    for (unsigned bit = 0; bit < (unsigned)__builtin_ctz(QUARRY_PAGE_BYTES); bit++) {
        fake.answer = (void *)((uintptr_t)SOME_ADDRESS + ((uintptr_t)1 << bit));
        CHECK_EQ(acquire(source, 4096), NULL);
        CHECK_EQ(fake.released, bit + 1);
        CHECK_EQ(fake.memory, fake.answer);
        CHECK_EQ(fake.bytes, 4096);
    }
    check_figures(source, 0, 0);
}

TEST(test_source_acquire_misaligned_without_release_gives_null)
{
    struct fake fake;
    struct source *source = begin(&fake);
    fake.provider.release = NULL;
    qi_source_seal(source);
    fake.answer = (void *)((uintptr_t)SOME_ADDRESS + 8);
    CHECK_EQ(acquire(source, 4096), NULL);
    CHECK_EQ(fake.calls, 1);
    check_figures(source, 0, 0);
}

TEST(test_source_acquire_that_wraps_round_is_given_back)
{
    struct fake fake;
    struct source *source = begin(&fake);
    for (size_t pages = 2; pages < 64; pages++) {
        fake.answer = (void *)(uintptr_t)(0 - (uintptr_t)(pages - 1) * QUARRY_PAGE_BYTES);
        CHECK_EQ(acquire(source, pages * QUARRY_PAGE_BYTES), NULL);
        CHECK_EQ(fake.released, pages - 1);
        CHECK_EQ(fake.memory, fake.answer);
    }
    check_figures(source, 0, 0);
}

TEST(test_source_acquire_up_to_last_byte_of_address_space_is_accepted)
{
    struct fake fake;
    struct source *source = begin(&fake);
    for (size_t pages = 1; pages < 64; pages++) {
        fake.answer = (void *)(uintptr_t)(0 - (uintptr_t)pages * QUARRY_PAGE_BYTES);
        CHECK_EQ(acquire(source, pages * QUARRY_PAGE_BYTES), fake.answer);
        CHECK_EQ(fake.released, 0);
        source->acquired_bytes = 0;
        qi_source_seal(source);
    }
}

TEST(test_source_acquire_beyond_limit_does_not_ask)
{
    struct fake fake;
    struct source *source = begin(&fake);
    source->limit_bytes = 12288;
    qi_source_seal(source);
    CHECK(acquire(source, 8192) != NULL);
    CHECK_EQ(qi_source_room_bytes(source), 4096);
    CHECK_EQ(acquire(source, 4097), NULL);
    CHECK_EQ(fake.calls, 1);
    CHECK(acquire(source, 4096) != NULL);
    CHECK_EQ(qi_source_room_bytes(source), 0);
    CHECK_EQ(acquire(source, 1), NULL);
    check_figures(source, 12288, 12288);
}

TEST(test_source_room_without_limit_never_overflows)
{
    struct fake fake;
    struct source *source = begin(&fake);
    source->provider = NULL;
    qi_source_seal(source);
    CHECK_EQ(qi_source_room_bytes(source), SIZE_MAX);
    qi_source_count(source, 1000);
    CHECK_EQ(qi_source_room_bytes(source), SIZE_MAX - 1000);
    check_figures(source, 1000, 1000);
}

TEST(test_source_release_gives_bytes_back_and_keeps_peak)
{
    struct fake fake;
    struct source *source = begin(&fake);
    qi_source_count(source, 20000);
    CHECK(qi_source_release(source, SOME_ADDRESS, 12000));
    CHECK_EQ(fake.memory, SOME_ADDRESS);
    CHECK_EQ(fake.bytes, 12000);
    check_figures(source, 8000, 20000);
    qi_source_count(source, 1000);
    check_figures(source, 9000, 20000);
}

TEST(test_source_release_without_callback_keeps_memory)
{
    struct fake fake;
    struct source *source = begin(&fake);
    fake.provider.release = NULL;
    qi_source_seal(source);
    qi_source_count(source, 4096);
    CHECK(!qi_source_release(source, SOME_ADDRESS, 4096));
    check_figures(source, 4096, 4096);
}

TEST(test_source_ask_counts_nothing)
{
    struct fake fake;
    struct source *source = begin(&fake);
    CHECK_EQ(qi_source_ask(source, 8192, 64), SOME_ADDRESS);
    CHECK_EQ(fake.align_bytes, 64);
    check_figures(source, 0, 0);
}

TEST(test_source_extend_counts_nothing_before_heap_accepts_it)
{
    struct fake fake;
    struct source *source = begin(&fake);
    qi_source_count(source, 4096);
    CHECK(qi_source_extend(source, SOME_ADDRESS, 4096, 12288));
    CHECK_EQ(fake.memory, SOME_ADDRESS);
    CHECK_EQ(fake.old_bytes, 4096);
    CHECK_EQ(fake.bytes, 12288);
    check_figures(source, 4096, 4096);
}

TEST(test_source_extend_refused_counts_nothing)
{
    struct fake fake;
    struct source *source = begin(&fake);
    qi_source_count(source, 4096);
    fake.willing = false;
    CHECK(!qi_source_extend(source, SOME_ADDRESS, 4096, 8192));
    fake.provider.extend = NULL;
    qi_source_seal(source);
    CHECK(!qi_source_extend(source, SOME_ADDRESS, 4096, 8192));
    CHECK_EQ(fake.calls, 1);
    check_figures(source, 4096, 4096);
}

TEST(test_source_extend_beyond_limit_does_not_ask)
{
    struct fake fake;
    struct source *source = begin(&fake);
    source->limit_bytes = 8192;
    qi_source_seal(source);
    qi_source_count(source, 4096);
    CHECK(!qi_source_extend(source, SOME_ADDRESS, 4096, 8193));
    CHECK_EQ(fake.calls, 0);
    CHECK(qi_source_extend(source, SOME_ADDRESS, 4096, 8192));
    CHECK_EQ(fake.calls, 1);
    check_figures(source, 4096, 4096);
}

TEST(test_source_truncate_counts_what_was_cut_off)
{
    struct fake fake;
    struct source *source = begin(&fake);
    qi_source_count(source, 12288);
    CHECK(qi_source_truncate(source, SOME_ADDRESS, 12288, 4096));
    CHECK_EQ(fake.old_bytes, 12288);
    CHECK_EQ(fake.bytes, 4096);
    check_figures(source, 4096, 12288);
}

TEST(test_source_truncate_refused_counts_nothing)
{
    struct fake fake;
    struct source *source = begin(&fake);
    qi_source_count(source, 12288);
    fake.willing = false;
    CHECK(!qi_source_truncate(source, SOME_ADDRESS, 12288, 4096));
    fake.provider.truncate = NULL;
    qi_source_seal(source);
    CHECK(!qi_source_truncate(source, SOME_ADDRESS, 12288, 4096));
    CHECK_EQ(fake.calls, 1);
    check_figures(source, 12288, 12288);
}

/* --- the gate --- */

/* The gate is what it was before, and each of so many callbacks found it shut. */
static void check_gate(const struct fake *fake, unsigned calls, size_t bytes, const struct control_pages *pages)
{
    CHECK_EQ(fake->calls, calls);
    CHECK(fake->was_shut);
    CHECK_EQ(fake->source.hot.bytes, bytes);
    CHECK_EQ(fake->source.hot.pages, pages);
    CHECK_EQ(source_is_busy(&fake->source), bytes == 0);
}

/* Every kind of callback, willing or not. */
static void check_callbacks(size_t bytes, struct control_pages *pages)
{
    struct fake fake;
    struct source *source = begin(&fake);
    open_hot(source, bytes, pages);
    for (unsigned willing = 0; willing < 2; willing++) {
        fake.willing = willing != 0;
        fake.answer = willing != 0 ? SOME_ADDRESS : NULL;
        fake.calls = 0;
        acquire(source, 8192);
        check_gate(&fake, 1, bytes, pages);
        if (qi_source_extend(source, SOME_ADDRESS, 8192, 12288))
            qi_source_count(source, 4096);
        check_gate(&fake, 2, bytes, pages);
        qi_source_truncate(source, SOME_ADDRESS, 12288, 4096);
        check_gate(&fake, 3, bytes, pages);
        source->acquired_bytes = 4096;
        qi_source_seal(source);
        qi_source_release(source, SOME_ADDRESS, 4096);
        check_gate(&fake, 4, bytes, pages);
    }
    fake.answer = (void *)((uintptr_t)SOME_ADDRESS + 1);
    acquire(source, 4096); /* and its release */
    check_gate(&fake, 6, bytes, pages);
}

TEST(test_source_gate_is_shut_during_every_callback_and_afterwards_as_before)
{
    static struct control_pages none;
    check_callbacks(OPEN_BYTES, &open_pages);
    check_callbacks(1, &none);
    check_callbacks(SIZE_MAX, &other_pages);
    check_callbacks(0, &none);
}

TEST(test_source_gate_stays_open_where_no_callback_is_asked)
{
    struct fake fake;
    struct source *source = begin(&fake);
    source->limit_bytes = 4096;
    qi_source_seal(source);
    CHECK_EQ(acquire(source, 8192), NULL);
    fake.provider.release = NULL;
    fake.provider.extend = fake.provider.truncate = NULL;
    qi_source_seal(source);
    CHECK(!qi_source_extend(source, SOME_ADDRESS, 1, 2));
    CHECK(!qi_source_truncate(source, SOME_ADDRESS, 2, 1));
    CHECK(!qi_source_release(source, SOME_ADDRESS, 1));
    check_gate(&fake, 0, OPEN_BYTES, &open_pages);
}
