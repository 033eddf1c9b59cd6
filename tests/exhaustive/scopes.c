/* SPDX-License-Identifier: MIT
 *
 * scopes.c: the scopes, see scope.h.
 *
 * Sizes are in pages, granules and chunks, so that a scope means about the same on every build. A bin of one page has 2
 * slots in a run of 2 pages with 64-byte pages on 32-bit, and 4 slots in a run of 4 on 64-bit; hence FOR(32-bit, 64-bit).
 * Runs of the smallest slots: 24 in 3 pages; 8 in 2 pages (64-bit, pages of 64 bytes) or 64 in 2 (512 bytes).
 */
#include "scope.h"

#define FOR(narrow, wide) (sizeof(void *) > 4 ? (wide) : (narrow))
#define PAGE(n)           ((size_t)(n)*QUARRY_PAGE_BYTES)
#define GRANULE           (2 * sizeof(void *))
#define CHUNK             ((size_t)FOR(4096, 16384))
#define CHUNK_FRAMES      FOR(1, 4)
#define SMALLEST_SLOTS    FOR(24, 2 * QUARRY_PAGE_BYTES / 16)
#define PLAIN(bytes)                                                                                                   \
    {                                                                                                                  \
        (bytes), 0, false                                                                                              \
    }
#define ZEROED(bytes)                                                                                                  \
    {                                                                                                                  \
        (bytes), 0, true                                                                                               \
    }
#define ALIGNED(align_bytes, bytes)                                                                                    \
    {                                                                                                                  \
        (bytes), (align_bytes), false                                                                                  \
    }

const struct scope scopes[] = {
        {
                .name = "large",
                .what = "large blocks of 1, 2, 3 and 5 pages, alignments above a page, a size too large",
                .first_pages = 9,
                .most_blocks = 9,
                .requests = 5,
                .request = {ALIGNED(PAGE(2), PAGE(1)), ALIGNED(PAGE(2), PAGE(2)), ALIGNED(PAGE(4), PAGE(3)),
                            ZEROED(PAGE(5)), PLAIN(SIZE_MAX / 2)},
                .quick = {0, 200},
                .full = {0, 200},
        },
        {
                .name = "bins",
                .what = "three bins whose runs have few slots",
                .first_pages = FOR(8, 12),
                .most_blocks = FOR(6, 5),
                .requests = 3,
                .request = {PLAIN(PAGE(1)), ZEROED(PAGE(1) * 3 / 4), PLAIN(PAGE(2))},
                .quick = {6, 200},
                .full = {8, 200},
        },
        {
                .name = "mixed",
                .what = "the smallest blocks, a bin, large blocks",
                .first_pages = FOR(7, 8),
                .most_blocks = 4,
                .requests = 4,
                .request = {PLAIN(0), ZEROED(PAGE(1)), PLAIN(PAGE(FOR(3, 5))), ALIGNED(PAGE(2), PAGE(1))},
                .quick = {7, 200},
                .full = {0, 200},
        },
        {
                .name = "full run",
                .what = "a run of the smallest slots all but full, and the runs behind it",
                .first_pages = FOR(10, 8),
                .pinned_bytes = 1,
                .pinned = SMALLEST_SLOTS - 2,
                .most_blocks = 5,
                .requests = 2,
                .request = {PLAIN(1), PLAIN(PAGE(FOR(3, 5)))},
                .quick = {9, 200},
                .full = {0, 200},
        },
        {
                .name = "two regions",
                .what = "a second region, added at any time",
                .lead_bytes = 3,
                .first_pages = FOR(5, 5),
                .second_pages = 4,
                .most_blocks = 5,
                .requests = 4,
                .request = {PLAIN(1), ZEROED(PAGE(1)), PLAIN(PAGE(FOR(3, 5))), ALIGNED(PAGE(2), PAGE(1))},
                .quick = {6, 200},
                .full = {9, 200},
        },
        {
                .name = "classes",
                .what = "free runs of several lengths in one class",
                .first_pages = 24,
                .most_blocks = 4,
                .requests = 4,
                .request = {PLAIN(PAGE(8)), PLAIN(PAGE(9)), PLAIN(PAGE(11)), ALIGNED(PAGE(2), PAGE(1))},
                .quick = {6, 200},
                .full = {0, 200},
        },
        {
                .name = "source",
                .what = "chunks and huge blocks of a source that may refuse each call",
                .frames = FOR(6, 20),
                .can = CAN_ALL,
                .most_blocks = 4,
                .requests = 4,
                .request = {PLAIN(PAGE(1)), PLAIN(CHUNK * 5 / 8), ZEROED(CHUNK + 100), PLAIN(CHUNK * 9 / 4)},
                .quick = {4, 200},
                .full = {FOR(6, 5), 200},
        },
        {
                .name = "source, gives only",
                .what = "a source without release, extend and truncate: huge blocks become chunks",
                .frames = FOR(6, 20),
                .most_blocks = 4,
                .requests = 4,
                .request = {PLAIN(PAGE(1)), PLAIN(CHUNK * 5 / 8), PLAIN(CHUNK + 100), PLAIN(CHUNK * 9 / 4)},
                .quick = {4, 200},
                .full = {FOR(6, 5), 200},
        },
        {
                .name = "spares",
                .what = "more empty chunks than are kept",
                .frames = 7 * CHUNK_FRAMES,
                .can = CAN_RELEASE,
                .most_blocks = 6,
                .requests = 1,
                .request = {PLAIN(CHUNK * 5 / 8)},
                .quick = {FOR(8, 7), 200},
                .full = {FOR(10, 9), 200},
        },
};
const unsigned scope_count = sizeof scopes / sizeof scopes[0];
