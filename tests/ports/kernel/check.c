/* SPDX-License-Identifier: MIT
 *
 * check.c: see check.h.
 */
#include "check.h"

#include <stdlib.h>

unsigned check_failures, check_misuses;
enum quarry_misuse_kind check_last_misuse;

static unsigned passed;
static unsigned char memory[FRAMES][FRAME_BYTES] __attribute__((aligned(4096)));
static unsigned short runs[FRAMES]; /* of a run's first frame: its length; of a free frame 0; of the others SECOND */
static size_t in_use, longest;
enum { SECOND = 0xFFFF };

void quarry_panic(const struct quarry_misuse *misuse)
{
    check_misuses++;
    check_last_misuse = misuse->kind;
}

static bool are_free(size_t first, size_t frames)
{
    for (size_t i = first; i < first + frames; i++) {
        if (i >= FRAMES || runs[i] != 0)
            return false;
    }
    return true;
}

void *frames_allocate(void *context, size_t frames)
{
    (void)context;
    longest = frames > longest ? frames : longest;
    for (size_t first = 0; frames < SECOND && first + frames <= FRAMES; first++) {
        if (!are_free(first, frames))
            continue;
        for (size_t i = first; i < first + frames; i++)
            runs[i] = SECOND;
        runs[first] = (unsigned short)frames;
        in_use += frames;
        return memory[first];
    }
    return NULL;
}

void frames_free(void *context, void *start, size_t frames)
{
    const size_t first = (size_t)((unsigned char *)start - memory[0]) / FRAME_BYTES;

    (void)context;
    CHECK(first < FRAMES && runs[first] == frames);
    for (size_t i = first; i < FRAMES && i < first + frames; i++)
        runs[i] = 0;
    in_use -= frames;
}

size_t frames_in_use(void)
{
    return in_use;
}

bool frames_have(const void *block)
{
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)memory;
    return offset < sizeof memory && runs[offset / FRAME_BYTES] != 0;
}

size_t frames_longest(void)
{
    const size_t frames = longest;
    longest = 0;
    return frames;
}

void check_run(const char *name, void (*test)(void))
{
    const unsigned before = check_failures;

    setvbuf(stdout, NULL, _IOLBF, 0); /* what was found is shown even if a test crashes */
    test();
    CHECK(check_misuses == 0);
    check_misuses = 0;
    printf("%s %s\n", check_failures == before ? "ok" : "FAIL", name);
    if (check_failures != before) {
        printf("%u passed, 1 failed\n", passed);
        exit(1);
    }
    passed++;
}

int check_end(void)
{
    printf("%u passed, 0 failed\n", passed);
    return 0;
}
