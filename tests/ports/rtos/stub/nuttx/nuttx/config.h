/* SPDX-License-Identifier: MIT
 *
 * config.h: NuttX's configuration, as far as ports/nuttx asks.
 */
#ifndef STUB_NUTTX_CONFIG_H
#define STUB_NUTTX_CONFIG_H

#define CONFIG_MM_CUSTOMIZE_MANAGER     1
#define CONFIG_MM_UMM_CUSTOMIZE_MANAGER 1
#define CONFIG_MM_HEAP_MEMPOOL          1
#define CONFIG_DEBUG_MM                 1

#endif
