#!/bin/sh
# SPDX-License-Identifier: MIT
#
# float-abi.sh COMPILER FLAG...: prints how functions pass floating-point numbers, as the compiler's own macros say it:
# soft, softfp (in core registers, but with instructions for them), hard, or nothing where a CPU has one way only.

set -u
macros=$("$@" -E -dM -x c /dev/null) || exit 1
has() { echo "$macros" | grep -q "^#define $1 "; }
if has __arm__; then
    if has __ARM_PCS_VFP; then echo hard; elif has __SOFTFP__; then echo soft; else echo softfp; fi
elif has __riscv; then
    if has __riscv_float_abi_soft; then echo soft; else echo hard; fi
fi
