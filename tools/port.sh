#!/bin/sh
# SPDX-License-Identifier: MIT
#
# port.sh COMPILER FLAG...: prints the port, a folder of arch/, that a compiler's own macros ask for (arch/ports.h); or
# "none", with status 1.

set -u
port=$("$@" -E -P -x c "$(dirname "$0")/../arch/ports.h" | tr -d '" \n')
echo "${port:-none}"
[ "${port:-none}" != none ]
