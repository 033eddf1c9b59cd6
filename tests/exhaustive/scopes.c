/* SPDX-License-Identifier: MIT
 *
 * scopes.c: the scopes, see scope.h.
 *
 * Sizes are in pages, granules and chunks, so that a scope means about the same on every build. A bin of one page has 2
 * slots in a run of 2 pages with 64-byte pages on 32-bit, and 4 in a run of 4 on 64-bit, hence FOR(32-bit, 64-bit).
 * Some sizes are a byte above the next smaller block's, so that rounding the wrong way is too little.
 * Runs of the smallest slots: 24 in 3 pages; 8 in 2 pages (64-bit, pages of 64 bytes) or 64 in 2 (512 bytes).
 */
#include "scope.h"

#define FOR(narrow, wide) (sizeof(void *) > 4 ? (wide) : (narrow))
#define PAGE(n)           ((size_t)(n)*QUARRY_PAGE_BYTES)
#define GRANULE           (2 * sizeof(void *))
#define CHUNK             ((size_t)FOR(4096, 16384))
#define CHUNK_FRAMES      FOR(1, 4)
#define SMALLEST_SLOTS    FOR(24, 2 * QUARRY_PAGE_BYTES / 16)

const struct scope scopes[] = {
        {
                .name = "large",
                .what = "large blocks of 1, 2, 3 and 5 pages, alignments above a page, a size too large",
                .first_pages = 9,
                .most_blocks = 9,
                .requests = 5,
                .request = {{PAGE(1), PAGE(2), false},
                            {PAGE(2), PAGE(2), false},
                            {PAGE(3), PAGE(4), false},
                            {PAGE(4) + 1, 0, true},
                            {SIZE_MAX / 2, 0, false}},
                .quick = {0, 2000},
                .full = {0, 2000},
        },
        {
                .name = "bins",
                .what = "three bins whose runs have few slots",
                .first_pages = FOR(8, 12),
                .most_blocks = FOR(6, 5),
                .requests = 3,
                .request = {{PAGE(1), 0, false}, {PAGE(1) * 3 / 4 - GRANULE + 1, 0, true}, {PAGE(2), 0, false}},
                .quick = {6, FOR(3400, 2500)},
                .full = {8, FOR(35000, 25000)},
        },
        {
                .name = "mixed",
                .what = "the smallest blocks, a bin, large blocks",
                .first_pages = FOR(7, 8),
                .most_blocks = 4,
                .requests = 4,
                .request =
                        {{0, 0, false}, {PAGE(1), 0, true}, {PAGE(FOR(2, 4)) + 1, 0, false}, {PAGE(1), PAGE(2), false}},
                .quick = {7, FOR(6000, 2800)},
                .full = {0, FOR(120000, 18000)},
        },
        {
                .name = "full run",
                .what = "a run of the smallest slots all but full, and the runs behind it",
                .first_pages = FOR(10, 8),
                .pinned_bytes = 1,
                .pinned = SMALLEST_SLOTS - 2,
                .most_blocks = 5,
                .requests = 2,
                .request = {{1, 0, false}, {PAGE(FOR(2, 4)) + 1, 0, false}},
                .quick = {9, FOR(2500, 400)},
                .full = {0, FOR(50000, 2000)},
        },
        {
                .name = "two regions",
                .what = "a second region, added at any time",
                .lead_bytes = 3,
                .first_pages = 5,
                .second_pages = 4,
                .most_blocks = 5,
                .requests = 4,
                .request =
                        {{1, 0, false}, {PAGE(1), 0, true}, {PAGE(FOR(2, 4)) + 1, 0, false}, {PAGE(1), PAGE(2), false}},
                .quick = {6, FOR(5900, 1800)},
                .full = {9, FOR(130000, 20000)},
        },
        {
                .name = "classes",
                .what = "free runs of several lengths in one class",
                .first_pages = 24,
                .most_blocks = 4,
                .requests = 4,
                .request = {{PAGE(8), 0, false}, {PAGE(9), 0, false}, {PAGE(11), 0, false}, {PAGE(1), PAGE(2), false}},
                .quick = {6, 5100},
                .full = {0, 30000},
        },
        {
                .name = "source",
                .what = "chunks and huge blocks of a source that may refuse each call",
                .frames = FOR(6, 20),
                .can = CAN_ALL,
                .most_blocks = 4,
                .requests = 4,
                .request = {{PAGE(1), 0, false},
                            {CHUNK * 5 / 8, 0, false},
                            {CHUNK + 100, 0, true},
                            {CHUNK * 9 / 4, 0, false}},
                .quick = {4, 360},
                .full = {FOR(6, 5), FOR(9000, 3000)},
        },
        {
                .name = "source, gives only",
                .what = "a source without release, extend and truncate: huge blocks become chunks",
                .frames = FOR(6, 20),
                .most_blocks = 4,
                .requests = 4,
                .request = {{PAGE(1), 0, false},
                            {CHUNK * 5 / 8, 0, false},
                            {CHUNK + 100, 0, false},
                            {CHUNK * 9 / 4, 0, false}},
                .quick = {4, 590},
                .full = {FOR(6, 5), FOR(16000, 3000)},
        },
        {
                .name = "spares",
                .what = "more empty chunks than are kept",
                .frames = 7 * CHUNK_FRAMES,
                .can = CAN_RELEASE,
                .most_blocks = 6,
                .requests = 1,
                .request = {{CHUNK * 5 / 8, 0, false}},
                .quick = {FOR(8, 7), FOR(500, 220)},
                .full = {FOR(10, 9), FOR(3700, 1500)},
        },
};
const unsigned scope_count = sizeof scopes / sizeof scopes[0];
