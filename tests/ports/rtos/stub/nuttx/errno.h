/* SPDX-License-Identifier: MIT
 *
 * errno.h: NuttX's set_errno(), beside the host's header.
 */
#ifndef STUB_NUTTX_ERRNO_H
#define STUB_NUTTX_ERRNO_H

#include_next <errno.h>

#define set_errno(number) (errno = (number))

#endif
