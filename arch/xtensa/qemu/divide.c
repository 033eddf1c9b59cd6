/* SPDX-License-Identifier: MIT
 *
 * divide.c: division for tests on an LX106, which has no divider. Test bed only: the library does not divide.
 *
 * The names are those that gcc calls. Debian's libgcc for this CPU lacks these two.
 */
#include <stdint.h>

uint32_t __udivsi3(uint32_t dividend, uint32_t divisor);
uint32_t __umodsi3(uint32_t dividend, uint32_t divisor);

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
