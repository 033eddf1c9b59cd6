/* SPDX-License-Identifier: MIT
 *
 * newlib_calls.c: the calls that newlib makes of an operating system: output to the machine's serial port, exit, and
 * memory for newlib's own allocator. Test bed only.
 *
 * _sbrk() is complete, so that a program links and runs with newlib's allocator too: tests of ports compare the two.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../../../arch/machine.h"

int _write(int file, const char *text, int bytes);
int _read(int file, char *text, int bytes);
int _close(int file);
int _lseek(int file, int offset, int whence);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _kill(int process, int signal);
int _getpid(void);
void _exit(int status) __attribute__((noreturn));
void *_sbrk(ptrdiff_t bytes);

int _write(int file, const char *text, int bytes)
{
    (void)file;
    machine_write(text, (size_t)bytes);
    return bytes;
}

int _read(int file, char *text, int bytes)
{
    (void)file, (void)text, (void)bytes;
    return 0;
}

int _close(int file)
{
    (void)file;
    return 0;
}

int _lseek(int file, int offset, int whence)
{
    (void)file, (void)offset, (void)whence;
    return 0;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

/* abort() sends itself a signal, number 6, which becomes the status. */
int _kill(int process, int signal)
{
    (void)process;
    machine_exit(signal);
}

int _getpid(void)
{
    return 1;
}

void _exit(int status)
{
    machine_exit(status);
}

void *_sbrk(ptrdiff_t bytes)
{
    extern char __free_ram0_start[], __free_ram0_end[]; /* linker/cortex-m.ld */
    static char *top = __free_ram0_start;
    if (bytes > __free_ram0_end - top || bytes < __free_ram0_start - top) {
        errno = ENOMEM;
        return (void *)-1; /* NOLINT(performance-no-int-to-ptr) */
    }
    top += bytes;
    return top - bytes;
}
