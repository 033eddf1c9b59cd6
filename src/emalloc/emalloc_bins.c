/* SPDX-License-Identifier: MIT
 *
 * emalloc_bins.c: emalloc() and efree_size() with a constant size: a function for each bin. With -ffunction-sections a
 * program has those that it calls.
 */
#include "emalloc.h"

#define BIN_BYTES(granules) ((size_t)(granules)*UNITS_GRANULE_BYTES)

/* The granules of the first bin that has so many, as a constant. */
#define FITS(bin, granules) BIN_GRANULES(bin) >= (granules) ? BIN_GRANULES(bin):
#define FITS_4(bin, granules)                                                                                          \
    FITS(bin, granules) FITS((bin) + 1, granules) FITS((bin) + 2, granules) FITS((bin) + 3, granules)
#define SLOT_GRANULES(granules)                                                                                        \
    (FITS_4(0, granules) FITS_4(4, granules) FITS_4(8, granules) FITS_4(12, granules) FITS_4(16, granules)             \
             FITS_4(20, granules) FITS_4(24, granules) FITS_4(28, granules) 0)

/* Where blocks are aligned to two granules, slots of an odd number of granules above one are not used. */
#define SLOT_BYTES(granules)                                                                                           \
    ((granules) == 1 ? BIN_BYTES(1) : bits_round_up(BIN_BYTES(SLOT_GRANULES(granules)), QUARRY_ALIGN_BYTES))

#define BIN_FUNCTIONS(number, granules, x, y)                                                                          \
    void *_emalloc_bin_##number(void)                                                                                  \
    {                                                                                                                  \
        return BITS_FOR_SIZE ? qi_emalloc_allocate(BIN_BYTES(granules)) : emalloc_allocate(BIN_BYTES(granules));       \
    }                                                                                                                  \
                                                                                                                       \
    void _efree_bin_##number(void *ptr)                                                                                \
    {                                                                                                                  \
        if (BITS_FOR_SIZE)                                                                                             \
            qi_efree_slowly(ptr, BIN_BYTES(granules));                                                                 \
        else                                                                                                           \
            emalloc_free(ptr, bin_of_bytes(BIN_BYTES(granules)), SLOT_BYTES(granules));                                \
    }

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): the macro that computes a bin from a constant size */
QUARRY_BINS(BIN_FUNCTIONS, , )
