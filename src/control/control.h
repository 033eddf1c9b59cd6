/* SPDX-License-Identifier: MIT
 *
 * control.h: how control data is read and written.
 *
 * The algorithms ask whether what they read is valid, and call the accessors, without knowing how control data is kept.
 * plain.h keeps it as it is, and answers true. guarded.h, from check level 2, keeps it so that any single changed bit
 * is seen before it does harm. Both headers have the same names; deleting guarded.h and the line that includes it
 * removes check level 2. Every function is a few instructions.
 *
 * What both headers define:
 *   CONTROL_WIDE_CODES        a page's code has two bytes, else one (page_code_t)
 *   CONTROL_DIRECT_CODES      an inner code says all that the first page's code says
 *   CONTROL_FREE_END          the code of a free run's last page; CONTROL_EDGES: edges in front of a chunk's codes
 *   CONTROL_MAP_BYTES         of a page; CONTROL_MAP_ALIGN: of a chunk's maps; CONTROL_SPARE_MAPS: more than pages
 *   CONTROL_CODE_CHECK(code)  a bit above a run's code that checks it, or 0; CONTROL_CODE_BITS: how many such bits
 *   CONTROL_WORD(name)        a check word in a struct; control_word() and control_keep() read and set it
 *   control_valid(condition)  the condition, where control data is checked; else true
 *   control_pointer(coded)    a pointer as it is kept, read; control_coded(pointer): what is kept of it
 *   CONTROL_HEADS(type, most) the heads of lists in a struct, and how many there are
 *   control_length_...()      the length of a large block or free run, in its maps
 *   control_map_...()         the map of a run of small blocks
 *   control_hot_...()         the hot limits say what the hot paths of malloc and free serve: requests of so many bytes
 *                             and less, and the pages of the hot chunk. While a callback runs they are closed: no
 *                             bytes, and no pages. One comparison each thus asks for two things at once.
 */
#ifndef QUARRY_CONTROL_H
#define QUARRY_CONTROL_H

#include "../units.h"

/* What leads to a chunk's pages and to what is noted of them. */
#define CONTROL_PAGES                                                                                                  \
    uint8_t *pages;                                                                                                    \
    size_t page_count;                                                                                                 \
    page_code_t *codes; /* codes[-1] and codes[page_count] are edges */                                                \
    uint8_t *maps;      /* followed by padding, so that a whole word may be loaded at any of them */

#include "guarded.h"

#include "plain.h"

/* Has a check word this value? */
#define control_matches(holder, name, value) control_valid(control_word(holder, name) == (uintptr_t)(value))

/* A map word's bits of the run's slots: which are free, and how all free ones would look; without other runs' bits. */
BITS_INLINE uintptr_t control_map_free_bits(uintptr_t word, unsigned unused_bits)
{
    return CONTROL_OWN_WORD ? word : word << unused_bits;
}

BITS_INLINE uintptr_t control_map_all_bits(unsigned unused_bits)
{
    return CONTROL_OWN_WORD ? UINTPTR_MAX >> unused_bits : UINTPTR_MAX << unused_bits;
}

/* Hot limits that serve nothing. none: pages that there are none of. */
#define CONTROL_HOT_CLOSED(none)                                                                                       \
    {                                                                                                                  \
        .bytes = 0, .pages = (struct control_pages *)(uintptr_t)(none)                                                 \
    }

/* A condition that only a caller's bug makes false, and one that only a write to free memory makes false. Check level 0
 * trusts the caller for both. */
enum { CALLER_IS_CHECKED = QUARRY_CHECK_LEVEL != 0 };
#define caller_valid(condition) (!CALLER_IS_CHECKED || (condition))
#define link_valid(condition)   (!CALLER_IS_CHECKED || (condition))

#endif
