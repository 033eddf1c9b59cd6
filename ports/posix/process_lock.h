/* SPDX-License-Identifier: MIT
 *
 * process_lock.h: the lock of malloc.c's heap. The library is built with QUARRY_LOCK_HOOK.
 */
#ifndef QUARRY_PROCESS_LOCK_H
#define QUARRY_PROCESS_LOCK_H

/* Releases the lock that the calling thread holds, before the process is aborted. */
void process_unlock(void);

#endif
