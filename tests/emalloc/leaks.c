/* SPDX-License-Identifier: MIT
 *
 * leaks.c: the leak report at the end of a request, word for word, but for the order of its lines. Builds with
 * QUARRY_TRACK=1 have one; all others must print nothing.
 */
#include "emalloc_test.h"

ON_REGION(test_leaks_of_silent_end_are_not_printed)
{
    CHECK(emalloc(100) != NULL);
    shutdown_memory_manager(true, false);
    expect_printed("");
}

#if QUARRY_TRACK

ON_REGION(test_leak_of_one_block_is_printed_with_its_place)
{
    const char *place;

    CHECK(emalloc(100) != NULL), place = PLACE;
    shutdown_memory_manager(false, false);
    expect_printed(place, ": 1 block, 100 bytes not freed\n1 block, 100 bytes not freed in all\n");
    shutdown_memory_manager(false, false); /* once */
    expect_printed("");
}

/* What was written beyond is not freed, and so it leaks. */
ON_REGION(test_leak_of_block_written_beyond_is_printed)
{
    if (QUARRY_CHECK_LEVEL < 3)
        SKIP("blocks have canaries from check level 3 on");
    unsigned char *block;
    const char *place;

    block = opaque_pointer(emalloc(100)), place = PLACE;
    block[100] ^= 1;
    efree(block);
    expect_misuse(s->heap, KIND(QUARRY_OVERRUN));
    shutdown_memory_manager(false, false);
    expect_printed(place, ": 1 block, 100 bytes not freed\n1 block, 100 bytes not freed in all\n");
}

ON_REGION(test_leaks_none_print_nothing)
{
    void *block = emalloc(100);

    block = erealloc(block, 200);
    efree(block);
    efree_size(ecalloc(2, 20), 40);
    efree(estrdup("text"));
    pefree(pemalloc(20, true), true);
    shutdown_memory_manager(false, false);
    expect_printed("");
}

ON_REGION(test_leaks_at_one_place_are_counted_together)
{
    const char *places[3];

    for (unsigned i = 0; i < 12; i++)
        CHECK(emalloc(10 + i) != NULL), places[0] = PLACE;
    CHECK(ecalloc(3, 7) != NULL), places[1] = PLACE;
    for (unsigned i = 0; i < 2; i++)
        CHECK(estrdup("four") != NULL), places[2] = PLACE;
    shutdown_memory_manager(false, false);
    expect_printed(places[0], ": 12 blocks, 186 bytes not freed\n", places[1], ": 1 block, 21 bytes not freed\n",
                   places[2], ": 2 blocks, 10 bytes not freed\n", "15 blocks, 217 bytes not freed in all\n");
}

/* Places are the same if their texts and numbers are, wherever the texts lie. */
ON_REGION(test_leaks_are_grouped_by_text_line_and_place_behind)
{
    static const char same[] = "file", other[] = "file", longer[] = "files", early[] = "e";
    static const struct {
        const char *file, *orig_file;
        uint32_t line, orig_line;
    } places[] = {
            {NULL, NULL, 0, 0},   {early, NULL, 9, 0},  {same, NULL, 1, 0},   {other, NULL, 1, 0},  {same, early, 2, 5},
            {other, early, 2, 6}, {same, longer, 2, 5}, {longer, NULL, 1, 0}, {other, early, 2, 5},
    };

    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        CHECK(_emalloc(1, places[i].file, places[i].line, places[i].orig_file, places[i].orig_line) != NULL);
    shutdown_memory_manager(false, false);
    expect_printed("unknown place: 1 block, 1 byte not freed\n", "e(9): 1 block, 1 byte not freed\n",
                   "file(1): 2 blocks, 2 bytes not freed\n", "file(2), through e(5): 2 blocks, 2 bytes not freed\n",
                   "file(2), through e(6): 1 block, 1 byte not freed\n",
                   "file(2), through files(5): 1 block, 1 byte not freed\n", "files(1): 1 block, 1 byte not freed\n",
                   "9 blocks, 9 bytes not freed in all\n");
}

ON_REGION(test_leaks_of_every_call_are_printed)
{
    const char *places[8];

    CHECK(emalloc(1) != NULL), places[0] = PLACE;
    CHECK(safe_emalloc(2, 3, 4) != NULL), places[1] = PLACE;
    CHECK(erealloc(NULL, 3) != NULL), places[2] = PLACE;
    CHECK(erealloc2(NULL, 4, 2) != NULL), places[3] = PLACE;
    CHECK(estrndup("text", 2) != NULL), places[4] = PLACE;
    CHECK(femalloc(5, true) != NULL), places[5] = PLACE;
    CHECK(zend_mm_alloc(s->heap, 6) != NULL), places[6] = PLACE;
    CHECK(pemalloc(7, false) != NULL), places[7] = PLACE;
    shutdown_memory_manager(false, false);
    expect_printed(places[0], ": 1 block, 1 byte not freed\n", places[1], ": 1 block, 10 bytes not freed\n", places[2],
                   ": 1 block, 3 bytes not freed\n", places[3], ": 1 block, 4 bytes not freed\n", places[4],
                   ": 1 block, 3 bytes not freed\n", places[5], ": 1 block, 5 bytes not freed\n", places[6],
                   ": 1 block, 6 bytes not freed\n", places[7], ": 1 block, 7 bytes not freed\n",
                   "8 blocks, 39 bytes not freed in all\n");
}

static const char *const wrapper_place = __FILE__ "(" PLACE_TEXT(100) ")";

static void *wrapper(size_t bytes ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    (void)__zend_orig_filename, (void)__zend_orig_lineno;
#line 100
    return emalloc_rel(bytes);
}
#line 90

ON_REGION(test_leak_relayed_by_wrapper_names_both_places)
{
    const char *first, *second;

    CHECK(wrapper(20 ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC) != NULL), first = PLACE;
    CHECK(wrapper(20 ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC) != NULL), second = PLACE;
    shutdown_memory_manager(false, false);
    expect_printed(first, ", through ", wrapper_place, ": 1 block, 20 bytes not freed\n", second, ", through ",
                   wrapper_place, ": 1 block, 20 bytes not freed\n", "2 blocks, 40 bytes not freed in all\n");
}

ON_REGION(test_leak_after_erealloc_is_one_with_place_of_the_last)
{
    const char *place;
    void *block = emalloc(100);

    for (unsigned i = 0; i < 20; i++)
        block = erealloc(block, 100 + 10 * i), place = PLACE;
    shutdown_memory_manager(false, false);
    expect_printed(place, ": 1 block, 290 bytes not freed\n1 block, 290 bytes not freed in all\n");
}

ON_REGION(test_leak_of_erealloc_that_failed_keeps_place)
{
    const char *place;
    void *block;

    block = emalloc(100), place = PLACE;
    CHECK_EQ(ferealloc(block, opaque_size(SIZE_MAX / 2), true), NULL);
    EXPECT_OOM(erealloc(block, opaque_size(SIZE_MAX / 2)), s->heap, SIZE_MAX / 2);
    shutdown_memory_manager(false, false);
    expect_printed(place, ": 1 block, 100 bytes not freed\n1 block, 100 bytes not freed in all\n");
}

ON_REGION(test_leak_that_is_misused_is_still_one)
{
    NEEDS_CHECKS();
    const char *place;
    unsigned char *block;

    block = emalloc(100), place = PLACE;
    efree(block + 1);
    expect_misuse(s->heap, KIND(QUARRY_INVALID_POINTER));
    shutdown_memory_manager(false, false);
    expect_printed(place, ": 1 block, 100 bytes not freed\n1 block, 100 bytes not freed in all\n");
}

/* quarry.h may be asked of a request heap too, and knows nothing of places. */
ON_REGION(test_leak_at_address_freed_by_quarry_free_is_one)
{
    NEEDS_PLAIN_SLOTS();
    const char *place;
    void *block = emalloc(opaque_size(32)), *again;

    CHECK(emalloc(opaque_size(32)) != NULL);
    quarry_free(s->heap, block);
    again = emalloc(opaque_size(32));
    CHECK_EQ(again, block);
    efree(again);
    shutdown_memory_manager(true, false);
    quarry_free(s->heap, emalloc(opaque_size(32)));
    CHECK(emalloc(opaque_size(32)) != NULL), place = PLACE;
    shutdown_memory_manager(false, false);
    expect_printed(place, ": 1 block, 32 bytes not freed\n1 block, 32 bytes not freed in all\n");
}

ON_SOURCE_OF(test_leaks_many_thousand_are_counted, 160)
{
    const char *odd, *even;

    for (unsigned i = 0; i < 2500; i++) {
        CHECK(emalloc(1) != NULL), odd = PLACE;
        CHECK(emalloc(2) != NULL), even = PLACE;
        efree(emalloc(3));
    }
    shutdown_memory_manager(false, false);
    expect_printed(odd, ": 2500 blocks, 2500 bytes not freed\n", even, ": 2500 blocks, 5000 bytes not freed\n",
                   "5000 blocks, 7500 bytes not freed in all\n");
    CHECK(quarry_check(s->heap));
}

/* What 4,096 bytes hold, a power of two; one entry stays empty. */
#if UINTPTR_MAX > 0xFFFFFFFFu
#define FIRST_TABLE     64
#define FIRST_TABLE_HAS "63"
#else
#define FIRST_TABLE     128
#define FIRST_TABLE_HAS "127"
#endif

ON_SOURCE_OF(test_leaks_without_room_in_table_are_counted, 4)
{
    const char *place;
    void *unknown[3];

    s->source.fail_odds = 256; /* not even a first table */
    for (unsigned i = 0; i < 3; i++)
        unknown[i] = emalloc(10);
    efree(unknown[0]);
    shutdown_memory_manager(false, false);
    expect_printed("2 more blocks had no room in the table\n");
    s->source.fail_odds = 0;
    efree(emalloc(10));
    s->source.fail_odds = 256; /* no longer one */
    for (unsigned i = 0; i < FIRST_TABLE + 6; i++)
        CHECK(emalloc(1) != NULL), place = PLACE;
    shutdown_memory_manager(false, false);
    expect_printed(place, ": " FIRST_TABLE_HAS " blocks, " FIRST_TABLE_HAS " bytes not freed\n",
                   "7 more blocks had no room in the table\n",
                   FIRST_TABLE_HAS " blocks, " FIRST_TABLE_HAS " bytes not freed in all\n");
    s->source.fail_odds = 0;
}

ON_REGION_OF(test_leaks_of_each_heap_are_its_own, 4)
{
    zend_mm_heap *other = zend_mm_startup();
    const char *place, *other_place;

    REQUIRE(other != NULL);
    CHECK(emalloc(10) != NULL), place = PLACE;
    CHECK(zend_mm_alloc(other, 20) != NULL), other_place = PLACE;
    zend_mm_shutdown(other, true, false);
    expect_printed(other_place, ": 1 block, 20 bytes not freed\n1 block, 20 bytes not freed in all\n");
    shutdown_memory_manager(false, false);
    expect_printed(place, ": 1 block, 10 bytes not freed\n1 block, 10 bytes not freed in all\n");
}

#else

ON_REGION(test_leaks_without_tracking_are_not_printed)
{
    CHECK(emalloc(100) != NULL);
    shutdown_memory_manager(false, false);
    expect_printed("");
}

#endif
