/* SPDX-License-Identifier: MIT
 *
 * source.h: page providers for fuzz targets. One deals out frames of a window, the other blocks of another heap; both
 * keep a list of what is granted, and demand that every release, extend and truncate names a grant exactly as it
 * stands. Memory that is not granted is poisoned. A source may refuse, lie, or lack callbacks, as the input says.
 */
#ifndef QUARRY_FUZZ_SOURCE_H
#define QUARRY_FUZZ_SOURCE_H

#include "fuzz.h"

struct model;

enum { SOURCE_GRANTS = 192, SOURCE_FRAMES = WINDOW_BYTES / 4096 };

/* What a source lacks. */
enum { LACKS_RELEASE = 1, LACKS_EXTEND = 2, LACKS_TRUNCATE = 4 };

enum source_lie { LIE_NONE, LIE_MISALIGNED, LIE_WRAPPING, LIE_OVERLAPPING };

struct fuzz_source {
    struct quarry_source source; /* to hand to quarry_create_from_source() */
    struct {
        uint8_t *at;
        size_t bytes;
    } grants[SOURCE_GRANTS];
    unsigned grant_count;
    size_t granted_bytes;
    size_t peak_bytes; /* since source_begin() */
    /* from a window */
    uint8_t *memory;
    size_t frames;
    uint8_t taken[SOURCE_FRAMES];
    /* from another heap */
    struct model *parent;
    struct quarry_source from_parent;
    /* faults; shifted right with each call that may fail: a set bit is a refusal */
    uint32_t refusals;
    enum source_lie lie; /* of the next acquire */
    const void *lied;    /* what it was answered with, until it is given back */
    unsigned fill;
    void (*during)(struct fuzz_source *source); /* called once, from the next callback */
    unsigned refused; /* calls that were answered with nothing or a lie; a target sets it to 0 */
    unsigned calls;   /* of acquire */
};

/* From a window, beginning so many bytes into it: a multiple of QUARRY_PAGE_BYTES. */
void source_begin(struct fuzz_source *source, uint8_t *memory, size_t bytes, unsigned lacks, unsigned fill);
/* From another heap. */
void source_begin_nested(struct fuzz_source *source, struct model *parent);
/* Does memory lie in what was granted? */
bool source_granted(const struct fuzz_source *source, const void *memory, size_t bytes);

#endif
