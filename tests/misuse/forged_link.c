/* SPDX-License-Identifier: MIT
 *
 * forged_link.c: someone writes to a freed block what looks like a sound list: a link to a node of his own in a live
 * block, and in that node the link back. Only a secret tells that from a list of ours (check level 2): it must be
 * reported or not be followed, and no block may lie where the forged node is.
 */
#include "misuse.h"

struct node {
    struct node *next, **link;
};

/* Takes blocks until there are no more; does one of them lie over the node? */
static bool hands_out(struct quarry_heap *heap, size_t bytes, const void *node)
{
    for (unsigned char *block; (block = quarry_malloc(heap, bytes)) != NULL;) {
        if ((uintptr_t)node - (uintptr_t)block < bytes)
            return true;
    }
    return false;
}

/* freed was given back just now and holds the node of a list of one. */
static void forge_and_look(struct quarry_heap *heap, void *freed, void *fake, size_t bytes)
{
    struct node *node = freed, *forged = fake;
    node->next = forged;
    forged->next = NULL;
    forged->link = &node->next;
    CHECK(!hands_out(heap, bytes, fake));
    if (test_log.count != 0)
        CHECK(test_log.last.kind == QUARRY_CORRUPT || test_log.last.kind == QUARRY_WRITE_AFTER_FREE);
    test_log.count = 0;
}

TEST(test_link_forged_in_slot_is_not_followed)
{
    if (QUARRY_CHECK_LEVEL < 2)
        SKIP("a forged list can be told from check level 2 on");
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    void *fake = quarry_malloc(heap, LARGE_BYTES), *first = quarry_malloc(heap, SMALL_BYTES);
    REQUIRE(fake != NULL && first != NULL);
    for (unsigned i = 0; i < 100 && quarry_malloc(heap, SMALL_BYTES) != NULL;
         i++) /* its run is no longer the current one */
        ;
    quarry_free(heap, first);
    forge_and_look(heap, first, fake, SMALL_BYTES);
}

TEST(test_link_forged_in_free_run_is_not_followed)
{
    if (QUARRY_CHECK_LEVEL < 2)
        SKIP("a forged list can be told from check level 2 on");
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    void *fake = quarry_malloc(heap, LARGE_BYTES), *freed = quarry_malloc(heap, LARGE_BYTES);
    void *behind = quarry_malloc(heap, LARGE_BYTES);
    REQUIRE(fake != NULL && freed != NULL && behind != NULL);
    quarry_free(heap, freed);
    forge_and_look(heap, freed, fake, LARGE_BYTES);
}

/* A word of a list that was read elsewhere says nothing in another place. */
TEST(test_link_copied_from_another_node_is_not_followed)
{
    if (QUARRY_CHECK_LEVEL < 2)
        SKIP("a copied list can be told from check level 2 on");
    struct quarry_heap *heap = test_heap(MISUSE_REGION_BYTES, 0);
    REQUIRE(heap != NULL);
    void *blocks[3];
    for (unsigned i = 0; i < 3; i++)
        REQUIRE((blocks[i] = quarry_malloc(heap, LARGE_BYTES)) != NULL && quarry_malloc(heap, SMALL_BYTES) != NULL);
    quarry_free(heap, blocks[0]);
    quarry_free(heap, blocks[2]);
    struct node *node = blocks[0], *other = blocks[2];
    node->next = other->next;
    node->link = other->link;
    quarry_free(heap, blocks[1]);
    CHECK(!quarry_check(heap));
    CHECK_EQ(test_log.last.kind, QUARRY_CORRUPT);
    test_log.count = 0;
}

TEST(test_secret_differs_with_entropy)
{
    if (QUARRY_CHECK_LEVEL < 2)
        SKIP("links are mixed with a secret from check level 2 on");
    struct quarry_options options = test_options();
    unsigned char *region = test_memory(MISUSE_REGION_BYTES, 0);
    REQUIRE(region != NULL);
    uintptr_t seen[2];
    for (unsigned i = 0; i < 2; i++) {
        options.entropy = i;
        struct quarry_heap *heap = quarry_create(region, MISUSE_REGION_BYTES, &options);
        REQUIRE(heap != NULL);
        struct node *freed = quarry_malloc(heap, LARGE_BYTES);
        REQUIRE(freed != NULL && quarry_malloc(heap, LARGE_BYTES) != NULL);
        quarry_free(heap, freed);
        seen[i] = (uintptr_t)freed->link;
    }
    CHECK(seen[0] != seen[1]);
}
