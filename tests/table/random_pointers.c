/* SPDX-License-Identifier: MIT
 *
 * random_pointers.c: from check level 1 every wrong pointer is reported: every value, NULL apart, at which no live
 * block of the heap starts. Random pointers of every kind are given to a random one of the functions that take a
 * block, among random blocks of random heaps. Each must be reported, by the call, which changes nothing.
 */
#include "crowd.h"

enum { POINTERS_A_HEAP = 50 };

enum kind { DEAD, INNER, INNER_WORD, END, SAME_HEAP, NEAR_HEAP, OTHER_HEAP, STACK, NUMBER, ANYTHING, ONE_BIT, KINDS };

static struct quarry_heap *other_heap(void)
{
    static const size_t bytes = SCENE_BYTES / 4;
    void *region = test_memory(bytes, 0);
    return region == NULL ? NULL : quarry_create(region, bytes, NULL);
}

static uintptr_t random_word(void)
{
    uintptr_t word = test_random();
    return sizeof word > 4 ? word << 16 << 16 | test_random() : word;
}

/* A pointer of a kind, which may be a live block's by chance; NULL: none is at hand. */
static const unsigned char *wrong_pointer(const struct crowd *crowd, struct quarry_heap *other, enum kind kind)
{
    static unsigned char *of_other;
    const struct crowd_block *live = crowd_pick(crowd->live), *dead = crowd_pick(crowd->dead);
    uintptr_t address = (uintptr_t)crowd->heap;
    if ((kind == DEAD && dead == NULL) || live == NULL)
        return NULL;
    switch (kind) {
    case DEAD:
        return dead->start;
    case INNER:
        return live->start + test_random_below(live->bytes);
    case INNER_WORD:
        return live->start + (test_random_below(live->bytes) & ~(sizeof(void *) - 1));
    case END:
        return live->start + live->bytes + test_random_below(2 * sizeof(void *));
    case SAME_HEAP:
        return (unsigned char *)crowd->heap + test_random_below(SCENE_BYTES);
    case NEAR_HEAP:
        return (const unsigned char *)(address - 1 - test_random_below(256));
    case OTHER_HEAP:
        of_other = quarry_malloc(other, test_random_below(64)); /* NULL in the end, which is skipped */
        return of_other;
    case STACK:
        return (const unsigned char *)__builtin_frame_address(0) + test_random_below(64);
    case NUMBER:
        return (const unsigned char *)(uintptr_t)(1 + test_random_below(1024));
    case ANYTHING:
        return (const unsigned char *)random_word();
    default:
        return (const unsigned char *)((uintptr_t)live->start ^ (uintptr_t)1 << test_random_below(8 * sizeof address));
    }
}

/* Whether the answer is that of a call that did nothing. */
static bool call(struct quarry_heap *heap, void *pointer, size_t way)
{
    size_t bytes = test_random_below(300);
    switch (way) {
    case 0:
        quarry_free(heap, pointer);
        return true;
    case 1:
        quarry_free_sized(heap, pointer, bytes);
        return true;
    case 2:
        return quarry_realloc(heap, pointer, bytes) == NULL;
    case 3:
        return quarry_aligned_realloc(heap, pointer, (size_t)1 << test_random_below(8), bytes) == NULL;
    case 4:
        return !quarry_resize(heap, pointer, bytes);
    default:
        return quarry_usable_size(heap, pointer) == 0;
    }
}

static void misuse(const struct crowd *crowd, const unsigned char *pointer, enum kind kind)
{
    size_t way = test_random_below(7);
    bool refused = call(crowd->heap, (void *)(uintptr_t)pointer, way);
    unsigned kinds = take_reports();
    if (CHECK(refused && (kinds & GONE) != 0) && CHECK(!quarry_owns(crowd->heap, pointer)))
        return;
    test_print("  kind ");
    test_print_unsigned(kind);
    test_print(", way ");
    test_print_unsigned(way);
    test_print(", reported ");
    test_print_hex(kinds);
    test_print(", pointer ");
    test_print_hex((uintptr_t)pointer);
    test_print("\n");
}

/* As many wrong pointers, each among other blocks than the one before. */
static unsigned misuse_one_heap(struct crowd *crowd, unsigned wanted)
{
    struct quarry_heap *other = other_heap();
    unsigned done = 0;
    while (other != NULL && done < wanted && !test_is_over()) {
        crowd_change(crowd, 3);
        enum kind kind = (enum kind)test_random_below(KINDS);
        const unsigned char *pointer = wrong_pointer(crowd, other, kind);
        if (pointer == NULL || crowd_is_live(crowd, pointer))
            continue;
        misuse(crowd, pointer, kind);
        if (done++ % 10 == 0)
            crowd_is_valid(crowd);
    }
    CHECK_EQ(stats_of(crowd->heap).blocks, crowd->count);
    return done;
}

TEST(test_random_wrong_pointers_are_all_reported)
{
    if (QUARRY_CHECK_LEVEL < 1)
        SKIP("a wrong pointer is undefined behaviour at check level 0");
    static struct crowd crowd;
    for (unsigned done = 0, heap = 1; done < CROWD_PLACEMENTS && !test_is_over(); heap++) {
        test_seed(heap);
        if (!crowd_begin(&crowd, heap % 3 == 0))
            return;
        done += misuse_one_heap(&crowd, POINTERS_A_HEAP);
    }
}
