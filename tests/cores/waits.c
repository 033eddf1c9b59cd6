/* SPDX-License-Identifier: MIT
 *
 * waits.c: each core notes how often it got a lock, and how long it waited (tests/cores/port).
 */
#include "cores.h"

/* Some seconds, if the host lets the core run all the time. */
#define PAUSES_MOST 50000000u

/* Each core writes to its own only. */
static struct {
    struct waits sum;
    uint64_t pauses; /* of this wait so far */
} noted[MACHINE_CORES_MAX];

/* Called when a core begins to try. */
void cores_note_lock(void);
void cores_note_lock(void)
{
    const unsigned core = machine_core();

    noted[core].sum.locks++;
    noted[core].pauses = 0;
}

void cores_note_pause(void);
void cores_note_pause(void)
{
    const unsigned core = machine_core();

    if (noted[core].pauses++ == 0)
        noted[core].sum.waits++;
    if (noted[core].pauses == PAUSES_MOST)
        cores_fail("a core waits for a lock without end");
}

/* So that another core comes between within a short run. */
void cores_wait_a_moment(void);
void cores_wait_a_moment(void)
{
    for (volatile unsigned i = 0; i < 100; i++) {
    }
}

struct waits cores_waits(unsigned core)
{
    return noted[core].sum;
}
