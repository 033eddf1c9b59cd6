/* SPDX-License-Identifier: MIT
 *
 * newlib_start.c: what a program on newlib finds before main(), on the machines of arch/qemu. Test bed only.
 *
 * The machine's start code calls main(), which the linker turns into __wrap_main() below (--wrap=main): constructors
 * run, as a firmware's start code runs them, then the program's own main(), then exit handlers and destructors.
 */
#include <stdlib.h>

void __libc_init_array(void);
int __real_main(void);
int __wrap_main(void);
void _init(void);
void _fini(void);
extern void *__dso_handle;

int __wrap_main(void)
{
    __libc_init_array();
    exit(__real_main());
}

/* The compiler's crti.o and crtbegin.o have these three. They are not linked: constructors are in arrays, and the
 * linker script names the table of exceptions. */
void *__dso_handle;

void _init(void)
{
}

void _fini(void)
{
}
