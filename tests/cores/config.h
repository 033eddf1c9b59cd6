/* SPDX-License-Identifier: MIT
 *
 * config.h: configuration of the images that run on all cores of a machine.
 */
#ifndef QUARRY_CORES_CONFIG_H
#define QUARRY_CORES_CONFIG_H

#define QUARRY_LOCK         QUARRY_LOCK_SMP
#define QUARRY_CORES        8
#define QUARRY_CORE_INDEX() machine_core()

/* Request heaps share four megabytes, or what the machine has. */
#define QUARRY_CHUNK_BYTES 65536

unsigned machine_core(void);

#endif
