/* SPDX-License-Identifier: MIT
 *
 * Arduino.h: what the example sketch needs of Arduino, so that a compiler can look at it.
 */
extern "C" char *strcpy(char *to, const char *from);

struct Port {
    void begin(unsigned long baud);
    void println(const char *text);
    void println(unsigned long number);
};
extern Port Serial;
void delay(unsigned long milliseconds);
