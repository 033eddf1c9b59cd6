/* SPDX-License-Identifier: MIT
 *
 * program.c: asks an allocator all questions, one line for each answer; compare.py compares the lines of two of them.
 */
#define _GNU_SOURCE
#include "subject.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED_STATUS = 99, SECONDS_MOST = 20 };

void ask(const char *question, ...)
{
    va_list arguments;
    va_start(arguments, question);
    vprintf(question, arguments);
    va_end(arguments);
    fputs(" = ", stdout);
}

void answer(const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    vprintf(text, arguments);
    va_end(arguments);
    putchar('\n');
}

void answer_yes_no(bool yes)
{
    answer(yes ? "yes" : "no");
}

void say_yes_no(const char *question, bool yes)
{
    ask("%s", question);
    answer_yes_no(yes);
}

void say_number(const char *question, size_t number)
{
    ask("%s", question);
    answer("%zu", number);
}

void fail_here(void)
{
    _exit(FAILED_STATUS);
}

void say_end(const char *question, void (*call)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        /* The original says on stderr what it found, and a child's answers would be printed twice. */
        if (freopen("/dev/null", "w", stderr) == NULL || freopen("/dev/null", "w", stdout) == NULL)
            abort();
        alarm(SECONDS_MOST);
        call();
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        abort();
    ask("%s", question);
    answer(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "returns" : "does not return");
}

/* Cheap, and each byte depends on the block's number and on where it lies in the block. */
static unsigned char byte_of(uint32_t number, size_t i)
{
    return (unsigned char)(number * 151u + i * 7u + (i >> 8) * 31u + (number >> 8));
}

void fill(void *block, size_t bytes, uint32_t number)
{
    for (size_t i = 0; i < bytes; i++)
        ((unsigned char *)block)[i] = byte_of(number, i);
}

bool is_filled(const void *block, size_t bytes, uint32_t number)
{
    for (size_t i = 0; i < bytes; i++)
        if (((const unsigned char *)block)[i] != byte_of(number, i))
            return false;
    return true;
}

bool is_zero(const void *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (((const unsigned char *)block)[i] != 0)
            return false;
    return true;
}

bool usage_is(size_t bytes, size_t huge_most)
{
    size_t more_bytes = zend_memory_usage(false) - bytes;
    return more_bytes % HUGE_ENTRY_BYTES == 0 && more_bytes / HUGE_ENTRY_BYTES <= huge_most;
}

size_t opaque(size_t value)
{
    volatile size_t hidden = value;
    return hidden;
}

void *opaque_pointer(void *pointer)
{
    void *volatile hidden = pointer;
    return hidden;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* a crash shows where it was */
    subject_start();
    ask_sizes();
    ask_contents();
    ask_usage();
    ask_collection();
    ask_requests();
    ask_pointers();
    ask_persistent();
    ask_heaps();
    ask_storage();
    ask_handlers();
    ask_random();
    ask_misuse();
    ask_limit(); /* last: what it changes cannot be undone everywhere */
    puts("end");
    return 0;
}
