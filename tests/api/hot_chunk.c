/* SPDX-License-Identifier: MIT
 *
 * hot_chunk.c: freeing in another chunk each time, which is not where the block before was found: in chunks of a source
 * and in several regions. A chunk in which the last block was found may be released, by that very call or later:
 * nothing may be left of it, and its blocks are wrong pointers at once. When chunks come and go at all is in chunks.c.
 */
#include "fixture.h"

#define CHUNK_BYTES SMALLEST_CHUNK_BYTES

enum { MOST_CHUNKS = 7 };

/* The chunks' memory, and in each a list of blocks, whose first words hold it together. */
struct chunks {
    unsigned count;
    uintptr_t starts[MOST_CHUNKS];
    size_t bytes[MOST_CHUNKS];
    void **lists[MOST_CHUNKS];
    unsigned lengths[MOST_CHUNKS];
};

static void add_chunk(struct chunks *chunks, const void *start, size_t bytes)
{
    chunks->starts[chunks->count] = (uintptr_t)start;
    chunks->bytes[chunks->count] = bytes;
    chunks->lists[chunks->count] = NULL;
    chunks->lengths[chunks->count++] = 0;
}

/* Which chunk holds a block; count: none. */
static unsigned chunk_of(const struct chunks *chunks, const void *block)
{
    unsigned i = 0;

    while (i < chunks->count && TEST_ADDRESS(block) - chunks->starts[i] >= chunks->bytes[i])
        i++;
    return i;
}

/* What a block holds behind its link. */
static uint32_t seed_of(const void *block)
{
    return (uint32_t)(uintptr_t)block;
}

static void push(struct quarry_heap *heap, struct chunks *chunks, void **block)
{
    const unsigned i = chunk_of(chunks, block);

    REQUIRE(i < chunks->count);
    test_fill(block + 1, quarry_usable_size(heap, block) - sizeof *block, seed_of(block));
    *block = (void *)chunks->lists[i];
    chunks->lists[i] = block;
    chunks->lengths[i]++;
}

/* The chunk's last block, which is live and as it was left. */
static void **pop(struct quarry_heap *heap, struct chunks *chunks, unsigned i)
{
    void **const block = chunks->lists[i];

    CHECK(quarry_owns(heap, block));
    CHECK(test_is_filled(block + 1, quarry_usable_size(heap, block) - sizeof *block, seed_of(block)));
    chunks->lists[i] = *block;
    chunks->lengths[i]--;
    return block;
}

static size_t some_bytes(void)
{
    switch (test_random_below(16)) {
    case 0:
        return CHUNK_BYTES / 16 + test_random_below(CHUNK_BYTES / 8);
    case 1:
    case 2:
        return sizeof(void *) + test_random_below(CHUNK_BYTES / 32); /* a block holds a link */
    default:
        return sizeof(void *) + test_random_below(80);
    }
}

/* Until there is no room for the smallest block; every chunk then has some. */
static bool fill_chunks(struct quarry_heap *heap, struct chunks *chunks)
{
    size_t bytes = sizeof(void *);
    void **block;
    bool all = true;
    unsigned i;

    while ((block = quarry_malloc(heap, bytes)) != NULL || bytes != sizeof(void *)) {
        if (block != NULL)
            push(heap, chunks, block);
        bytes = block != NULL ? some_bytes() : sizeof(void *);
    }
    check_heap(heap);
    for (i = 0; i < chunks->count; i++)
        all = CHECK(chunks->lengths[i] > 1) && all;
    return all;
}

/* A block that is dead by now, and one that is live but not by its start: both are reported and change nothing. */
static void try_wrong(struct quarry_heap *heap, const struct chunks *chunks, void *dead)
{
    const struct quarry_stats before = stats_of(heap);
    const unsigned other = (unsigned)test_random_below(chunks->count);
    struct quarry_stats after;

    if (QUARRY_CHECK_LEVEL == 0)
        return;
    quarry_free(heap, dead);
    expect_misuse(heap, KIND(QUARRY_DOUBLE_FREE) | KIND(QUARRY_INVALID_POINTER));
    if (chunks->lists[other] != NULL) {
        quarry_free(heap, (unsigned char *)chunks->lists[other] + 1);
        expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
        CHECK(quarry_owns(heap, chunks->lists[other]));
    }
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
}

/* Frees the chunk's last block; the figures say so. */
static void *free_one(struct quarry_heap *heap, struct chunks *chunks, unsigned i)
{
    const struct quarry_stats before = stats_of(heap);
    void *const block = pop(heap, chunks, i);
    const size_t bytes = quarry_usable_size(heap, block);

    quarry_free(heap, block);
    CHECK_EQ(stats_of(heap).failures, before.failures);
    if (QUARRY_STATS) {
        CHECK_EQ(stats_of(heap).blocks, before.blocks - 1);
        CHECK_EQ(stats_of(heap).used_bytes, before.used_bytes - bytes);
    }
    CHECK(!quarry_owns(heap, block));
    return block;
}

/* Frees all blocks, in another chunk each time as long as there is one; may take new ones on the way. */
static void free_alternately(struct quarry_heap *heap, struct chunks *chunks, bool with_new)
{
    unsigned left = chunks->count;
    unsigned step = 0;
    unsigned i;

    while (left != 0 && !test_is_over()) {
        left = 0;
        for (i = 0; i < chunks->count && !test_is_over(); i++) {
            void *block;

            if (chunks->lists[i] == NULL)
                continue;
            left++;
            block = free_one(heap, chunks, i);
            if (step++ % 8 == 0)
                check_heap(heap);
            if (step % 5 == 0)
                try_wrong(heap, chunks, block);
            if (with_new && step % 3 == 0 && (block = quarry_malloc(heap, some_bytes())) != NULL)
                push(heap, chunks, block);
        }
    }
    check_heap(heap);
}

/* Twice, so that the second time starts from what the first has left; blocks are all there, then none. */
static void alternate(struct quarry_heap *heap, struct chunks *chunks)
{
    unsigned round;

    for (round = 0; round < 2 && !test_is_over(); round++) {
        unsigned blocks = 0;
        unsigned i;

        if (!fill_chunks(heap, chunks))
            return;
        for (i = 0; i < chunks->count; i++)
            blocks += chunks->lengths[i];
        CHECK(!QUARRY_STATS || stats_of(heap).blocks == blocks);
        free_alternately(heap, chunks, round != 0);
        CHECK_EQ(stats_of(heap).blocks, 0);
        CHECK_EQ(stats_of(heap).used_bytes, 0);
    }
}

/* So many chunks of a source as the machine has memory for, at most; 0: the test has been skipped. */
static unsigned chunks_that_fit(unsigned most)
{
    const size_t left_bytes = test_memory_left();
    const size_t fit = left_bytes < 512 + QUARRY_PAGE_BYTES ? 0 : (left_bytes - 512 - QUARRY_PAGE_BYTES) / CHUNK_BYTES;

    if (fit < 2) {
        test_skip("too little RAM for two chunks, bytes:", left_bytes);
        return 0;
    }
    return fit < most ? (unsigned)fit : most;
}

/* A heap on a source of so many chunks at most, each of which is where its memory is. */
static void run(void (*body)(struct quarry_heap *heap, struct test_source *source, struct chunks *chunks),
                unsigned most, int line)
{
    const unsigned count = chunks_that_fit(most);
    struct chunks chunks = {.count = 0};
    struct test_source source;
    unsigned i;

    if (count == 0 || !test_source_init(&source, count * CHUNK_BYTES))
        return;
    for (i = 0; i < count; i++)
        add_chunk(&chunks, source.memory + i * CHUNK_BYTES, CHUNK_BYTES);
    if (test_source_heap(&source) == NULL)
        return;
    body(source.heap, &source, &chunks);
    test_called_from(line);
    check_heap_(source.heap);
    check_source_(&source, source.heap);
    quarry_destroy(source.heap);
    expect_given_back_(&source);
}

/* A test on such a heap. */
#define ON_CHUNKS(name, most)                                                                                          \
    TEST_IN(name, run(name##_body, most, __LINE__), struct quarry_heap *heap, MAYBE_UNUSED struct test_source *source, \
            struct chunks *chunks)

ON_CHUNKS(test_free_alternately_in_chunks_of_a_source_frees_everything, MOST_CHUNKS)
{
    size_t largest_bytes;

    largest_bytes = largest_free_bytes(heap);
    alternate(heap, chunks);
    check_source(source, heap);
    quarry_trim(heap);
    CHECK_EQ(stats_of(heap).chunks, 1);
    CHECK_EQ(source->granted_bytes, CHUNK_BYTES);
    expect_all_free(heap, largest_bytes);
}

/* The memory stays: no chunk is released, whatever runs empty. */
ON_HEAP(test_free_alternately_in_several_regions_frees_everything, CHUNK_BYTES, 0)
{
    static const unsigned short eighths[] = {8, 5, 11, 8, 16};
    struct quarry_stats before;
    struct chunks chunks;
    unsigned i;

    chunks.count = 0;
    add_chunk(&chunks, heap, CHUNK_BYTES);
    for (i = 0; i < sizeof eighths / sizeof *eighths; i++) {
        const size_t bytes = CHUNK_BYTES / 8 * eighths[i] + 12;
        unsigned char *region;

        if (test_memory_left() < bytes + 64)
            break;
        region = test_memory(bytes, 7 * i);
        CHECK(quarry_add_region(heap, region, bytes));
        add_chunk(&chunks, region, bytes);
    }
    if (chunks.count < 2)
        SKIP("too little RAM for two regions");
    before = stats_of(heap);
    CHECK_EQ(before.chunks, chunks.count);
    alternate(heap, &chunks);
    expect_all_free(heap, before.largest_free_bytes);
    CHECK_EQ(stats_of(heap).free_bytes, before.free_bytes);
    CHECK_EQ(stats_of(heap).acquired_bytes, before.acquired_bytes);
    CHECK_EQ(stats_of(heap).chunks, before.chunks);
}

/* Frees all blocks of a chunk, one right after the other: it is the hot one; the last block that was freed. */
static void *empty_chunk(struct quarry_heap *heap, struct chunks *chunks, unsigned i)
{
    void *block = NULL;

    while (chunks->lists[i] != NULL && !test_is_over())
        block = free_one(heap, chunks, i);
    check_heap(heap);
    return block;
}

/* A pointer into memory that the heap has given back: reported by every call as no block at all; nothing changes. */
static void expect_invalid(struct quarry_heap *heap, void *dead)
{
    const struct quarry_stats before = stats_of(heap);
    struct quarry_stats after;

    CHECK(!quarry_owns(heap, dead));
    if (QUARRY_CHECK_LEVEL == 0)
        return;
    quarry_free(heap, dead);
    CHECK_EQ(test_log.last.pointer, dead);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    quarry_free(heap, dead); /* again: the first report must have left nothing behind */
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_usable_size(heap, dead), 0);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    CHECK_EQ(quarry_realloc(heap, dead, 10), NULL);
    expect_misuse(heap, KIND(QUARRY_INVALID_POINTER));
    after = stats_of(heap);
    CHECK(stats_are_equal(&before, &after));
    check_heap(heap);
}

ON_CHUNKS(test_hot_chunk_that_is_trimmed_leaves_nothing_behind, 4)
{
    unsigned i;

    if (!fill_chunks(heap, chunks))
        return;
    for (i = 1; i < chunks->count && !test_is_over(); i++) {
        void *const dead = empty_chunk(heap, chunks, i);
        unsigned char *const memory = source->memory + i * CHUNK_BYTES;

        CHECK_EQ(quarry_trim(heap), CHUNK_BYTES);
        CHECK_EQ(stats_of(heap).chunks, chunks->count - 1);
        check_source(source, heap);
        test_fill(memory, CHUNK_BYTES, i); /* somebody else's now: neither read as a chunk nor written */
        expect_invalid(heap, dead);
        expect_invalid(heap, memory);
        CHECK(free_one(heap, chunks, 0) != NULL);
        check_heap(heap);
        if (chunks->count > 2)
            free_one(heap, chunks, i == 1 ? 2 : 1); /* a third chunk's: the hot one is not asked for it */
        expect_invalid(heap, dead);
        CHECK(test_is_filled(memory, CHUNK_BYTES, i));
        fill_chunks(heap, chunks); /* the memory comes back as a chunk, at the same place */
        CHECK_EQ(stats_of(heap).chunks, chunks->count);
    }
    free_alternately(heap, chunks, false);
}

/* More chunks run empty than a heap keeps: some free releases the very chunk in which it found its block. */
ON_CHUNKS(test_hot_chunk_that_a_free_releases_leaves_nothing_behind, MOST_CHUNKS)
{
    unsigned released = 0;
    unsigned i;

    if (chunks->count < MOST_CHUNKS)
        SKIP("too little RAM for more chunks than are kept without a block");
    if (!fill_chunks(heap, chunks))
        return;
    for (i = 1; i < chunks->count && !test_is_over(); i++) {
        const unsigned releases = source->releases;
        void *const dead = empty_chunk(heap, chunks, i);
        unsigned char *const memory = source->memory + i * CHUNK_BYTES;

        if (source->releases == releases) {
            try_wrong(heap, chunks, dead);
            continue;
        }
        CHECK_EQ(source->releases, releases + 1);
        released++;
        test_fill(memory, CHUNK_BYTES, i);
        expect_invalid(heap, dead);
        free_one(heap, chunks, 0);
        expect_invalid(heap, dead);
        CHECK(test_is_filled(memory, CHUNK_BYTES, i));
    }
    CHECK(released != 0);
    CHECK_EQ(stats_of(heap).chunks, chunks->count - released);
    check_source(source, heap);
    fill_chunks(heap, chunks);
    CHECK_EQ(stats_of(heap).chunks, chunks->count);
    free_alternately(heap, chunks, false);
}

/* A large block is a chunk's only one: freeing it goes the same way. A huge one lies in no chunk. */
ON_SOURCE_HEAP(test_hot_chunk_of_large_blocks_and_huge_ones_between_leaves_nothing_behind, 4 * CHUNK_BYTES)
{
    void *small;
    void *large;
    void *huge;
    unsigned i;

    small = t_malloc(heap, 20);
    CHECK(t_malloc(heap, largest_free_bytes(heap)) != NULL);
    for (i = 0; i < 4 && !test_is_over(); i++) {
        large = t_malloc(heap, CHUNK_BYTES / 2 + 500);
        huge = t_malloc(heap, CHUNK_BYTES + 1000);
        REQUIRE(small != NULL && large != NULL && huge != NULL);
        if (i % 2 == 0)
            t_free(heap, huge);
        t_free(heap, large);
        if (i % 2 != 0)
            t_free(heap, huge);
        CHECK_EQ(quarry_trim(heap), CHUNK_BYTES);
        expect_invalid(heap, large);
        expect_invalid(heap, huge);
        t_free(heap, small);
        small = t_malloc(heap, 20);
    }
}

ON_CHUNKS(test_hot_chunk_at_reset_leaves_nothing_behind, 3)
{
    const unsigned last = chunks->count - 1;
    size_t largest_bytes;
    void *dead;

    largest_bytes = largest_free_bytes(heap);
    if (!fill_chunks(heap, chunks))
        return;
    dead = free_one(heap, chunks, last);
    quarry_reset(heap);
    CHECK_EQ(source->granted_bytes, CHUNK_BYTES);
    test_fill(source->memory + last * CHUNK_BYTES, CHUNK_BYTES, 5);
    expect_invalid(heap, dead);
    t_free(heap, t_malloc(heap, 30));
    expect_invalid(heap, dead);
    CHECK(test_is_filled(source->memory + last * CHUNK_BYTES, CHUNK_BYTES, 5));
    expect_all_free(heap, largest_bytes);
}
