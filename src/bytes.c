/* SPDX-License-Identifier: MIT
 *
 * bytes.c: see bytes.h.
 *
 * The empty asm statement in each loop is opaque to the optimiser: without it GCC and Clang recognise the loop and
 * emit a call to memcpy or memset, which a freestanding user need not have.
 */
#include "bytes.h"

typedef uintptr_t __attribute__((may_alias)) word_t;

static inline void keep_loop(void)
{
    __asm__ volatile("" ::: "memory");
}

void qi_bytes_copy(void *to, const void *from, size_t bytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((((uintptr_t)out | (uintptr_t)in) & (sizeof(word_t) - 1)) == 0)
        for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t)) {
            *(word_t *)(void *)out = *(const word_t *)(const void *)in;
            out += sizeof(word_t);
            in += sizeof(word_t);
            keep_loop();
        }
    for (; bytes != 0; bytes--) {
        *out++ = *in++;
        keep_loop();
    }
}

void qi_bytes_clear(void *at, size_t bytes)
{
    uint8_t *out = at;
    for (; bytes != 0 && ((uintptr_t)out & (sizeof(word_t) - 1)) != 0; bytes--) {
        *out++ = 0;
        keep_loop();
    }
    for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t)) {
        *(word_t *)(void *)out = 0;
        out += sizeof(word_t);
        keep_loop();
    }
    for (; bytes != 0; bytes--) {
        *out++ = 0;
        keep_loop();
    }
}
