/* SPDX-License-Identifier: MIT
 *
 * defaults.c: the library's weak functions, which every other test image defines itself: a misuse and a lack of memory
 * stop the CPU by a trap, and a report that nobody prints is lost. A process of its own for each, so that the trap can
 * be seen. For the host only.
 */
#include "quarry/emalloc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRAPPED = 7 };

static void on_trap(int signal_number)
{
    (void)signal_number;
    exit(TRAPPED);
}

static void lack_memory(void)
{
    quarry_out_of_memory(NULL, 1);
}

static void free_twice(void)
{
    static unsigned char region[16384];
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    void *block = quarry_malloc(heap, 10);

    quarry_free(heap, block);
    if (QUARRY_CHECK_LEVEL == 0)
        quarry_panic(NULL);
    else
        quarry_free(heap, block);
}

static void print(void)
{
    quarry_print("lost");
}

static int ends_with(void (*function)(void), int status)
{
    int ended = 0;

    fflush(stdout);
    if (fork() == 0) {
        signal(SIGILL, on_trap);
        function();
        exit(0);
    }
    wait(&ended);
    return WIFEXITED(ended) && WEXITSTATUS(ended) == status;
}

int main(void)
{
    const int passed = ends_with(lack_memory, TRAPPED) + ends_with(free_twice, TRAPPED) + ends_with(print, 0);

    printf("%d passed, %d failed\n", passed, 3 - passed);
    return passed != 3;
}
