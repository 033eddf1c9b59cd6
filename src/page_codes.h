/* SPDX-License-Identifier: MIT
 *
 * page_codes.h: what a chunk notes of each page in one number.
 */
#ifndef QUARRY_PAGE_CODES_H
#define QUARRY_PAGE_CODES_H

#include "control/control.h"

/* A page's code: of a run of small blocks, or what else starts there. A narrow inner code leads to its run's first
 * page; a wide one that is direct says all that the first page's says, so that it need not be looked at.
 *
 *   narrow:  7  6 to 4            3 to 0       direct:  15  14 to 12   11 to 7     6 to 0
 *          +---+-----------------+------------+        +---+----------+----------+--------------+
 *          | 1 |    length class | bin        | start  | 1 | part of  | distance | length class |
 *          | 0 |  part of a slot | distance   | inner  |   | a slot   |          | and bin      |
 *          | 0 |      what it is | 0          | others | 0 |          | what it is              |
 *          +---+-----------------+------------+        +---+----------+-------------------------+
 *
 *   length class and bin: see bin_shapes.h. Part of a slot: see bin.h. The others differ in two bits from each other,
 * but for PAGE_FREE_END, which is there so that a code alone says where a free run starts.
 */
enum page_code {
    PAGE_DISTANCE_SHIFT = CONTROL_DIRECT_CODES ? 7 : 0,
    PAGE_DISTANCE_MASK = CONTROL_WIDE_CODES ? 31 : 15,
    PAGE_SLOT_SHIFT = CONTROL_WIDE_CODES ? 12 : 4,
    PAGE_SLOT_MASK = 7,
    PAGE_SMALL = CONTROL_WIDE_CODES ? 0x8000 : 0x80, /* a start, or a direct inner code; all lower codes are neither */
    PAGE_NOTHING = 0,                                /* nothing starts here */
    PAGE_LARGE = 3 << PAGE_SLOT_SHIFT,               /* start of a large block */
    PAGE_FREE = 5 << PAGE_SLOT_SHIFT,                /* start of a free run */
    PAGE_FREE_END = CONTROL_FREE_END << PAGE_SLOT_SHIFT, /* its last page, if that is another one */
    PAGE_EDGE = 6 << PAGE_SLOT_SHIFT,                    /* before the first and after the last page */
};

/* Is that the code of a free run's first or last page? The two differ in one bit at most. */
BITS_INLINE bool page_code_is_free(unsigned code)
{
    return (code | (PAGE_FREE ^ PAGE_FREE_END)) == PAGE_FREE;
}

BITS_INLINE size_t page_code_distance(unsigned code)
{
    return code >> PAGE_DISTANCE_SHIFT & PAGE_DISTANCE_MASK;
}

/* Four neighbouring codes as one number. */
#if CONTROL_WIDE_CODES
typedef uint64_t code_quad_t;
#else
typedef uint32_t code_quad_t;
#endif

#define CODE_QUAD_PART(code, place)                                                                                    \
    ((code_quad_t)(code) << (sizeof(page_code_t) * 8 *                                                                 \
                             (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? (place) : 3 - (place))))
#define CODE_QUAD_FIRST_SHIFT (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 3 * 8 * sizeof(page_code_t))
#define CODE_QUAD(first, second, third, fourth)                                                                        \
    (CODE_QUAD_PART(first, 0) | CODE_QUAD_PART(second, 1) | CODE_QUAD_PART(third, 2) | CODE_QUAD_PART(fourth, 3))

/* Is a quad stored at once? Not where it would be stored byte by byte, nor where it is longer than a word: multiplying
 * such numbers is a call of the compiler's library on small CPUs. */
enum { CODE_QUADS_AT_ONCE = ARCH_UNALIGNED && sizeof(code_quad_t) == sizeof(uintptr_t) };

/* Writes the codes of so many pages: quad, then quad + step, and so on. Each code is the one before and a quarter of
 * the step more. */
BITS_INLINE void code_quads_store(page_code_t *codes, size_t pages, code_quad_t quad, code_quad_t step)
{
    if (pages < 4 || !CODE_QUADS_AT_ONCE) {
        unsigned code = (page_code_t)(quad >> CODE_QUAD_FIRST_SHIFT);
        const unsigned more = (unsigned)bits_unknown((page_code_t)(step >> CODE_QUAD_FIRST_SHIFT) / 4u);
        for (size_t page = 0; page < pages; page++, code += more)
            codes[page] = (page_code_t)code;
        return;
    }
    page_code_t *last = codes + pages - 4;
    code_quad_t last_quad = quad + (code_quad_t)(pages - 4) * (step / 4);
    for (page_code_t *at = codes; at < last; at += 4, quad += step)
        bits_store((uint8_t *)at, (uintptr_t)quad);
    bits_store((uint8_t *)last, (uintptr_t)last_quad);
}

#endif
