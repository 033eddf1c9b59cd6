/* SPDX-License-Identifier: MIT
 *
 * layout.c: what src/ffi.rs says about the C library, compared with the C library. It compiles or not, and has no code.
 */
#include <stddef.h>

#include "quarry.h"

QUARRY_STATIC_ASSERT(QUARRY_ALIGN_BYTES >= _Alignof(max_align_t),
                     "Rust hands blocks to C code, which needs them as aligned as max_align_t is: build without "
                     "QUARRY_ALIGN_BYTES, or with 16");
QUARRY_STATIC_ASSERT(QUARRY_LOCK == QUARRY_LOCK_NONE || QUARRY_LOCK == QUARRY_LOCK_IRQ ||
                             QUARRY_LOCK == QUARRY_LOCK_SMP,
                     "the crate's lock is the trait Lock, not QUARRY_LOCK_HOOK");
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
QUARRY_STATIC_ASSERT(sizeof(enum quarry_misuse_kind) == 1, "ports/rust/src/ffi.rs reads the kind's first byte");
#endif

/* struct quarry_stats: size_t only, in this order. */
#define IS_FIELD(index, name)                                                                                          \
    QUARRY_STATIC_ASSERT(offsetof(struct quarry_stats, name) == (index) * sizeof(size_t),                              \
                         "ports/rust/src/ffi.rs has struct Stats otherwise")
IS_FIELD(0, acquired_bytes);
IS_FIELD(1, acquired_peak_bytes);
IS_FIELD(2, used_bytes);
IS_FIELD(3, used_peak_bytes);
IS_FIELD(4, free_bytes);
IS_FIELD(5, largest_free_bytes);
IS_FIELD(6, limit_bytes);
IS_FIELD(7, blocks);
IS_FIELD(8, chunks);
IS_FIELD(9, failures);
IS_FIELD(10, capacity_bytes);
IS_FIELD(11, requests);
IS_FIELD(12, frees);
IS_FIELD(13, free_runs);
IS_FIELD(14, smallest_free_bytes);
QUARRY_STATIC_ASSERT(sizeof(struct quarry_stats) == 15 * sizeof(size_t),
                     "ports/rust/src/ffi.rs has struct Stats otherwise");

/* struct quarry_options and struct quarry_misuse: words only, on every target of Rust's. */
QUARRY_STATIC_ASSERT(sizeof(struct quarry_options) == 6 * sizeof(size_t) &&
                             offsetof(struct quarry_options, limit_bytes) == 1 * sizeof(size_t) &&
                             offsetof(struct quarry_options, context) == 2 * sizeof(size_t) &&
                             offsetof(struct quarry_options, on_oom) == 3 * sizeof(size_t) &&
                             offsetof(struct quarry_options, on_misuse) == 4 * sizeof(size_t) &&
                             offsetof(struct quarry_options, entropy) == 5 * sizeof(size_t),
                     "ports/rust/src/ffi.rs has struct Options otherwise");
QUARRY_STATIC_ASSERT(offsetof(struct quarry_misuse, heap) == 1 * sizeof(size_t) &&
                             offsetof(struct quarry_misuse, pointer) == 2 * sizeof(size_t) &&
                             offsetof(struct quarry_misuse, bytes) == 3 * sizeof(size_t),
                     "ports/rust/src/ffi.rs has struct Misuse otherwise");
