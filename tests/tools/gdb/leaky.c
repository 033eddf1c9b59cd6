/* SPDX-License-Identifier: MIT
 *
 * leaky.c: what gdb.sh looks at: a program that leaks, and then dies. A process, or a firmware for QEMU's mps2-an386.
 */
#include "quarry.h"

enum { TABLE_BLOCKS = 8, SESSIONS = 12, SESSION_BYTES = 40 };

static unsigned char region[48 * 1024] __attribute__((aligned(8)));
static struct quarry_heap *network;
static char *table[TABLE_BLOCKS];
char *inside;

/* Nothing remembers what is allocated here. */
__attribute__((noinline)) static bool open_session(int number)
{
    char *session = quarry_malloc(network, SESSION_BYTES);
    if (session == NULL)
        return false;
    session[0] = 'S';
    session[1] = (char)('a' + number);
    for (int i = 2; i < SESSION_BYTES; i++)
        session[i] = '.';
    return true;
}

__attribute__((noinline, noreturn)) static void die(void)
{
    for (;;)
        __asm__ volatile("");
}

__attribute__((noinline)) static void forget_stack(void)
{
    volatile char used[512];
    for (unsigned i = 0; i < sizeof used; i++)
        used[i] = 0;
}

int main(void)
{
    network = quarry_create(region, sizeof region, NULL);
    for (int i = 0; i < TABLE_BLOCKS; i++)
        table[i] = quarry_malloc(network, 100 + 300 * (size_t)i);
    for (int i = 0; i < SESSIONS; i++)
        open_session(i);
    quarry_free(network, table[2]);
    quarry_free(network, table[5]);
    *(void **)(void *)table[7] = quarry_malloc(network, 24); /* a block that only a block points to */
    table[5] = NULL;
    inside = table[7] + 8; /* inside a block */
    forget_stack();
    die();
}
