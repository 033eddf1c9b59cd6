/* SPDX-License-Identifier: MIT
 *
 * main.c: an application of NuttX, whose malloc() is Quarry. Nothing in it says so.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    char *text = malloc(100);
    if (text == NULL)
        return 1;
    struct mallinfo info = mallinfo();
    printf("%d of %d bytes are in use\n", info.uordblks, info.arena);
    free(text);
    return 0;
}
