/* SPDX-License-Identifier: MIT
 *
 * chunk_steps.c: how many links of the tree of chunks inserting, removing and looking up load. The file that has the
 * tree is compiled here once more, under other names, with a chunk_link() that counts.
 */
#include "../../src/chunk.h"

#include "../../src/bytes.h"
#include "test.h"

static unsigned steps;

static struct added_chunk *counted_link(struct added_chunk *const *link)
{
    steps++;
    return chunk_link(link);
}

#define qi_chunk_without_pages   counted_chunk_without_pages
#define chunk_link               counted_link
#define qi_chunk_find_added      counted_find_added
#define qi_chunk_next            counted_next
#define qi_chunk_is_added        counted_is_added
#define qi_chunk_links_are_valid counted_is_whole
#define qi_chunk_set_begin       counted_set_begin
#define qi_chunk_insert          counted_insert
#define qi_chunk_may_be_removed  counted_may_be_removed
#define qi_chunk_remove          counted_remove
#define qi_chunk_meets           counted_meets
#define qi_chunk_set_overlaps    counted_set_overlaps
#define qi_chunk_pages_that_fit  counted_pages_that_fit
#define qi_chunk_clear           counted_clear
#define qi_chunk_format          counted_format

/* As in the header, under these names. */
struct added_chunk *qi_chunk_find_added(const struct chunk_set *set, const void *address);
bool qi_chunk_next(const struct chunk_set *set, const void *address, struct added_chunk **next);
bool qi_chunk_is_added(const struct chunk_set *set, const struct chunk *chunk);
bool qi_chunk_links_are_valid(const struct added_chunk *added);
void qi_chunk_insert(struct chunk_set *set, struct added_chunk *added);
bool qi_chunk_may_be_removed(struct chunk_set *set, struct added_chunk *added);
bool qi_chunk_remove(struct chunk_set *set, struct added_chunk *added);
bool qi_chunk_meets(const struct chunk_set *set, const void *start, size_t bytes);
bool qi_chunk_set_overlaps(const struct chunk_set *set, const void *start, size_t bytes);
size_t qi_chunk_pages_that_fit(size_t span);
void qi_chunk_clear(struct chunk *chunk);
bool qi_chunk_format(struct chunk *chunk, uint8_t *control, uintptr_t end);

#include "../../src/chunk.c"

enum {
    CHUNKS = 15,
    STEP_BYTES = (sizeof(struct added_chunk) + 63) & ~(size_t)63,
    LINKS_A_STEP = 4 /* that a step loads: two below a node, the node's own, and once more from above */
};

static void insert(struct chunk_set *set, uint8_t *at, size_t bytes)
{
    struct added_chunk *added = (struct added_chunk *)(void *)at;
    added->chunk.bytes = bytes;
    chunk_seal(&added->chunk);
    chunk_set_origin(added, added, true, 0);
    steps = 0;
    counted_insert(set, added);
    CHECK(steps <= LINKS_A_STEP * BITS_WORD);
}

/* Chunks, each a bit above the one before, as far as the memory goes: the deepest tree that so many can make. Then one
 * whose last byte is the address space's last but one, so that the root has to decide by the highest bit. */
TEST(test_chunk_insert_and_remove_take_a_step_for_each_address_bit)
{
    struct chunk_set *set = test_memory(sizeof *set, 0);
    unsigned count = CHUNKS;
    while (((size_t)STEP_BYTES << (count + 2)) > test_memory_left() / 2)
        count--;
    const size_t bytes = (size_t)STEP_BYTES << (count + 1);
    uint8_t *memory = test_memory_aligned(2 * bytes, bytes);
    if (set == NULL || memory == NULL)
        return;
    *set = (struct chunk_set){.chunk_count = 1, .source.hot.pages = &set->first.at};
    struct added_chunk *added[CHUNKS + 1];
    for (unsigned i = 0; i < count; i++) {
        added[i] = (struct added_chunk *)(void *)(memory + ((size_t)STEP_BYTES << i));
        insert(set, (uint8_t *)added[i], STEP_BYTES);
    }
    added[count] = (struct added_chunk *)(void *)(memory + bytes);
    insert(set, (uint8_t *)added[count], 0 - (uintptr_t)added[count] - 1);
    for (unsigned i = 0; i <= count; i++) {
        steps = 0;
        CHECK_EQ(counted_find_added(set, added[i]), added[i]);
        CHECK(steps <= BITS_WORD + 1);
    }
    for (unsigned i = 0; i < count; i++) {
        steps = 0;
        counted_meets(set, memory + ((size_t)STEP_BYTES << i) / 2, (size_t)STEP_BYTES << count);
        CHECK(steps <= LINKS_A_STEP * BITS_WORD);
    }
    for (unsigned i = 0; i <= count; i++) {
        steps = 0;
        CHECK(counted_remove(set, added[i]));
        CHECK(steps <= LINKS_A_STEP * BITS_WORD);
    }
    CHECK_EQ(chunk_link(&set->root), NULL);
}
