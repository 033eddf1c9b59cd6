/* SPDX-License-Identifier: MIT
 *
 * arithmetic.c: division and long products for tests on an LX106, which has no instructions for them. Test bed only:
 * the library needs neither.
 *
 * The names are those that gcc calls. Debian's libgcc for this CPU lacks these.
 */
#include <stdint.h>

uint32_t __udivsi3(uint32_t dividend, uint32_t divisor);
uint32_t __umodsi3(uint32_t dividend, uint32_t divisor);
uint64_t __umulsidi3(uint32_t a, uint32_t b);
uint64_t __muldi3(uint64_t a, uint64_t b);

/* Long division, a bit a step: the remainder after the quotient is in *quotient. A divisor of 0 gives all ones. */
static uint32_t divide(uint32_t dividend, uint32_t divisor, uint32_t *quotient)
{
    uint32_t rest = 0;

    *quotient = 0;
    for (int bit = 31; bit >= 0; bit--) {
        const uint32_t carry = rest >> 31;

        rest = rest << 1 | (dividend >> bit & 1);
        if (carry != 0 || rest >= divisor) {
            rest -= divisor;
            *quotient |= (uint32_t)1 << bit;
        }
    }
    return rest;
}

uint32_t __udivsi3(uint32_t dividend, uint32_t divisor)
{
    uint32_t quotient;

    divide(dividend, divisor, &quotient);
    return quotient;
}

uint32_t __umodsi3(uint32_t dividend, uint32_t divisor)
{
    uint32_t quotient;

    return divide(dividend, divisor, &quotient);
}

/* The product of two words, from four products of their halves. */
uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    const uint32_t half = 0xFFFF;
    const uint32_t low = (a & half) * (b & half);
    const uint32_t middle = (a >> 16) * (b & half) + (low >> 16);
    const uint32_t rest = (a & half) * (b >> 16) + (middle & half);
    const uint32_t high = (a >> 16) * (b >> 16) + (middle >> 16) + (rest >> 16);

    return (uint64_t)high << 32 | (rest << 16 | (low & half));
}

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    const uint32_t a_low = (uint32_t)a;
    const uint32_t b_low = (uint32_t)b;
    const uint32_t high = (uint32_t)(a >> 32) * b_low + a_low * (uint32_t)(b >> 32);

    return __umulsidi3(a_low, b_low) + ((uint64_t)high << 32);
}
