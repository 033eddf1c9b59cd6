/* SPDX-License-Identifier: MIT
 *
 * one_thread.c: the current heap of each core, on one thread. The builds for four cores have these tests; they say on
 * which one they run. threads.c has real threads.
 */
#include "../emalloc_test.h"

#define core quarry_test_core

#define ON_TWO_CORES(name)                                                                                             \
    static void name##_on_two(struct scene *s);                                                                        \
    ON_REGION_OF(name, 4)                                                                                              \
    {                                                                                                                  \
        name##_on_two(s);                                                                                              \
        core = 1;                                                                                                      \
        zend_mm_set_heap(NULL);                                                                                        \
        core = 0;                                                                                                      \
    }                                                                                                                  \
    static void name##_on_two(struct scene *s)

ON_TWO_CORES(test_cores_have_different_current_heaps)
{
    zend_mm_heap *second = zend_mm_startup();
    void *block, *second_block;

    REQUIRE(second != NULL);
    block = emalloc(16);
    core = 1;
    CHECK_EQ(zend_mm_get_heap(), NULL); /* the manager was started on the other one */
    EXPECT_OOM(emalloc(16), NULL, 16);
    CHECK_EQ(zend_mm_set_heap(second), NULL);
    second_block = emalloc(16);
    core = 0;
    CHECK_EQ(zend_mm_get_heap(), s->heap);
    CHECK(quarry_owns(s->heap, block) && !quarry_owns(second, block));
    CHECK(quarry_owns(second, second_block) && !quarry_owns(s->heap, second_block));
    CHECK(quarry_owns(s->heap, emalloc(16)));
    CHECK(is_zend_ptr(block) && !is_zend_ptr(second_block));
    efree_size(block, 16);
    core = 1;
    CHECK(quarry_owns(second, emalloc(16)));
    efree_size(second_block, 16);
    CHECK(is_zend_ptr(second_block) && !is_zend_ptr(block));
    check_heap(s->heap);
    check_heap(second);
    zend_mm_shutdown(second, true, true);
}

ON_TWO_CORES(test_cores_forget_heap_that_was_current_on_both)
{
    zend_mm_heap *both = zend_mm_startup();

    REQUIRE(both != NULL);
    zend_mm_set_heap(both);
    core = 1;
    zend_mm_set_heap(both);
    efree(emalloc(16));
    zend_mm_shutdown(both, true, true);
    CHECK_EQ(zend_mm_get_heap(), NULL);
    EXPECT_OOM(emalloc(16), NULL, 16);
    core = 0;
    CHECK_EQ(zend_mm_get_heap(), NULL);
    EXPECT_OOM(emalloc(16), NULL, 16);
    CHECK(quarry_check(s->heap));
}

static unsigned handled;
static unsigned char pool[64] __attribute__((aligned(16)));

static void *my_malloc(size_t bytes)
{
    handled++;
    return bytes <= sizeof pool ? pool : NULL;
}

static void my_free(void *block)
{
    handled++;
    CHECK_EQ(block, pool);
}

static void *my_realloc(void *block, size_t bytes)
{
    handled++;
    return bytes <= sizeof pool ? block : NULL;
}

/* On each core, with a constant size: what a hot path would serve. */
static void use_on_both(void)
{
    for (core = 0; core < 2; core++)
        efree_size(emalloc(16), 16);
    core = 0;
}

ON_TWO_CORES(test_cores_both_see_handlers_of_heap_that_is_current_on_both)
{
    core = 1;
    zend_mm_set_heap(s->heap);
    use_on_both();
    handled = 0;
    for (unsigned setter = 0; setter < 2; setter++) {
        core = setter;
        zend_mm_set_custom_handlers(s->heap, my_malloc, my_free, my_realloc);
        use_on_both();
        CHECK_EQ(handled, 4);
        core = setter;
        zend_mm_set_custom_handlers(s->heap, NULL, NULL, NULL);
        use_on_both();
        CHECK_EQ(handled, 4);
        handled = 0;
    }
    CHECK_EQ(stats_of(s->heap).blocks, 0);
    check_heap(s->heap);
}

static void count(void *context, zend_mm_heap *heap, void *block)
{
    (void)context, (void)heap, (void)block;
    handled++;
}

ON_TWO_CORES(test_cores_both_see_observers_and_max_allocs)
{
    static struct quarry_observer observer = {.freed = count};

    core = 1;
    zend_mm_set_heap(s->heap);
    handled = 0;
    CHECK(quarry_add_observer(s->heap, &observer));
    use_on_both();
    CHECK_EQ(handled, 2);
    CHECK(quarry_remove_observer(s->heap, &observer));
    use_on_both();
    CHECK_EQ(handled, 2);
    zend_mm_set_max_allocs(1);
    core = 1;
    CHECK(emalloc(16) != NULL);
    EXPECT_OOM(emalloc(16), s->heap, 16);
    core = 0;
    EXPECT_OOM(emalloc(16), s->heap, 16);
    zend_mm_set_max_allocs(0);
    core = 1;
    CHECK(emalloc(16) != NULL);
}

ON_TWO_CORES(test_cores_heap_taken_off_one_stays_on_the_other)
{
    core = 1;
    zend_mm_set_heap(s->heap);
    CHECK_EQ(zend_mm_set_heap(NULL), s->heap);
    EXPECT_OOM(emalloc(16), NULL, 16);
    core = 0;
    CHECK(quarry_owns(s->heap, emalloc(16)));
}
