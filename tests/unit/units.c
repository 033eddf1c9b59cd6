/* SPDX-License-Identifier: MIT
 *
 * units.c: pages, granules and bytes: what the constants say of each other, and that conversions are each
 * other's inverse.
 */
#include "../../src/control/control.h"

#include "test.h"

TEST(test_units_constants_describe_one_geometry)
{
    CHECK_EQ((size_t)1 << UNITS_PAGE_SHIFT, QUARRY_PAGE_BYTES);
    CHECK_EQ((size_t)1 << UNITS_GRANULE_SHIFT, UNITS_GRANULE_BYTES);
    CHECK_EQ(UNITS_GRANULE_BYTES, 2 * sizeof(void *));
    CHECK_EQ(UNITS_PAGE_GRANULES * UNITS_GRANULE_BYTES, QUARRY_PAGE_BYTES);
    CHECK_EQ(1 << UNITS_PAGE_GRANULE_SHIFT, UNITS_PAGE_GRANULES);
}

TEST(test_units_map_has_a_bit_for_each_granule)
{
    CHECK(CONTROL_MAP_BYTES * 8 >= UNITS_PAGE_GRANULES);
    CHECK(CONTROL_MAP_BYTES == 1 || CONTROL_MAP_BYTES * 8 == UNITS_PAGE_GRANULES ||
          (CONTROL_OWN_WORD && CONTROL_MAP_BYTES == sizeof(uintptr_t)));
}

TEST(test_units_pages_from_bytes_rounds_up)
{
    for (size_t pages = 0; pages < 20; pages++) {
        CHECK_EQ(units_pages_from_bytes(pages * QUARRY_PAGE_BYTES), pages);
        CHECK_EQ(units_pages_from_bytes(pages * QUARRY_PAGE_BYTES + 1), pages + 1);
        CHECK_EQ(units_pages_from_bytes((pages + 1) * QUARRY_PAGE_BYTES - 1), pages + 1);
    }
}

TEST(test_units_pages_to_bytes_and_back_is_identity)
{
    for (unsigned bit = 0; ((size_t)1 << bit) <= UNITS_CHUNK_MAX_BYTES >> UNITS_PAGE_SHIFT; bit++) {
        const size_t pages = ((size_t)1 << bit) - 1;
        CHECK_EQ(units_pages_from_bytes(units_bytes_from_pages(pages)), pages);
        CHECK_EQ(units_bytes_from_pages(pages) >> UNITS_PAGE_SHIFT, pages);
    }
}

TEST(test_units_largest_request_rounds_without_overflow)
{
    CHECK(units_pages_from_bytes(UNITS_REQUEST_MAX_BYTES) >= UNITS_REQUEST_MAX_BYTES >> UNITS_PAGE_SHIFT);
    CHECK(UNITS_REQUEST_MAX_BYTES + QUARRY_PAGE_BYTES > UNITS_REQUEST_MAX_BYTES);
    CHECK(2 * UNITS_REQUEST_MAX_BYTES > UNITS_REQUEST_MAX_BYTES);
}

TEST(test_units_page_count_of_longest_chunk_fits_a_run_length)
{
    CHECK(UNITS_CHUNK_MAX_BYTES >> UNITS_PAGE_SHIFT <= UINT32_MAX); /* lengths in the maps have four bytes */
}

TEST(test_units_codes_are_wide_just_where_they_are_little_beside_a_page)
{
    CHECK_EQ(sizeof(page_code_t), sizeof(void *) == 8 || QUARRY_PAGE_BYTES >= 256 ? 2 : 1);
}
