/* SPDX-License-Identifier: MIT
 *
 * size.c: a program that does nothing. What the linker adds when it is told to keep functions of the library
 * (-u name) is the size of those functions and of all that they need.
 */
void start(void);

void start(void)
{
}
