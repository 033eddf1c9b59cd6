/* SPDX-License-Identifier: MIT
 *
 * pointers.c: is_zend_ptr(): every address in memory of the current heap, and no other. Addresses that cannot be read
 * are among those that are asked for.
 */
#include "emalloc_test.h"

ON_SOURCE_OF(test_is_zend_ptr_knows_all_memory_of_current_heap, 8)
{
    unsigned char *small = emalloc(32), *big = emalloc(BIG_BYTES), *bigger = emalloc(BIG_BYTES);
    unsigned char *huge = emalloc(HUGE_BYTES);

    CHECK(is_zend_ptr(small));
    CHECK(is_zend_ptr(small + 31));
    CHECK(is_zend_ptr(big + BIG_BYTES / 2));
    CHECK(is_zend_ptr(bigger));
    CHECK(is_zend_ptr(bigger + BIG_BYTES - 1));
    CHECK(is_zend_ptr(huge));
    CHECK(is_zend_ptr(huge + HUGE_BYTES - 1));
    CHECK(is_zend_ptr(s->heap)); /* in use or not: control data too */
    efree(small);
    efree(huge);
    CHECK(is_zend_ptr(opaque_pointer(small)));
    CHECK(!quarry_owns(s->heap, opaque_pointer(small)));
    CHECK(!is_zend_ptr(opaque_pointer(huge))); /* back at the source */
}

ON_SOURCE_OF(test_is_zend_ptr_does_not_know_others, 8)
{
    static unsigned char outside;
    unsigned char on_stack;
    void *persistent_block = pemalloc(32, true);
    zend_mm_heap *other = zend_mm_startup();
    void *block = emalloc(32);

    REQUIRE(other != NULL);
    CHECK(!is_zend_ptr(NULL));
    CHECK(!is_zend_ptr(&outside));
    CHECK(!is_zend_ptr(&on_stack));
    CHECK(!is_zend_ptr(persistent_block));
    CHECK(!is_zend_ptr(other));
    CHECK(!is_zend_ptr(zend_mm_alloc(other, 32)));
    CHECK(!is_zend_ptr((void *)sizeof(void *)));
    CHECK(!is_zend_ptr((void *)UINTPTR_MAX));
    zend_mm_set_heap(other);
    CHECK(!is_zend_ptr(block));
    CHECK(is_zend_ptr(zend_mm_alloc(other, 32)));
    zend_mm_shutdown(other, true, true);
    CHECK(!is_zend_ptr(block)); /* there is no current heap */
}

/* Every address around a chunk of the heap's, as the provider dealt it out. */
ON_SOURCE(test_is_zend_ptr_is_exact_at_the_ends_of_a_chunk)
{
    const unsigned char *chunk = (unsigned char *)s->heap; /* a heap lies at its first chunk's start */

    for (size_t i = 1; i < 40; i++) {
        CHECK(!is_zend_ptr(chunk - i));
        CHECK(is_zend_ptr(chunk + CHUNK - i));
        CHECK(!is_zend_ptr(chunk + CHUNK + i - 1));
        CHECK(is_zend_ptr(chunk + i - 1));
    }
}

ON_SOURCE_OF(test_is_zend_ptr_is_exact_at_the_ends_of_huge_memory, 6)
{
    const unsigned char *huge = emalloc(HUGE_BYTES);
    const size_t bytes = zend_memory_usage(true) - CHUNK;
    const unsigned char *frame = huge - (size_t)(huge - s->source.memory) % GRANULE_BYTES; /* where its memory begins */
    unsigned known = 0;

    CHECK(bytes >= HUGE_BYTES);
    for (size_t i = 0; i < bytes; i++)
        known += is_zend_ptr(frame + i);
    CHECK_EQ(known, bytes);
    for (size_t i = 0; i < 64; i++)
        known += is_zend_ptr(frame + bytes + i);
    CHECK_EQ(known, bytes);
}

TEST(test_is_zend_ptr_of_plain_heap_stays_in_its_region)
{
    const size_t bytes = CHUNK;
    struct quarry_heap *heap = test_heap(bytes, 0);
    const uintptr_t start = (uintptr_t)heap;
    unsigned wrong = 0;

    if (heap == NULL)
        return;
    zend_mm_set_heap(heap);
    for (uintptr_t at = start - 64; at < start + bytes + 64; at++)
        wrong += is_zend_ptr((void *)at) != (at >= start && at < start + bytes);
    CHECK_EQ(wrong, 0);
    CHECK(is_zend_ptr(emalloc(32)));
    zend_mm_set_heap(NULL);
    CHECK(!is_zend_ptr(heap));
}
