/* SPDX-License-Identifier: MIT
 *
 * freestanding.c: the four functions that gcc and clang call of their own accord, for test images on machines
 * without a libc. Linked into QEMU images only; the library itself never needs them.
 * Byte by byte: the empty asm keeps a compiler from seeing the loop as a memset and calling the function itself.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *memory, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    for (; bytes > 0; bytes--) {
        *out++ = *in++;
        __asm__ volatile("" : "+r"(out));
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *out = to;
    const unsigned char *in = from;

    if ((uintptr_t)out - (uintptr_t)in >= bytes)
        return memcpy(to, from, bytes);
    while (bytes-- > 0) {
        out[bytes] = in[bytes];
        __asm__ volatile("" : "+r"(out));
    }
    return to;
}

void *memset(void *memory, int value, size_t bytes)
{
    unsigned char *out = memory;

    for (; bytes > 0; bytes--) {
        *out++ = (unsigned char)value;
        __asm__ volatile("" : "+r"(out));
    }
    return memory;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *left = a;
    const unsigned char *right = b;

    for (; bytes > 0; bytes--, left++, right++)
        if (*left != *right)
            return *left < *right ? -1 : 1;
    return 0;
}
