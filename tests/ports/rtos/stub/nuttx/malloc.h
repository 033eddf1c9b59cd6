/* SPDX-License-Identifier: MIT
 *
 * malloc.h: NuttX's own malloc.h, as ports/nuttx uses it.
 */
#ifndef STUB_NUTTX_MALLOC_H
#define STUB_NUTTX_MALLOC_H

#include <stddef.h>

struct mallinfo {
    int arena;    /* bytes of the heap */
    int ordblks;  /* free chunks */
    int aordblks; /* allocated chunks */
    int mxordblk; /* the largest free chunk */
    int uordblks; /* bytes allocated */
    int fordblks; /* bytes free */
    int usmblks;  /* the most bytes that ever were allocated */
};
struct malltask {
    int pid;
};
struct mallinfo_task {
    int aordblks;
    int uordblks;
};

struct mallinfo mallinfo(void);
size_t malloc_size(void *memory);
struct mallinfo_task mallinfo_task(const struct malltask *task);

#endif
