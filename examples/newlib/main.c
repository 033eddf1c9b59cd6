/* SPDX-License-Identifier: MIT
 *
 * A program on newlib for a Cortex-M4 whose malloc() is Quarry: copy this folder anywhere, and see its Makefile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libc_heap.h"

void _mainCRTStartup(void); /* newlib's start code: it calls main() */
extern char stack_top[];    /* the Makefile defines it */

/* What the CPU reads at address 0: its first stack pointer, and where it starts. */
__attribute__((section(".vectors"))) const void *const vectors[] = {stack_top, _mainCRTStartup};

int main(void)
{
    struct quarry_stats stats;
    char *text = strdup("a copy of this text");
    double *table = calloc(100, sizeof *table);
    if (text == NULL || table == NULL)
        return 1;
    quarry_get_stats(quarry_libc_heap(), &stats);
    printf("%s and %.1f: %u of %u bytes are in use\n", text, table[99], (unsigned)stats.used_bytes,
           (unsigned)stats.acquired_bytes);
    free(table);
    free(text);
    return 0;
}
