/* SPDX-License-Identifier: MIT
 *
 * assert.h: NuttX's PANIC(); the test counts.
 */
#ifndef STUB_NUTTX_ASSERT_H
#define STUB_NUTTX_ASSERT_H

extern unsigned stub_panics;
#define PANIC() (void)stub_panics++

#endif
