/* SPDX-License-Identifier: MIT
 *
 * heap_options.h: the defaults of the options that heap_quarry.c reads, for those that FreeRTOSConfig.h and the kernel
 * do not define. To be included after FreeRTOS.h. README.md says what they mean.
 */
#ifndef HEAP_OPTIONS_H
#define HEAP_OPTIONS_H

/* FreeRTOS' own: older kernels do not give them a default. */
#ifndef configAPPLICATION_ALLOCATED_HEAP
#define configAPPLICATION_ALLOCATED_HEAP 0
#endif
#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif
#ifndef configSTACK_ALLOCATION_FROM_SEPARATE_HEAP
#define configSTACK_ALLOCATION_FROM_SEPARATE_HEAP 0
#endif
#ifndef configENABLE_HEAP_PROTECTOR
#define configENABLE_HEAP_PROTECTOR 0
#endif
#ifndef PRIVILEGED_FUNCTION
#define PRIVILEGED_FUNCTION
#define PRIVILEGED_DATA
#endif

/* This port's. */
#ifndef configQUARRY_LOCK
#define configQUARRY_LOCK 0
#endif
#ifndef configQUARRY_REGIONS
#define configQUARRY_REGIONS 0
#endif

#endif
